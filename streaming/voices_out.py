"""The others' voices on their way to one socket: at most half a second of them waits, then the oldest goes."""

from collections import deque
from collections.abc import Awaitable, Callable

from streaming import metrics
from streaming.backpressure import WritePressure
from streaming.conversation import Heard
from streaming.wakeup import Wakeup

MOST_WAITING_FRAMES = 25


class VoicesOut:
    """An `Ear`. Voices may be lost, captions may not: while the peer does not read, none are sent."""

    def __init__(self, *, send: Callable[[bytes], Awaitable[None]], pressure: WritePressure) -> None:
        self._send = send
        self._pressure = pressure
        self._waiting: deque[bytes] = deque()
        self._has_frames = Wakeup()

    def hear(self, heard: Heard) -> None:
        if self._pressure.is_paused:
            metrics.VOICE_FRAMES_DROPPED.inc()
            return
        if len(self._waiting) >= MOST_WAITING_FRAMES:
            self._waiting.popleft()
            metrics.VOICE_FRAMES_DROPPED.inc()
        self._waiting.append(heard.frame)
        self._has_frames.set()

    def interrupt(self) -> None:
        self._waiting.clear()

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            await self._has_frames.wait()
            while self._waiting:
                await self._send(self._waiting.popleft())
            self._has_frames.clear()
