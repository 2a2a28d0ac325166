"""What became of what was said: in the captions on a page, and in the server's ledger."""

import re
from typing import Any
from uuid import UUID

from jiwer import wer
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, words_of
from tests.nodes import NodeProcess

# Losses at a microphone, on a busy machine: the browser itself may miss some, and says so; where its sound broke down
# altogether, and the page has built it anew, that is a lost device.
AT_THE_MICROPHONE = frozenset({"client_discontinuity", "suspended", "device_lost"})

BECKETT = "ever tried ever failed no matter try again fail again fail better"


def plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z']+", text.lower()))


def heard_to_the_end(page: Page, speaker: str) -> None:
    """Waits until the recording's last word stands as the speaker's last final, whoever goes on speaking."""
    theirs = page.locator(".line:not(.is-partial)").filter(has=page.locator(".line-speaker", has_text=speaker))
    expect(theirs.locator(".line-text").last).to_have_text(re.compile(r"better", re.I))


def heard(page: Page, speaker: str) -> None:
    """Waits until the recording stands there to its end, as it was spoken."""
    heard_to_the_end(page, speaker)
    assert wer(BECKETT, plain(words_of(page, speaker))) <= 0.2


def transcript_make(site: Site, page: Page, title: str) -> None:
    """A meeting in which Ada spoke and left; `page` is its host's and shows the transcript."""
    address = site.meeting_make(page, title)
    site.speak(page, "Ada")
    heard(page, "Ada")
    site.leave(page)
    page.goto(address + "transcript/")


def ledger_of(node: NodeProcess, page: Page) -> list[dict[str, Any]]:
    """What the server made of every sample, as the host's browser may read it."""
    meeting_id = UUID(page.evaluate("JSON.parse(document.getElementById('page-data').textContent).meeting_id"))
    response = page.request.get(f"{node.url}/api/v1/meetings/{meeting_id}/ledger")
    assert response.ok
    sessions: list[dict[str, Any]] = response.json()["sessions"]
    return sessions


def is_lost_only_at_the_microphone(session: dict[str, Any]) -> bool:
    """The way here loses nothing."""
    return {gap["reason"] for gap in session["gaps"]} <= AT_THE_MICROPHONE
