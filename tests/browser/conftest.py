"""Chromium with a recording as its microphone, against the real server process."""

import re
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.nodes import NodeProcess

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
MOST_MS = 60_000

OpenContext = Callable[[Path], BrowserContext]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Steps that people take on the pages."""

    url: str

    def meeting_make(self, page: Page, title: str) -> str:
        """The new meeting's address; `page` is its host's and stands before joining."""
        page.goto(self.url)
        page.get_by_label("What is it about?").fill(title)
        page.get_by_role("button", name="Start meeting").click()
        page.wait_for_url("**/m/**")
        return page.url

    def speak(self, page: Page, name: str) -> None:
        page.get_by_label("Your name").fill(name)
        page.get_by_label("I agree that my voice is transcribed").check()
        page.get_by_role("button", name="Join and speak").click()
        self.wait_connected(page)

    def watch(self, page: Page) -> None:
        page.get_by_role("button", name="Only watch the captions").click()
        self.wait_connected(page)

    def wait_connected(self, page: Page) -> None:
        page.locator("#connection[data-tone=good]").wait_for()

    def leave(self, page: Page) -> None:
        """Returns when everything that was said has arrived."""
        page.get_by_role("button", name="Leave").click()
        page.get_by_role("heading", name="You have left the meeting").wait_for()
        assert page.get_by_text(re.compile("Everything (else )?you said has arrived")).is_visible()


def finals(page: Page) -> list[tuple[str, str]]:
    """(speaker, text) of the lines that stand, in the page's order. The transcript page has the same lines."""
    lines = page.locator(".line:not(.is-partial):not(.is-gap)")
    read = (
        "lines => lines.map(line => ['.line-speaker', '.line-text'].map(part => line.querySelector(part).textContent))"
    )
    return [(speaker.strip(), text.strip()) for speaker, text in lines.evaluate_all(read)]


def shows(page: Page, lines: list[tuple[str, str]]) -> None:
    """Waits until these lines stand there: what one page has, another gets a moment later."""
    for _ in range(MOST_MS // 50):
        if finals(page) == lines:
            return
        page.wait_for_timeout(50)
    assert finals(page) == lines


def words_of(page: Page, speaker: str) -> str:
    return " ".join(text for name, text in finals(page) if name == speaker)


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """Ends with this package's tests: as long as it lives, its event loop keeps others from running in this thread."""
    if not CHROMIUM.exists():
        pytest.skip(f"Chromium is not installed at {CHROMIUM}")
    expect.set_options(timeout=MOST_MS)
    with sync_playwright() as started:
        yield started


def launched(playwright: Playwright, recording: Path) -> Browser:
    microphone = f"--use-file-for-fake-audio-capture={recording}%noloop"
    return playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*ARGUMENTS, microphone])


@pytest.fixture(scope="package")
def quiet_browser(playwright: Playwright, silence: Path) -> Iterator[Browser]:
    browser = launched(playwright, silence)
    yield browser
    browser.close()


@pytest.fixture
def open_context(request: pytest.FixtureRequest, playwright: Playwright, silence: Path) -> Iterator[OpenContext]:
    """Nothing of one is known to another. Each recording has a browser of its own: it plays once, from the moment the
    microphone is opened; those in a quiet room share one browser.
    """
    ours: list[Browser | BrowserContext] = []

    def opened(recording: Path) -> BrowserContext:
        if recording == silence:
            quiet: Browser = request.getfixturevalue("quiet_browser")
            context = quiet.new_context()
            ours.append(context)
            return context
        browser = launched(playwright, recording)
        ours.append(browser)
        return browser.new_context()

    yield opened
    for each in ours:
        each.close()


@pytest.fixture
def new_page(open_context: OpenContext) -> Iterator[Callable[[Path], Page]]:
    """A page whose errors fail the test."""
    errors: list[str] = []

    def opened(recording: Path) -> Page:
        page = open_context(recording).new_page()
        page.set_default_timeout(MOST_MS)
        page.on("pageerror", lambda error: errors.append(error.message))
        return page

    yield opened
    assert errors == []


@pytest.fixture
def site(running_node: NodeProcess) -> Site:
    return Site(url=running_node.url)


@pytest.fixture(scope="session")
def silence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A microphone in a quiet room."""
    path = tmp_path_factory.mktemp("microphone") / "silence.wav"
    with wave.open(str(path), "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(2)
        recording.setframerate(16_000)
        recording.writeframes(bytes(2 * 16_000))
    return path
