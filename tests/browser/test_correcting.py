"""A line is corrected in one window, and those who look on see it in theirs, without a reload."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Site, finals, shows
from tests.browser.listening import heard, transcript_make
from tests.browser.test_accessibility import PHONE, ZOOMED, broken_rules

pytestmark = [pytest.mark.browser, pytest.mark.speech]

NewPage = Callable[[Path], Page]


def broken_anywhere(page: Page) -> list[str]:
    wrong: list[str] = []
    for size in (PHONE, ZOOMED):
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        wrong += broken_rules(page)
    page.set_viewport_size({"width": 1280, "height": 720})
    return wrong


def texts(page: Page) -> list[str]:
    return [text for _, text in finals(page)]


def told(page: Page, words: str) -> None:
    """Waits for the answer to what was done: its event may have changed the lines before."""
    expect(page.locator("#transcript-told")).to_contain_text(words)


def save(page: Page, nth: int, text: str) -> None:
    page.locator(".line-edit").nth(nth).click()
    page.get_by_label("What was said").fill(text)
    page.keyboard.press("Enter")
    told(page, "Saved.")


def test_lines_are_corrected_in_one_window_and_seen_in_the_others(
    site: Site, new_page: NewPage, speech_samples: dict[str, Path], silence: Path
) -> None:
    """The host's transcript page, a reader's transcript page and a viewer's captions, while the meeting goes on."""
    ada, viewer, reader = new_page(speech_samples["beckett"]), new_page(silence), new_page(silence)
    address = site.meeting_make(ada, "Beckett")
    site.speak(ada, "Ada")
    viewer.goto(address)
    site.watch(viewer)
    heard(ada, "Ada")
    host = ada.context.new_page()
    host.on("pageerror", lambda error: pytest.fail(error.message))
    host.goto(address + "transcript/")
    reader.goto(address + "transcript/")
    expect(reader.locator(".line-edit")).to_have_count(0)
    said = texts(host)
    assert texts(reader) == said

    host.locator(".line-edit").first.focus()
    host.keyboard.press("Enter")
    expect(host.get_by_label("What was said")).to_be_focused()
    host.keyboard.type("Nothing of this")
    host.keyboard.press("Escape")
    expect(host.locator(".line-edit").first).to_be_focused()
    assert texts(host) == said
    save(host, 0, "Ever tried. Ever failed, said Sam.")
    expect(host.locator(".line-edit").first).to_be_focused()
    for page in (reader, viewer):
        expect(page.locator(".line-text").first).to_have_text("Ever tried. Ever failed, said Sam.")

    second = ada.context.new_page()
    second.goto(address + "transcript/")
    host.locator(".line-edit").first.click()
    assert broken_anywhere(host) == []
    host.get_by_label("What was said").fill("Mine")
    save(second, 0, "Theirs")
    expect(host.get_by_role("alert").first).to_contain_text("Somebody else has changed this line")
    expect(host.locator(".line-theirs")).to_have_text("Ada: Theirs")
    expect(host.get_by_label("What was said")).to_have_value("Mine")
    assert broken_anywhere(host) == []
    host.get_by_label("What was said").press("Enter")
    for page in (second, reader, viewer):
        expect(page.locator(".line-text").first).to_have_text("Mine")
    expect(host.locator(".line-edit").first).to_be_focused()  # the answer is there, and with it what to undo

    host.locator("#transcript-told").get_by_role("button", name="Undo").click()
    expect(reader.locator(".line-text").first).to_have_text("Theirs")
    host.reload()
    now = finals(host)
    assert now[0] == ("Ada", "Theirs")
    shows(reader, now)
    shows(viewer, now)


def test_splitting_merging_history_and_replacing(
    site: Site, new_page: NewPage, speech_samples: dict[str, Path]
) -> None:
    page = new_page(speech_samples["beckett"])
    transcript_make(site, page, "Beckett")
    save(page, 0, "first words then the others")
    n_lines = page.locator(".line-text").count()

    page.locator(".line-edit").first.click()
    page.get_by_label("What was said").evaluate("field => field.setSelectionRange(12, 12)")
    page.get_by_role("button", name="Split at the cursor").click()
    told(page, "The line is two now.")
    expect(page.locator(".line-text")).to_have_count(n_lines + 1)
    assert texts(page)[:2] == ["first words", "then the others"]
    page.locator(".line-edit").first.click()
    page.get_by_role("button", name="Merge with the next line").click()
    told(page, "The lines are one now.")
    expect(page.locator(".line-text")).to_have_count(n_lines)
    page.locator(".line-edit").first.click()
    page.get_by_role("button", name="History").click()
    history = page.get_by_role("dialog", name="What this line said before")
    expect(history.locator(".revision")).to_have_count(4)
    assert broken_anywhere(page) == []
    history.get_by_role("button", name="Go back to: first words", exact=True).click()
    told(page, "The line says again what it said before.")
    expect(page.locator(".line-text")).to_have_count(n_lines + 1)

    page.get_by_role("button", name="Find and replace").click()
    page.get_by_label("Find", exact=True).fill("words")
    page.get_by_label("Replace by").fill("sounds")
    page.keyboard.press("Enter")
    expect(page.locator(".hit")).to_have_count(1)
    assert broken_anywhere(page) == []
    page.get_by_role("button", name="Replace 1 place").click()
    expect(page.locator("#replace-told")).to_contain_text("Replaced in 1 line")
    expect(page.locator(".line-text").first).to_have_text("first sounds")
    page.get_by_role("button", name=re.compile("^Revert")).click()
    expect(page.locator(".line-text").first).to_have_text("first words")
    page.get_by_role("button", name="Close").click()

    page.locator(".line-edit").first.click()
    page.get_by_role("button", name="Take out").click()
    told(page, "The line was taken out.")
    expect(page.locator(".line-text")).to_have_count(n_lines)
    page.locator("#transcript-told").get_by_role("button", name="Undo").click()
    told(page, "Undone.")
    expect(page.locator(".line-text")).to_have_count(n_lines + 1)
    shown = finals(page)
    assert shown[0][1] == "first words"
    page.reload()
    assert finals(page) == shown


def test_a_line_that_came_while_the_page_was_open_is_removed_as_any_other(
    site: Site, new_page: NewPage, speech_samples: dict[str, Path]
) -> None:
    ada = new_page(speech_samples["beckett"])
    address = site.meeting_make(ada, "Beckett")
    host = ada.context.new_page()
    host.on("pageerror", lambda error: pytest.fail(error.message))
    host.goto(address + "transcript/")
    expect(host.locator("#transcript-lines")).to_be_hidden()
    site.speak(ada, "Ada")
    heard(ada, "Ada")
    said = finals(ada)
    shows(host, said)
    n_lines = len(said)
    site.leave(ada)
    expect(host.locator(".line-redact")).to_have_count(n_lines)
    host.locator(".line").first.hover()
    host.locator(".line-redact").first.click()
    host.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).click()
    expect(host.locator(".line-text").first).to_have_text("[redacted]")
    expect(host.locator(".line-redact").first).to_be_hidden()
    expect(host.locator(".line-edit")).to_have_count(n_lines - 1)
    assert broken_anywhere(host) == []
    shown = texts(host)
    host.reload()
    assert texts(host) == shown
    expect(host.locator(".line-redact")).to_have_count(n_lines - 1)


def test_an_answer_that_comes_late_leaves_what_is_typed_since_and_where(
    site: Site, new_page: NewPage, speech_samples: dict[str, Path]
) -> None:
    page = new_page(speech_samples["beckett"])
    transcript_make(site, page, "Beckett")
    held: list[Route] = []
    page.route("**/api/v1/segments/*", lambda route: held.append(route), times=1)
    page.locator(".line-edit").first.click()
    with page.expect_request("**/api/v1/segments/*"):
        page.get_by_label("What was said").fill("Saved late")
        page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.locator(".line-edit").first.click()
    page.get_by_label("What was said").fill("Typed since")
    held[0].continue_()
    told(page, "Saved.")
    expect(page.get_by_label("What was said")).to_have_value("Typed since")
    expect(page.get_by_label("What was said")).to_be_focused()
