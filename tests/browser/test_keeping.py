"""What was captured and is not settled outlives the page: reloads, crashes, closed lids, a meeting that ends."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jiwer import wer
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import MOST_MS, Site, finals, words_of
from tests.browser.faults import Network, audio_reachable, lid_closed, page_crash
from tests.browser.listening import (
    AT_THE_MICROPHONE,
    BECKETT,
    heard,
    heard_to_the_end,
    is_lost_only_at_the_microphone,
    ledger_of,
    plain,
)
from tests.nodes import NodeProcess

pytestmark = [pytest.mark.browser, pytest.mark.speech]

NewPage = Callable[[Path], Page]
SAMPLE_RATE_HZ = 16_000
RELOADED = {"page_reloaded", "client_discontinuity"}
TOLD_ENDED = re.compile("This meeting has ended")
CAPTURED = """
(async () => {
  const opening = indexedDB.open("colloquy");
  const result = (request) => new Promise((resolve) => request.onsuccess = () => resolve(request.result));
  const database = await result(opening);
  const records = await result(database.transaction("sessions").objectStore("sessions").getAll());
  const spans = await result(database.transaction("spans").objectStore("spans").getAll());
  database.close();
  return { records, nSpans: spans.length };
})()
"""


def kept(page: Page) -> dict[str, Any]:
    """What this browser keeps: the records of sessions, and the number of spans of all together."""
    found: dict[str, Any] = page.evaluate(CAPTURED)
    return found


def another_tab(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.set_default_timeout(MOST_MS)
    page.goto(address)
    return page


def in_mid_sentence(page: Page) -> None:
    """A sentence is finished, the next has begun."""
    page.locator(".line:not(.is-partial)").first.wait_for()
    page.locator(".line.is-partial").first.wait_for()


def stable_words(page: Page) -> str:
    """What was shown and may not change any more."""
    return plain(" ".join(page.locator(".line .line-stable").all_text_contents()))


def host_ends(site: Site, host: Page) -> None:
    host.get_by_role("button", name="End for all").click()
    host.get_by_role("dialog").get_by_role("button", name="End for all").click()
    host.get_by_role("heading", name="The meeting has ended").wait_for()


def is_followed_by_whole_recording(words: str, before: str) -> bool:
    """What was shown before the page went, then, since the recording began anew with it, the recording."""
    return bool(wer(f"{before} {BECKETT}", words) <= 0.25)


def test_a_reload_in_mid_sentence_loses_no_captured_sample_and_shows_as_a_short_gap(
    site: Site, new_page: NewPage, running_node: NodeProcess, speech_samples: dict[str, Path]
) -> None:
    page = new_page(speech_samples["beckett"])
    site.meeting_make(page, "Reloaded")
    site.speak(page, "Ada")
    in_mid_sentence(page)
    before = stable_words(page)
    captured = kept(page)["records"][0]["end"]
    page.reload()
    site.wait_connected(page)
    expect(page.get_by_label("Your name")).to_be_hidden()
    lost = re.compile(r"\[\d\.\d s of Ada's audio lost: (page reloaded|not captured)\]")
    expect(page.locator(".gap-line").filter(has_text=lost).first).to_be_visible()
    heard_to_the_end(page, "Ada")
    assert is_followed_by_whole_recording(plain(words_of(page, "Ada")), before)
    expect(page.locator("#ledger-summary")).to_have_text(re.compile("s of audio missing"))
    site.leave(page)
    (session,) = ledger_of(running_node, page)
    gap, *others = (gap for gap in session["gaps"] if gap["from"] >= captured - 1)
    assert gap["reason"] in RELOADED
    assert gap["to"] - gap["from"] < 10 * SAMPLE_RATE_HZ
    assert {other["reason"] for other in others} <= AT_THE_MICROPHONE
    assert session["in_flight"] == 0
    assert kept(page) == {"records": [], "nSpans": 0}


def test_twenty_seconds_without_a_network_lose_nothing(
    site: Site, new_page: NewPage, running_node: NodeProcess, speech_samples: dict[str, Path]
) -> None:
    page = new_page(speech_samples["beckett"])
    network = Network(page)
    site.meeting_make(page, "Offline")
    site.speak(page, "Ada")
    page.locator(".line.is-partial").first.wait_for()
    with network.cut():
        expect(page.locator("#connection")).to_have_text(re.compile(r"^Reconnecting; your last \d+ seconds are safe$"))
        page.wait_for_timeout(20_000)
        assert kept(page)["nSpans"] > 150
    heard(page, "Ada")
    site.leave(page)
    (session,) = ledger_of(running_node, page)
    assert is_lost_only_at_the_microphone(session)
    assert session["received"] > 20 * SAMPLE_RATE_HZ
    assert kept(page) == {"records": [], "nSpans": 0}


def test_a_crashed_tab_is_taken_up_by_the_next(
    site: Site, new_page: NewPage, running_node: NodeProcess, speech_samples: dict[str, Path]
) -> None:
    page = new_page(speech_samples["beckett"])
    address = site.meeting_make(page, "Crashed")
    site.speak(page, "Ada")
    in_mid_sentence(page)
    before = stable_words(page)
    captured = kept(page)["records"][0]["end"]
    page_crash(page)
    after = another_tab(page.context, address)
    site.wait_connected(after)
    heard_to_the_end(after, "Ada")
    assert is_followed_by_whole_recording(plain(words_of(after, "Ada")), before)
    site.leave(after)
    (session,) = ledger_of(running_node, after)
    gaps = [gap for gap in session["gaps"] if gap["reason"] not in AT_THE_MICROPHONE or gap["from"] >= captured]
    assert gaps[0]["from"] >= captured
    assert gaps[0]["reason"] in RELOADED


def test_a_muted_person_is_muted_after_a_reload_and_nothing_counts_as_lost(
    site: Site, new_page: NewPage, running_node: NodeProcess, speech_samples: dict[str, Path]
) -> None:
    page = new_page(speech_samples["beckett"])
    site.meeting_make(page, "Muted and reloaded")
    site.speak(page, "Ada")
    page.keyboard.press("Alt+m")
    page.get_by_role("button", name="Unmute").wait_for()
    page.reload()
    site.wait_connected(page)
    expect(page.get_by_role("button", name="Unmute")).to_be_visible()
    page.wait_for_timeout(12_000)  # the recording plays anew, to nobody
    n_lines = len(finals(page))
    page.get_by_role("button", name="Unmute").click()
    site.leave(page)
    (session,) = ledger_of(running_node, page)
    assert session["muted"] > 12 * SAMPLE_RATE_HZ
    assert is_lost_only_at_the_microphone(session)
    page.goto(page.url + "transcript/")
    assert len(finals(page)) == n_lines
    assert "better" not in words_of(page, "Ada").lower()


@pytest.mark.parametrize("through", ["meeting", "transcript", "start"])
def test_what_was_kept_when_the_meeting_ended_is_delivered_from_any_page(
    site: Site,
    new_page: NewPage,
    running_node: NodeProcess,
    speech_samples: dict[str, Path],
    silence: Path,
    through: str,
) -> None:
    """The network is gone, the page as well, and the host ends the meeting before they return."""
    host, ada = new_page(silence), new_page(speech_samples["beckett"])
    address = site.meeting_make(host, "Ended meanwhile")
    site.speak(host, "Ben")
    network = Network(ada)
    ada.goto(address)
    site.speak(ada, "Ada")
    ada.locator(".line.is-partial").first.wait_for()
    with network.cut():
        expect(ada.locator("#connection")).to_have_text(re.compile(r"your last 1\d seconds are safe"))
        context = ada.context
        ada.close()
    host_ends(site, host)
    pages = {"meeting": address, "transcript": address + "transcript/", "start": site.url}
    after = another_tab(context, pages[through])
    if through == "meeting":
        expect(after.get_by_role("heading", name=TOLD_ENDED)).to_be_visible()
    expect(after.get_by_text(re.compile("Everything (else )?you said has arrived"))).to_be_visible()
    assert kept(after) == {"records": [], "nSpans": 0}
    after.goto(address + "transcript/")
    assert wer(BECKETT, plain(words_of(after, "Ada"))) <= 0.2
    sessions = ledger_of(running_node, host)
    (session,) = [session for session in sessions if session["speech"] > 0]
    assert is_lost_only_at_the_microphone(session)
    assert session["in_flight"] == 0


def test_a_lid_that_was_closed_while_the_meeting_ended_delivers_what_was_kept(
    site: Site, new_page: NewPage, running_node: NodeProcess, speech_samples: dict[str, Path], silence: Path
) -> None:
    host, ada = new_page(silence), new_page(speech_samples["beckett"])
    address = site.meeting_make(host, "A closed lid")
    site.speak(host, "Ben")
    network = Network(ada)
    audio_reachable(ada)
    ada.goto(address)
    site.speak(ada, "Ada")
    ada.locator(".line.is-partial").first.wait_for()
    with network.cut():
        expect(ada.locator("#connection")).to_have_text(re.compile(r"your last 1\d seconds are safe"))
        with lid_closed(ada, for_ms=600_000):
            host_ends(site, host)
        expect(ada.get_by_text("Your browser paused the microphone")).to_be_hidden()
        ada.wait_for_timeout(500)  # some sound after waking
    ada.get_by_role("heading", name="The meeting has ended").wait_for()
    expect(ada.get_by_text(re.compile("Everything else you said has arrived"))).to_be_visible()
    ada.get_by_role("link", name="Read the transcript").click()
    ada.wait_for_url("**/transcript/")
    assert wer(BECKETT, plain(words_of(ada, "Ada"))) <= 0.2
    (session,) = [session for session in ledger_of(running_node, host) if session["speech"] > 0]
    assert 600 * SAMPLE_RATE_HZ <= session["gap"] < 640 * SAMPLE_RATE_HZ
    assert is_lost_only_at_the_microphone(session)


def test_a_second_tab_leaves_a_living_session_alone(
    site: Site, new_page: NewPage, running_node: NodeProcess, speech_samples: dict[str, Path]
) -> None:
    page = new_page(speech_samples["beckett"])
    address = site.meeting_make(page, "Two tabs")
    site.speak(page, "Ada")
    page.locator(".line.is-partial").first.wait_for()
    second = another_tab(page.context, address)
    expect(second.get_by_text("You are already in this meeting, in another tab")).to_be_visible()
    expect(second.get_by_role("button", name="Join and speak")).to_be_visible()
    for elsewhere in (site.url, address + "transcript/"):
        second.goto(elsewhere)
        second.wait_for_timeout(3_000)  # as long as a page asks for a session that another page may be leaving
        expect(second.locator("#deliveries")).to_be_empty()
    heard(page, "Ada")
    site.leave(page)
    (session,) = ledger_of(running_node, page)
    assert is_lost_only_at_the_microphone(session)


def test_a_browser_that_keeps_nothing_says_so_and_goes_on(site: Site, new_page: NewPage, silence: Path) -> None:
    """As some browsers do in private windows."""
    page = new_page(silence)
    page.add_init_script("indexedDB.open = () => { throw new DOMException('private', 'InvalidStateError'); };")
    site.meeting_make(page, "Private")
    site.speak(page, "Ada")
    expect(page.get_by_text("This browser keeps nothing for pages here")).to_have_count(1)
    site.leave(page)


def test_the_browsers_store_does_what_the_unit_tests_believe(site: Site, new_page: NewPage, silence: Path) -> None:
    page = new_page(silence)
    page.goto(site.url)
    contract = (Path(__file__).parent.parent / "js" / "store_contract.js").read_text().replace("export ", "")
    opened = "(await import('/static/js/session/spill_store.js')).spillStoreOpen('contract')"
    assert page.evaluate(f"(async () => {{ {contract}; return storeContract(await {opened}); }})()") == []
