"""Names, order, contrast and room, measured on the pages as they are drawn."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Site

pytestmark = pytest.mark.browser

NewPage = Callable[[Path], Page]
RULES = (Path(__file__).parent / "page_rules.js").read_text()
PHONE = {"width": 360, "height": 740}
ZOOMED = {"width": 640, "height": 400}  # a laptop at 200 %


def broken_rules(page: Page) -> list[str]:
    found: list[str] = page.evaluate(RULES)
    return found


def each_page(site: Site, page: Page) -> list[str]:
    """Every page and state in turn, with what is wrong there."""
    wrong: list[str] = []

    def look(where: str) -> None:
        wrong.extend(f"{where}: {rule}" for rule in broken_rules(page))

    page.goto(site.url)
    look("start")
    page.goto(site.url + "/join/?code=nonsense")
    look("start with a mistake")
    address = site.meeting_make(page, "A meeting with a rather long name that has to fit")
    look("lobby")
    page.get_by_role("button", name="Join and speak").click()
    look("lobby with mistakes")
    page.get_by_role("button", name="Try it").click()
    page.get_by_role("meter").wait_for()
    look("lobby with a microphone")
    site.speak(page, "Ada")
    look("room")
    page.get_by_role("button", name="Mute").click()
    look("room, muted")
    site.leave(page)
    look("after")
    page.goto(address + "transcript/")
    look("transcript")
    page.goto(site.url + "/search/?q=budget&speaker=Ada")
    look("search")
    page.goto(site.url + "/search/?q=%21&since=never")
    look("search with mistakes")
    page.goto(site.url + "/m/none/")
    look("not found")
    return wrong


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_is_named_once_and_readable(site: Site, new_page: NewPage, silence: Path, scheme: str) -> None:
    page = new_page(silence)
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    assert each_page(site, page) == []


@pytest.mark.parametrize("size", [PHONE, ZOOMED], ids=["phone", "zoomed"])
def test_nothing_is_wider_than_the_screen(site: Site, new_page: NewPage, silence: Path, size: dict[str, int]) -> None:
    page = new_page(silence)
    page.set_viewport_size({"width": size["width"], "height": size["height"]})
    assert each_page(site, page) == []


def test_joining_works_with_the_keyboard_alone(site: Site, new_page: NewPage, silence: Path) -> None:
    page = new_page(silence)
    site.meeting_make(page, "Keyboard")
    reached: list[str] = []
    for _ in range(12):
        page.keyboard.press("Tab")
        focused: str = page.evaluate("document.activeElement.id")
        reached.append(focused)
        if focused == "display-name":
            page.keyboard.type("Ada")
        if focused == "consent":
            page.keyboard.press("Space")
        if focused == "join":
            break
    choices = [name for name in reached if name not in ("", "microphone")]  # enabled once devices are known
    assert choices == ["display-name", "language", "try-microphone", "consent", "consent-live-only", "join"]
    page.keyboard.press("Enter")
    site.wait_connected(page)
    assert page.evaluate("document.activeElement.id") == "captions-heading"
