"""Consent as people meet it: declined, partly given, withdrawn; and a line that its host removes."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, finals, shows
from tests.browser.listening import heard, transcript_make
from tests.browser.test_accessibility import PHONE, broken_rules
from tests.nodes import NodeProcess

pytestmark = [pytest.mark.browser, pytest.mark.speech]

NewPage = Callable[[Path], Page]


def stored(node: NodeProcess, page: Page) -> list[str]:
    code = page.url.split("/m/")[1].partition("/")[0]
    segments = httpx.get(f"{node.url}/api/v1/meetings/{code}/transcript.json", timeout=60).json()["segments"]
    return [segment["text"] for segment in segments]


def test_one_withdraws_while_speaking_and_another_only_listens(
    site: Site, new_page: NewPage, running_node: NodeProcess, speech_samples: dict[str, Path], silence: Path
) -> None:
    ada, ben = new_page(speech_samples["two_cities"]), new_page(silence)
    address = site.meeting_make(ada, "Consent")
    ben.goto(address)
    ben.get_by_label("Your name").fill("Ben")
    ben.get_by_role("button", name="Listen without speaking").click()
    site.wait_connected(ben)
    expect(ben.get_by_text("You are listening. Nothing is captured from you.")).to_be_visible()
    expect(ben.locator("[data-voice]:visible")).to_have_count(1)
    site.speak(ada, "Ada")
    expect(ben.locator(".line:not(.is-partial):not(.is-gap)").first).to_be_visible()

    ada.get_by_role("button", name="My consent").click()
    ada.get_by_role("checkbox", name="My voice is transcribed").uncheck()
    expect(ada.get_by_label("My words are kept")).to_be_disabled()
    assert broken_rules(ada) == []
    ada.get_by_role("button", name="Save").click()
    expect(ada.get_by_text("You have withdrawn your consent")).to_be_visible()
    expect(ben.locator(".person-note").filter(has_text="not transcribed")).to_have_count(1)
    ada.get_by_role("button", name="Unmute").click()
    expect(ada.get_by_text("lets you speak again")).to_be_visible()
    expect(ada.locator("#connection[data-tone=good]")).to_be_visible()

    site.leave(ada)
    said = stored(running_node, ben)
    assert said
    shows(ben, [("Ada", text) for text in said])
    ben.reload()  # goes on listening, and asks for no microphone
    site.wait_connected(ben)
    expect(ben.get_by_text("You are listening. Nothing is captured from you.")).to_be_visible()
    site.leave(ben)


def test_words_that_are_not_to_be_kept_are_shown_and_are_in_no_transcript(
    site: Site, new_page: NewPage, running_node: NodeProcess, speech_samples: dict[str, Path]
) -> None:
    page = new_page(speech_samples["beckett"])
    site.meeting_make(page, "Live only")
    page.get_by_label("But do not keep my words").check()
    site.speak(page, "Ada")
    heard(page, "Ada")
    assert stored(running_node, page) == []


def test_the_host_removes_a_passage_and_a_line_on_the_transcript_page(
    site: Site, new_page: NewPage, running_node: NodeProcess, speech_samples: dict[str, Path]
) -> None:
    page = new_page(speech_samples["beckett"])
    transcript_make(site, page, "Removed")
    whole = finals(page)[0][1]
    first = whole.split()[0]
    another = page.context.new_page()  # hears of it from the server alone
    another.goto(page.url)
    line = page.locator(".line:not(.is-gap)").first
    select = "(text, n) => getSelection().setBaseAndExtent(text.firstChild, 0, text.firstChild, n)"
    line.locator(".line-text").evaluate(f"text => ({select})(text, {len(first)})")
    line.hover()
    line.get_by_role("button", name="Remove").click()
    expect(page.locator("#redact-passage")).to_have_text(first)
    assert broken_rules(page) == []
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    rest = f"[redacted]{whole.removeprefix(first)}"
    expect(line.locator(".line-text")).to_have_text(rest)
    assert stored(running_node, page)[0] == rest
    expect(another.locator(".line:not(.is-gap) .line-text").first).to_have_text(rest)

    page.evaluate("getSelection().removeAllRanges()")
    line.hover()
    line.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(line.locator(".line-text")).to_have_text("[redacted]")
    assert stored(running_node, page)[0] == ""
    expect(another.locator(".line:not(.is-gap) .line-text").first).to_have_text("[redacted]")
    page.reload()
    assert finals(page)[0][1] == "[redacted]"

    page.get_by_role("link", name="What is kept").click()
    page.wait_for_url("**/keeping/")
    assert broken_rules(page) == []
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    assert broken_rules(page) == []
