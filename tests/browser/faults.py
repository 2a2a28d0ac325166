"""What happens to people's browsers: networks that go away, machines that sleep, tabs that crash."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from playwright.sync_api import Error, Page, Route, WebSocketRoute


def until(page: Page, expression: str, *, timeout_ms: int = 60_000, step_ms: int = 50) -> None:
    """Wait for something in a page. Playwright's own way evaluates text within it, which our content policy refuses."""
    for _ in range(timeout_ms // step_ms):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(step_ms)
    raise AssertionError(f"it never came true: {expression}")


class Network:
    """The way from one page to the server, through which every call and socket goes.

    `cut` is what a lost wireless network looks like to a page once it is noticed: sockets break, and nothing new comes
    through. (A browser's own "offline" setting leaves open WebSockets alone.) To be made before the page joins.
    """

    def __init__(self, page: Page) -> None:
        self.is_cut = False
        self.n_sockets = 0
        self._sockets: list[WebSocketRoute] = []
        page.route("**/api/**", self._call)
        page.route_web_socket(re.compile("/ws/v1/"), self._socket)

    @contextmanager
    def cut(self) -> Iterator[None]:
        self.is_cut = True
        for socket in self._sockets:
            socket.close(code=4503)  # a page cannot be given 1006; this code is answered alike
        self._sockets.clear()
        yield
        self.is_cut = False

    def _call(self, route: Route) -> None:
        if self.is_cut:
            route.abort("internetdisconnected")
        else:
            route.continue_()

    def _socket(self, route: WebSocketRoute) -> None:
        self.n_sockets += 1
        self._sockets.append(route)
        route.connect_to_server()


def page_crash(page: Page) -> None:
    """The tab's process dies, as it does when memory is short: the page is told nothing."""
    with suppress(Error):  # there is no answer
        page.goto("chrome://crash", timeout=5_000)


KEEP_AUDIO = """
window.kept = { contexts: [], tracks: [] };
// The one of the loudspeaker has the wire's rate.
window.microphoneContext = () => kept.contexts.filter(({ sampleRate }) => sampleRate !== 16000).at(-1);
const RealContext = window.AudioContext;
window.AudioContext = class extends RealContext {
  constructor(...options) {
    super(...options);
    kept.contexts.push(this);
  }
};
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wishes) => {
  const stream = await open(wishes);
  kept.tracks.push(...stream.getAudioTracks());
  return stream;
};
"""


def audio_reachable(page: Page) -> None:
    """The page's contexts and tracks at the tests' hand, as `kept`. To be called before the page is opened."""
    page.add_init_script(KEEP_AUDIO)


@contextmanager
def lid_closed(page: Page, *, for_ms: int) -> Iterator[None]:
    """The machine sleeps: no sound is captured, and on waking the wall clock has gone on by hours for a page.

    What a page cannot be shown in a test's time is told to it: its sound stops, and its clock jumps.
    """
    page.evaluate("microphoneContext().suspend()")
    yield
    page.evaluate("duration_ms => { const now = Date.now; Date.now = () => now() + duration_ms; }", for_ms)
    page.evaluate("microphoneContext().resume()")
