"""The link of a meeting is renewed and turned off while people are in it: what each of them sees."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.test_accessibility import PHONE, ZOOMED, broken_rules

pytestmark = pytest.mark.browser

NewPage = Callable[[Path], Page]
CLOSED = "This link does not open the meeting any more"
PUT_OUT = "you were removed from it"


def sharing_opened(room: Page, link: str) -> Page:
    """In another tab of the host's browser."""
    page = room.context.new_page()
    page.goto(link + "sharing/")
    return page


def link_shown(page: Page) -> str:
    return page.get_by_label("Link to this meeting").input_value()


def test_a_renewed_link_puts_readers_out_and_leaves_those_who_speak(
    site: Site, new_page: NewPage, silence: Path
) -> None:
    host, speaker, watcher = new_page(silence), new_page(silence), new_page(silence)
    old = site.meeting_make(host, "Linked")
    site.watch(host)
    speaker.goto(old)
    site.speak(speaker, "Ada")
    watcher.goto(old)
    site.watch(watcher)
    sharing = sharing_opened(host, old)
    sharing.get_by_text("Renew the link").click()
    assert broken_rules(sharing) == []
    sharing.get_by_role("button", name="Renew it").click()
    expect(sharing.get_by_role("status")).to_contain_text("The link was renewed")
    new = link_shown(sharing)
    assert new != old
    expect(watcher.get_by_text(PUT_OUT)).to_be_visible()
    expect(host.locator("#room-link")).to_have_value(new)
    expect(speaker.locator("#room-link")).to_have_value("Ask the host for the link")
    site.wait_connected(speaker)
    site.wait_connected(host)

    speaker.goto(new)  # in the same browser: no second Ada
    site.wait_connected(speaker)
    expect(host.locator("#people li")).to_have_count(1)
    host.goto(old)
    assert host.url == new
    site.leave(speaker)


@pytest.mark.parametrize(("scheme", "size"), [("light", PHONE), ("dark", ZOOMED)], ids=["light-phone", "dark-zoomed"])
def test_joining_by_link_is_turned_off_and_on_again(
    site: Site, new_page: NewPage, silence: Path, scheme: str, size: dict[str, int]
) -> None:
    host, guest = new_page(silence), new_page(silence)
    for page in (host, guest):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
    link = site.meeting_make(host, "Closed")
    sharing = sharing_opened(host, link)
    sharing.set_viewport_size({"width": size["width"], "height": size["height"]})
    sharing.get_by_role("button", name="Turn joining by link off").click()
    expect(sharing.get_by_role("status")).to_contain_text("Joining by link is turned off")
    assert broken_rules(sharing) == []
    guest.goto(link)
    expect(guest.get_by_role("heading", name=CLOSED)).to_be_visible()
    assert broken_rules(guest) == []
    sharing.get_by_role("button", name="Turn joining by link on").click()
    expect(sharing.get_by_role("button", name="Turn joining by link off")).to_be_visible()
    guest.goto(link)
    site.watch(guest)
