"""A host gives somebody a copy of their data and erases them; somebody with an account does both for themselves."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, finals
from tests.browser.stored import person_store
from tests.browser.test_accessibility import PHONE, ZOOMED, broken_rules
from tests.browser.test_people import LONG, log_in, set_up
from tests.nodes import NodeProcess

pytestmark = pytest.mark.browser

NewPage = Callable[[Path], Page]
PASSWORD = "correct horse battery"
SCREENS = pytest.mark.parametrize(
    ("scheme", "size"), [("dark", PHONE), ("light", ZOOMED)], ids=["dark-phone", "light-zoomed"]
)
# Ada spoke with her account and has left, as has somebody whose name is long; Ben is still there.
SPOKEN = """
from django.contrib.auth.models import User
from meetings.models import Meeting, Participant
from meetings.services.sessions import session_end
from tests.integration.recorded import said, speaking

meeting = Meeting.objects.get(code={code!r})
Meeting.objects.filter(pk=meeting.pk).update(policies={{"mode": "transcript_and_audio", "recording": True}})
meeting.refresh_from_db()
ada, ben, other = [speaking(meeting, name=name) for name in ("Ada", "Ben", {long!r})]
for seed, who in enumerate((ada, ben, other)):
    said(who, seed=seed)
session_end(owner=ada.owner)
session_end(owner=other.owner)
Participant.objects.filter(pk=ada.opened.participant_id).update(user=User.objects.get(username={account!r}))
"""


def spoken(node: NodeProcess, *, address: str, account: str) -> None:
    code = address.rstrip("/").rpartition("/")[2]
    node.manage("shell", "-c", SPOKEN.format(code=code, long=LONG, account=account))


def downloaded(page: Page, name: str) -> tuple[str, dict[str, Any]]:
    """What the file is called, and what is in it."""
    with page.expect_download() as started:
        page.get_by_role("link", name=name).click()
    data: dict[str, Any] = json.loads(Path(started.value.path()).read_text())
    return started.value.suggested_filename, data


def erased_by_keyboard(page: Page) -> None:
    """First without being sure, which changes nothing."""
    button = page.get_by_role("button", name="Erase")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Tick that you are sure")
    assert broken_rules(page) == []
    page.get_by_label("I am sure").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Erased, for good.")
    assert broken_rules(page) == []


@SCREENS
def test_a_host_and_a_person_themselves_take_copies_and_erase(
    site: Site, new_page: NewPage, running_node: NodeProcess, silence: Path, scheme: str, size: dict[str, int]
) -> None:
    account = f"data-{scheme}"
    person_store(running_node, name=account, password=PASSWORD)
    host, ada = new_page(silence), new_page(silence)
    address = site.meeting_make(host, f"Board {LONG}")
    spoken(running_node, address=address, account=account)
    for page in (host, ada):
        set_up(page, scheme, size)

    host.goto(address + "transcript/")
    assert len(finals(host)) == 3
    host.get_by_role("link", name="People's data").click()
    expect(host.get_by_text("1 line, 2 s recorded")).to_have_count(3)
    assert broken_rules(host) == []
    name, data = downloaded(host, f"Download the data of {LONG}")
    assert name.startswith("data-donaudampf")
    assert data["participant"]["display_name"] == LONG
    host.get_by_role("link", name="Erase Ben").click()
    expect(host.get_by_text("They are still connected")).to_be_visible()
    expect(host.get_by_role("button", name="Erase")).to_have_count(0)
    assert broken_rules(host) == []
    host.get_by_role("link", name="All people").click()
    host.get_by_role("link", name=f"Erase {LONG}").click()
    erased_by_keyboard(host)
    expect(host.get_by_role("heading", name="Proof of deletion")).to_be_visible()
    host.get_by_role("link", name="All people").click()
    expect(host.get_by_role("link", name="Proof of the erasure")).to_have_count(1)
    assert broken_rules(host) == []

    log_in(site, ada, account, PASSWORD)
    ada.goto(site.url + "/account/")
    ada.get_by_role("region", name="Your data").get_by_role("link").click()
    assert broken_rules(ada) == []
    name, data = downloaded(ada, "Download everything")
    assert name.startswith(f"data-{account}-")
    assert len(data["data"]) == 1
    ada.get_by_role("link", name="See or erase").click()
    assert broken_rules(ada) == []
    erased_by_keyboard(ada)
    expect(ada.get_by_role("heading", name="Erased because you asked for it")).to_be_visible()
    expect(ada.get_by_role("link", name="See or erase")).to_have_count(0)

    host.goto(address + "transcript/")
    assert sorted(speaker for speaker, _ in finals(host)) == ["Ben", "Erased participant", "Erased participant"]
    for words in ("Ada", LONG):
        expect(host.locator("#transcript-lines").get_by_text(words)).to_have_count(0)
