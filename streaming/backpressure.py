"""How a socket learns that its peer is slower than we are, makes a faster one wait, and knows a flood."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from meetings.limits import STREAM_LIMITS
from streaming.wakeup import Wakeup

# Twice what the pace of audio admits: sockets that send data meet that limit first, and are told more.
FRAMES_HZ = 2 * STREAM_LIMITS.catchup_x * 1_000 / STREAM_LIMITS.frame_ms[0]
FRAMES_BURST = 2 * STREAM_LIMITS.unsettled_max_ms // STREAM_LIMITS.frame_ms[0]
UNSENT_BYTES = 65_536
MOST_MESSAGES_IN_TURN = 16
PRESSURE_KEY = "colloquy.pressure"  # where the ASGI scope of a socket holds its WritePressure


class WritePressure:
    """Whether the peer has stopped reading: a push producer in Twisted's words.

    Registered on the transport, it is told once more than 64 KiB wait there and again when they are gone. The
    ASGI application asks instead of being stopped: it alone knows what may be dropped (partials).
    """

    def __init__(self) -> None:
        self._writable: asyncio.Event | None = None  # only while paused: most sockets never are

    @property
    def is_paused(self) -> bool:
        return self._writable is not None

    async def wait_writable(self) -> None:
        """Returns as soon as writing is welcome, or the connection is gone. Bound it with a timeout."""
        while self._writable is not None:
            await self._writable.wait()

    # IPushProducer:
    def pauseProducing(self) -> None:  # noqa: N802  Twisted's name
        if self._writable is None:
            self._writable = asyncio.Event()

    def resumeProducing(self) -> None:  # noqa: N802  Twisted's name
        if self._writable is not None:
            self._writable.set()
            self._writable = None

    def stopProducing(self) -> None:  # noqa: N802  Twisted's name
        self.resumeProducing()


class InputQueue:
    """What a socket's application has yet to read. Reading from the network pauses while too much waits.

    It has no hard limit, because one read of the network may complete hundreds of messages, which are all put
    here at once; as reading stops above the high mark, it holds at most that and one read (64 KiB) more.
    """

    def __init__(
        self, *, pause: Callable[[], None], resume: Callable[[], None], high_bytes: int, high_messages: int
    ) -> None:
        # Not asyncio.Queue, whose own queues take kilobytes of every idle socket.
        self._put: list[dict[str, Any]] = []
        self._next: list[dict[str, Any]] = []  # the last one is read first
        self._n_in_turn = 0
        self._has_message = Wakeup()
        self._pause, self._resume = pause, resume
        self._high_bytes, self._high_messages = high_bytes, high_messages
        self._n_bytes = 0
        self.is_reading_paused = False

    def put_nowait(self, message: dict[str, Any]) -> None:
        self._put.append(message)
        self._n_bytes += _size_bytes(message)
        self._has_message.set()
        is_full = self._n_bytes > self._high_bytes or self._n_messages > self._high_messages
        if is_full and not self.is_reading_paused:
            self.is_reading_paused = True
            self._pause()

    @property
    def _n_messages(self) -> int:
        return len(self._put) + len(self._next)

    async def get(self) -> dict[str, Any]:
        """The next message, for the one reader that there is."""
        while not self._n_messages:
            self._n_in_turn = 0
            self._has_message.clear()
            await self._has_message.wait()
        self._n_in_turn += 1
        if self._n_in_turn % MOST_MESSAGES_IN_TURN == 0:
            await asyncio.sleep(0)  # reading what is there never waits, and others have things to do
        if not self._next:
            self._put.reverse()
            self._put, self._next = self._next, self._put
        message = self._next.pop()
        self._n_bytes -= _size_bytes(message)
        is_low = self._n_bytes <= self._high_bytes // 2 and self._n_messages <= self._high_messages // 2
        if is_low and self.is_reading_paused:
            self.is_reading_paused = False
            self._resume()
        return message


class FrameRate:
    """Whether a peer sends more WebSocket frames than any correct client could: a bucket that refills. Pure."""

    def __init__(self, *, burst: int, refill_hz: float, now_s: float) -> None:
        self._burst, self._refill_hz = burst, refill_hz
        self._n_left, self._filled_at_s = float(burst), now_s

    def admits(self, *, now_s: float) -> bool:
        """Count one frame."""
        refilled = self._n_left + (now_s - self._filled_at_s) * self._refill_hz
        self._n_left, self._filled_at_s = min(self._burst, refilled) - 1, now_s
        return self._n_left >= 0


def unsent_limit(connection: socket.socket) -> None:
    """Let the kernel keep little beyond what is on its way: it would take megabytes, and hide a slow reader from us."""
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)


def _size_bytes(message: dict[str, Any]) -> int:
    return len(message.get("bytes") or message.get("text") or b"")
