"""Microphones that come, go and fall silent, browsers that pause them: time goes on, and what is lost is declared."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.faults import audio_reachable, until
from tests.browser.listening import ledger_of
from tests.nodes import NodeProcess

pytestmark = [pytest.mark.browser, pytest.mark.speech]

NewPage = Callable[[Path], Page]


def test_what_the_microphone_could_not_capture_is_a_gap_and_nothing_else_is(
    site: Site, new_page: NewPage, running_node: NodeProcess, silence: Path
) -> None:
    """A browser pauses the page's audio, a device is pulled out: time goes on, and the loss is declared."""
    page = new_page(silence)
    audio_reachable(page)
    site.meeting_make(page, "Losses")
    site.speak(page, "Ada")
    page.evaluate("kept.contexts[0].suspend()")
    expect(page.get_by_text("Your browser paused the microphone")).to_be_visible()
    page.wait_for_timeout(2_000)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("Your browser paused the microphone")).to_be_hidden()
    page.evaluate("kept.tracks[0].dispatchEvent(new Event('ended'))")
    until(page, "kept.tracks.length === 2 && kept.tracks[1].readyState === 'live'")
    told = re.compile(r"^\d+ s of your audio could not be written down: ")
    expect(page.locator("#notices .notice").filter(has_text=told).first).to_be_visible()
    site.leave(page)
    (session,) = ledger_of(running_node, page)
    assert 2 * 16_000 <= session["gap"] < session["received"]
    assert {gap["reason"] for gap in session["gaps"]} <= {"suspended", "device_lost", "client_discontinuity"}
