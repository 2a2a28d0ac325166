"""The download menu of a transcript: what is chosen arrives as a file of the browser's, with the meeting's words."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
import webvtt
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser.conftest import Site
from tests.browser.stored import lines_store, work
from tests.browser.test_correcting import broken_anywhere
from tests.nodes import NodeProcess

pytestmark = pytest.mark.browser

NewPage = Callable[[Path], Page]
BEN = "Ben, who has a rather long name بن نفسه 本人"
SAID = (("Ada", "Ever tried."), (BEN, "Ever failed."), (BEN, "No matter. Try again."))


def opened_menu(site: Site, page: Page, node: NodeProcess, lines: list[tuple[str, str]]) -> str:
    """The transcript page of a meeting in which this was said, with the menu open."""
    address = site.meeting_make(page, "Downloads / überall")
    lines_store(node, address=address, lines=lines)
    page.goto(address + "transcript/")
    page.locator(".exports-menu > summary").focus()
    page.keyboard.press("Enter")
    return address


def downloaded(page: Page, name: str) -> Path:
    """What the button of this name has the browser save."""
    with page.expect_download() as download:
        page.locator(".exports-menu").get_by_role("button", name=name, exact=True).click()
    assert download.value.failure() is None
    return Path(download.value.path())


def test_each_format_arrives_with_the_words_that_were_said(
    site: Site, new_page: NewPage, running_node: NodeProcess, silence: Path
) -> None:
    page = new_page(silence)
    opened_menu(site, page, running_node, list(SAID))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        assert broken_anywhere(page) == []
    words = [text for _, text in SAID]
    plain = downloaded(page, "Plain text").read_text()
    assert [plain.index(text) for text in words] == sorted(plain.index(text) for text in words)
    assert BEN in plain
    captions = webvtt.read(str(downloaded(page, "WebVTT")))
    assert [caption.text for caption in captions] == words
    written = "\n".join(each.text for each in docx.Document(str(downloaded(page, "Word"))).paragraphs)
    printed = "\n".join(each.extract_text() for each in PdfReader(downloaded(page, "PDF")).pages)
    for text in words:
        assert text in written
        assert text in " ".join(printed.split())


def test_the_options_that_are_ticked_hold_for_the_file(
    site: Site, new_page: NewPage, running_node: NodeProcess, silence: Path
) -> None:
    page = new_page(silence)
    opened_menu(site, page, running_node, list(SAID))
    assert "00:0" in downloaded(page, "Plain text").read_text()
    page.get_by_label("Without times").check()
    page.get_by_label("Without names").check()
    page.get_by_label("One paragraph for each turn").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Plain text", exact=True).press("Enter")
    plain = Path(download.value.path()).read_text()
    assert "Ever failed. No matter. Try again." in plain
    assert "00:0" not in plain
    assert "Ada" not in plain
    assert download.value.suggested_filename.endswith(".txt")


def test_an_archive_is_waited_for_on_the_page_and_saved_from_there(
    site: Site, new_page: NewPage, running_node: NodeProcess, silence: Path
) -> None:
    page, reader = new_page(silence), new_page(silence)
    address = opened_menu(site, page, running_node, list(SAID))
    page.get_by_role("button", name="Archive (zip)").click()
    made = page.locator(".exports-made")
    expect(made).to_contain_text("Archive: waiting")
    expect(made.get_by_role("progressbar")).to_have_count(1)
    assert broken_anywhere(page) == []
    work(running_node, task="exports_make")
    expect(made).to_contain_text(re.compile(r"Archive, \d+ kB"))
    expect(made.get_by_role("progressbar")).to_have_count(0)
    with page.expect_download() as download:
        made.get_by_role("link", name="Save").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        (name,) = [each for each in archive.namelist() if each.endswith("transcript.txt")]
        text = archive.read(name).decode()
    assert all(words in text for _, words in SAID)

    page.reload()
    page.locator(".exports-menu > summary").click()
    expect(page.locator(".exports-made").get_by_role("link", name="Save")).to_have_count(1)
    reader.goto(address + "transcript/")
    reader.locator(".exports-menu > summary").click()
    expect(reader.get_by_role("button", name="Plain text")).to_be_visible()
    expect(reader.get_by_role("button", name="Archive (zip)")).to_have_count(0)
    expect(reader.locator(".exports-made li")).to_have_count(0)
