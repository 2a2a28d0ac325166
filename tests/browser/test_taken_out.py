"""A line that was taken out is listed for those who may edit, also after a reload, and comes back from there."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, finals
from tests.browser.stored import lines_store
from tests.browser.test_correcting import broken_anywhere
from tests.nodes import NodeProcess

pytestmark = pytest.mark.browser

NewPage = Callable[[Path], Page]
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 4
SAID = (("Ada", "Good morning."), ("عائشة", f"صباح الخير {LONG}"), ("Ada", "Let us begin."))


def take_out(page: Page, nth: int) -> None:
    page.locator(".line-edit").nth(nth).click()
    page.get_by_role("button", name="Take out").click()
    expect(page.locator("#transcript-told")).to_contain_text("The line was taken out.")


def test_what_was_taken_out_comes_back_after_a_reload_and_readers_never_see_it(
    site: Site, new_page: NewPage, running_node: NodeProcess, silence: Path
) -> None:
    host, reader = new_page(silence), new_page(silence)
    address = site.meeting_make(host, "Taken out")
    lines_store(running_node, address=address, lines=SAID)
    for page in (host, reader):
        page.goto(address + "transcript/")
        expect(page.get_by_text("Lines taken out")).to_be_hidden()
    second = host.context.new_page()
    second.goto(address + "transcript/")
    whole = finals(host)
    take_out(host, 1)
    for page in (host, second):
        expect(page.get_by_text("Lines taken out (1)")).to_be_visible()
    host.reload()
    assert finals(host) == [whole[0], whole[2]]
    host.locator("#taken-out > summary").focus()
    host.keyboard.press("Enter")
    expect(host.locator(".taken-out-text")).to_have_text(whole[1][1])
    for scheme in ("light", "dark"):
        host.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        assert broken_anywhere(host) == []
    reader.reload()
    assert finals(reader) == [whole[0], whole[2]]
    assert reader.locator("#taken-out").count() == 0
    assert LONG not in reader.content()

    host.keyboard.press("Tab")
    expect(host.get_by_role("button", name="Put back what عائشة said at 0:01")).to_be_focused()
    host.keyboard.press("Enter")
    expect(host.locator("#transcript-told")).to_contain_text("The line is back.")
    expect(host.locator(".line-edit").nth(1)).to_be_focused()
    for page in (host, second):
        expect(page.locator("#taken-out")).to_be_hidden()
    for page in (host, second, reader):
        expect(page.locator(".line")).to_have_count(3)
        assert finals(page) == whole


def test_a_line_that_came_back_can_be_removed_for_good_as_any_other(
    site: Site, new_page: NewPage, running_node: NodeProcess, silence: Path
) -> None:
    host = new_page(silence)
    address = site.meeting_make(host, "Back and gone")
    lines_store(running_node, address=address, lines=SAID)
    host.goto(address + "transcript/")
    take_out(host, 1)
    host.reload()
    host.locator("#taken-out > summary").click()
    host.get_by_role("button", name="Put back").click()
    expect(host.locator(".line")).to_have_count(3)
    line = host.locator(".line").nth(1)
    line.hover()
    line.get_by_role("button", name="Remove what").click()
    dialog = host.get_by_role("dialog", name="Remove this for good?")
    expect(dialog.locator("#redact-passage")).to_have_text(SAID[1][1])
    dialog.get_by_role("button", name="Remove", exact=True).click()
    expect(line.locator(".line-text")).to_have_text("[redacted]")
    host.reload()
    expect(host.locator(".line-text").nth(1)).to_have_text("[redacted]")


def test_somebody_elses_change_is_told_and_the_list_stays_right(
    site: Site, new_page: NewPage, running_node: NodeProcess, silence: Path
) -> None:
    """Two windows: what one puts back while the other looks at the list."""
    host = new_page(silence)
    address = site.meeting_make(host, "Two windows")
    lines_store(running_node, address=address, lines=SAID)
    host.goto(address + "transcript/")
    take_out(host, 2)
    take_out(host, 0)
    second = host.context.new_page()
    for page in (host, second):
        page.goto(address + "transcript/")
        page.locator("#taken-out > summary").click()
        expect(page.locator(".taken-out-line")).to_have_count(2)
    second.get_by_role("button", name="Put back what Ada said at 0:00").click()
    for page in (host, second):
        expect(page.locator(".taken-out-line")).to_have_count(1)
        expect(page.get_by_text("Lines taken out (1)")).to_be_visible()
    assert finals(host) == finals(second)
