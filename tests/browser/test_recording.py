"""A recorded meeting as people meet it: asked apart, seen by all, ended by each for themselves, heard afterwards."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Response, expect

from tests.browser.conftest import Site
from tests.browser.faults import until
from tests.browser.listening import heard
from tests.browser.test_accessibility import PHONE, ZOOMED, broken_rules

pytestmark = [pytest.mark.browser, pytest.mark.speech]

NewPage = Callable[[Path], Page]
TO_BE_TRANSCRIBED, TO_BE_RECORDED = "is transcribed, shown as captions", "the sound of my voice is recorded"

COUNT_OBJECTS = """() => {
  window.made = window.revoked = 0;
  const { createObjectURL, revokeObjectURL } = URL;
  URL.createObjectURL = (sound) => { made += 1; return createObjectURL.call(URL, sound); };
  URL.revokeObjectURL = (url) => { revoked += 1; revokeObjectURL.call(URL, url); };
}"""


NOTE_PRESSED = """button => {
  window.pressed = [];
  const note = () => pressed.push(button.getAttribute("aria-pressed"));
  new MutationObserver(note).observe(button, { attributes: true, attributeFilter: ["aria-pressed"] });
}"""


def recorded_meeting(site: Site, page: Page) -> str:
    page.goto(site.url)
    page.get_by_label("What is it about?").fill("Recorded")
    page.get_by_label("Record the sound").check()
    page.get_by_role("button", name="Start meeting").click()
    page.wait_for_url("**/m/**")
    return page.url


def broken_anywhere(page: Page) -> list[str]:
    """What is wrong with the page as it stands, on a phone and zoomed."""
    wrong: list[str] = []
    usual = page.viewport_size
    for size in (PHONE, ZOOMED):
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        wrong += broken_rules(page)
    assert usual is not None
    page.set_viewport_size(usual)
    return wrong


def join(site: Site, page: Page, name: str, *, is_recorded: bool) -> None:
    page.get_by_label("Your name").fill(name)
    expect(page.get_by_label(TO_BE_RECORDED)).not_to_be_checked()
    page.get_by_label(TO_BE_TRANSCRIBED).check()
    if is_recorded:
        page.get_by_label(TO_BE_RECORDED).check()
    page.get_by_role("button", name="Join and speak").click()
    site.wait_connected(page)


def test_one_agrees_apart_sees_the_sign_stops_and_hears_the_lines_afterwards(
    site: Site, new_page: NewPage, speech_samples: dict[str, Path], silence: Path
) -> None:
    ada, ben = new_page(speech_samples["beckett"]), new_page(silence)
    ben.emulate_media(color_scheme="dark")
    address = recorded_meeting(site, ada)
    expect(ada.locator("#recording-sign")).to_have_text("Recorded")
    assert broken_anywhere(ada) == []
    ben.goto(address)
    assert broken_anywhere(ben) == []
    join(site, ben, "Ben", is_recorded=False)
    expect(ben.locator("#recording-sign")).to_be_visible()
    usual = ben.viewport_size
    ben.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    expect(ben.locator("#recording-sign")).to_be_visible()  # whoever holds a telephone is told, too
    assert usual is not None
    ben.set_viewport_size(usual)
    expect(ben.get_by_role("button", name="Record me", exact=True)).to_be_visible()
    join(site, ada, "Ada", is_recorded=True)
    heard(ada, "Ada")
    ada.get_by_role("button", name="Stop recording me").click()
    expect(ada.get_by_role("button", name="Record me", exact=True)).to_be_visible()
    assert broken_anywhere(ada) == []
    site.leave(ada)

    ada.goto(address + "transcript/")
    buttons = ada.locator(".line-play")
    expect(buttons).to_have_count(ada.locator(".line:not(.is-gap)").count())
    assert broken_anywhere(ada) == []
    ben.goto(address + "transcript/")
    assert broken_anywhere(ben) == []
    sounds: list[Response] = []
    ada.on("response", lambda answer: sounds.append(answer) if "/audio/segments/" in answer.url else None)
    ada.evaluate(COUNT_OBJECTS)
    buttons.first.evaluate(NOTE_PRESSED)
    buttons.first.click()
    until(ada, "pressed.join() === 'true,false'")  # it has been played to its end
    assert [(answer.status, answer.request.resource_type) for answer in sounds] == [(200, "fetch")], "no ranges of it"
    assert ada.evaluate("[made, revoked]") == [1, 1]
    assert buttons.first.get_attribute("title") is None


def test_a_meeting_that_is_not_recorded_asks_for_nothing_and_shows_nothing(
    site: Site, new_page: NewPage, silence: Path
) -> None:
    page = new_page(silence)
    site.meeting_make(page, "Plain")
    expect(page.get_by_text("The sound itself is not recorded.")).to_be_visible()
    expect(page.get_by_label(TO_BE_RECORDED)).to_have_count(0)
    site.speak(page, "Ada")
    expect(page.locator("#recording-sign")).to_be_hidden()
    expect(page.locator("#record-me")).to_be_hidden()
