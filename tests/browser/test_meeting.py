"""People in real browsers, speaking into the real server."""

import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import Site, finals, shows, words_of
from tests.browser.faults import until
from tests.browser.listening import heard, is_lost_only_at_the_microphone, ledger_of, plain
from tests.nodes import NodeProcess

pytestmark = [pytest.mark.browser, pytest.mark.speech]

NewPage = Callable[[Path], Page]
WORDS_SHOWN = "[...document.querySelectorAll('.line-text')].map(line => line.textContent).join(' ').split(' ').length"


def test_words_appear_under_the_right_name_in_every_browser_and_stay(
    site: Site, new_page: NewPage, running_node: NodeProcess, speech_samples: dict[str, Path], silence: Path
) -> None:
    """Speaker, listener and viewer see the same captions, and they are the stored transcript."""
    ben, viewer, ada = new_page(silence), new_page(silence), new_page(speech_samples["beckett"])
    address = site.meeting_make(ben, "Beckett")
    site.speak(ben, "Ben")
    viewer.goto(address)
    site.watch(viewer)
    expect(viewer.locator("[data-voice]:visible")).to_have_count(0)
    ada.goto(address)
    site.speak(ada, "Ada")

    expect(ben.locator(".line.is-partial .line-speaker").first).to_have_text("Ada")
    until(ben, "document.querySelector('.person.is-speaking')?.textContent.includes('Ada')")  # between pauses
    for page in (ada, ben, viewer):
        heard(page, "Ada")
        assert {speaker for speaker, _ in finals(page)} == {"Ada"}
        expect(page.locator(".person-words")).to_have_text(["Ben", "Ada"])
    expect(ben.locator("#announcer")).to_contain_text("Ada: ")
    expect(ada.locator("#announcer")).not_to_contain_text("Ada: ")

    shown = finals(ada)
    shows(ben, shown)
    shows(viewer, shown)
    site.leave(ada)
    expect(ben.locator(".person-words")).to_have_text(["Ben"])
    viewer.goto(address + "transcript/")
    assert finals(viewer) == shown
    code = address.rstrip("/").rpartition("/")[2]
    stored = httpx.get(f"{running_node.url}/api/v1/meetings/{code}/transcript.json", timeout=60).json()["segments"]
    assert [(segment["speaker"], segment["text"]) for segment in stored] == shown
    assert all(is_lost_only_at_the_microphone(session) for session in ledger_of(running_node, ben))


def test_nothing_that_is_said_while_muted_is_transcribed(
    site: Site, new_page: NewPage, running_node: NodeProcess, speech_samples: dict[str, Path]
) -> None:
    page = new_page(speech_samples["beckett"])
    site.meeting_make(page, "Muted")
    site.speak(page, "Ada")
    page.locator(".line.is-partial").first.wait_for()
    page.keyboard.press("Alt+m")
    expect(page.get_by_role("button", name="Unmute")).to_be_visible()
    page.wait_for_timeout(12_000)  # the rest of the recording plays
    page.get_by_role("button", name="Unmute").click()
    site.leave(page)
    page.goto(page.url)
    page.goto(page.url + "transcript/")
    assert "better" not in words_of(page, "Ada").lower()
    page.go_back()
    (session,) = ledger_of(running_node, page)
    assert session["muted"] > 10 * 16_000
    assert is_lost_only_at_the_microphone(session)


def test_a_connection_that_breaks_in_mid_sentence_loses_and_doubles_nothing(
    site: Site, new_page: NewPage, running_node: NodeProcess, speech_samples: dict[str, Path]
) -> None:
    page = new_page(speech_samples["beckett"])
    routes: list[WebSocketRoute] = []

    def pass_on(route: WebSocketRoute) -> None:
        routes.append(route)
        route.connect_to_server()

    page.route_web_socket(re.compile("/ws/v1/audio"), pass_on)
    site.meeting_make(page, "Broken")
    site.speak(page, "Ada")
    n_shown = 0
    for _ in range(2):
        until(page, f"document.querySelector('.line.is-partial') && ({WORDS_SHOWN}) > {n_shown + 2}")
        n_shown = page.evaluate(WORDS_SHOWN)
        routes[-1].close(code=4503)
    heard(page, "Ada")
    assert len(routes) == 3
    site.leave(page)
    (session,) = ledger_of(running_node, page)
    assert is_lost_only_at_the_microphone(session)
    assert session["in_flight"] == 0


def test_ending_the_meeting_brings_everybodys_last_words(
    site: Site, new_page: NewPage, speech_samples: dict[str, Path], silence: Path
) -> None:
    """The host ends it in the middle of a sentence: what was said up to then is in the transcript."""
    host, ada = new_page(silence), new_page(speech_samples["beckett"])
    address = site.meeting_make(host, "Short")
    site.speak(host, "Ben")
    ada.goto(address)
    site.speak(ada, "Ada")
    ada.locator(".line:not(.is-partial)").first.wait_for()
    shown = plain(words_of(ada, "Ada"))
    ada.locator(".line.is-partial").first.wait_for()
    host.get_by_role("button", name="End for all").click()
    host.get_by_role("dialog").get_by_role("button", name="End for all").click()
    for page in (host, ada):
        page.get_by_role("heading", name="The meeting has ended").wait_for()
        assert page.get_by_role("link", name="Join again").is_hidden()
    ada.get_by_role("link", name="Read the transcript").click()
    ada.wait_for_url("**/transcript/")
    said = plain(words_of(ada, "Ada"))
    assert said.startswith(shown)
    assert len(said) > len(shown) > 0, "nor is what had only been begun lost"
    expect(ada.locator(".badge")).to_have_text("Ended")
    ada.goto(address)
    expect(ada.get_by_role("heading", name="This meeting has ended")).to_be_visible()


def test_nobody_speaks_without_having_agreed(site: Site, new_page: NewPage, silence: Path) -> None:
    page = new_page(silence)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    site.meeting_make(page, "Consent")
    asked.clear()
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name="Join and speak").click()
    expect(page.get_by_text("please agree")).to_be_visible()
    expect(page.get_by_label("I agree that my voice is transcribed")).to_be_focused()
    assert asked == []


def test_a_page_that_returns_from_the_transcript_can_join_again(site: Site, new_page: NewPage, silence: Path) -> None:
    page = new_page(silence)
    site.meeting_make(page, "Again")
    site.speak(page, "Ada")
    site.leave(page)
    page.get_by_role("link", name="Join again").click()
    expect(page.get_by_label("Your name")).to_have_value("Ada")
    site.speak(page, "Ada")
    expect(page.locator(".person-words")).to_have_text(["Ada"])


def test_scrolling_back_stops_following_until_asked(
    site: Site, new_page: NewPage, speech_samples: dict[str, Path]
) -> None:
    page = new_page(speech_samples["beckett"])
    site.meeting_make(page, "Scrolling")
    page.evaluate("document.documentElement.style.fontSize = '250%'")  # somebody who reads in large type
    site.speak(page, "Ada")
    scroll = page.locator("#captions-scroll")
    until(page, "(box => box.scrollHeight - box.clientHeight > 128)(document.getElementById('captions-scroll'))")
    scroll.evaluate("element => element.scrollTo(0, 0)")
    expect(page.get_by_role("button", name="Jump to latest")).to_be_visible()
    heard(page, "Ada")
    assert scroll.evaluate("element => element.scrollTop") == 0
    page.get_by_role("button", name="Jump to latest").click()
    expect(page.get_by_role("button", name="Jump to latest")).to_be_hidden()
    assert scroll.evaluate("element => element.scrollHeight - element.scrollTop - element.clientHeight < 64")
