"""An agent's voice: what it says goes out in real time, one piece after the other, and can be taken back."""

import asyncio
from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from meetings.limits import SAMPLE_RATE_HZ, SAMPLES_PER_MS
from streaming.client.events import BargeIn, ChunkOver, Event
from streaming.client.session import AudioSession
from streaming.playback import LONGEST_CHUNK_SAMPLES, MOST_CHUNKS
from streaming.recognizers.base import Float32

FRAME_SAMPLES = 20 * SAMPLES_PER_MS
SILENT_FRAMES = 40  # 0.8 s behind what was said end its last sentence: until then nobody sees it finished
AHEAD_S = 0.06  # of real time: a moment's delay on the way is not heard then
MOST_SENT = MOST_CHUNKS * 3 // 4  # what waits for an answer: a server that is away must not find more than it takes


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of something that was said: `heard_ms` of it were handed to listeners."""

    state: Literal["done", "interrupted", "cleared"]
    heard_ms: int


class Said:
    """Something that is being said, or waits for it. Await it for its Outcome."""

    def __init__(self, mouth: "Mouth", chunk_id: str, samples: Float32) -> None:
        self.id = chunk_id
        self._mouth = mouth
        self._samples = samples
        self._start: int | None = None  # once it is being sent
        self._is_withdrawn = False
        self._outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    def __await__(self) -> Generator[Any, None, Outcome]:
        return asyncio.shield(self._outcome).__await__()

    @property
    def is_over(self) -> bool:
        return self._outcome.done()

    async def interrupt(self) -> None:
        """Nothing more of it is heard; what waits behind it is said next."""
        await self._mouth.interrupt(self)

    def _end(self, outcome: Outcome) -> None:
        if not self._outcome.done():
            self._outcome.set_result(outcome)

    @property
    def _end_position(self) -> int:
        return (self._start or 0) + self._samples.size

    @property
    def _message(self) -> dict[str, Any]:
        return {"type": "say", "id": self.id, "position": self._start, "n_samples": self._samples.size}


class Mouth:
    """Speaks into a session while `run` runs. Where it says nothing, the session's positions go on without audio."""

    def __init__(self, session: AudioSession) -> None:
        self._session = session
        self._waiting: deque[Said] = deque()
        self._sent: list[Said] = []  # of which the server has not said yet how they ended
        self._n_said = 0
        self._began_s: float | None = None  # when position 0 was
        self._n_silent = 0  # frames of silence that are still to be sent
        self._has_more = asyncio.Event()
        self._is_welcomed = asyncio.Event()

    def say(self, samples: Float32) -> Said:
        """At 16 kHz. It waits for what was said before. Nothing at all is done at once. Raises ValueError: too long."""
        if samples.size > LONGEST_CHUNK_SAMPLES:
            raise ValueError(f"at most {LONGEST_CHUNK_SAMPLES // SAMPLE_RATE_HZ} seconds are said in one piece")
        self._n_said += 1
        n_padded = -samples.size % FRAME_SAMPLES
        said = Said(self, f"c{self._n_said}", np.concatenate([samples, np.zeros(n_padded, np.float32)]))
        if not samples.size:
            said._end(Outcome(state="done", heard_ms=0))
            return said
        self._waiting.append(said)
        self._has_more.set()
        return said

    async def interrupt(self, said: Said) -> None:
        if said in self._waiting:
            self._waiting.remove(said)
            said._end(Outcome(state="interrupted", heard_ms=0))
        elif not said.is_over and not said._is_withdrawn:
            said._is_withdrawn = True
            await self._session.say({"type": "interrupt", "id": said.id})

    async def clear(self) -> None:
        """Take back everything."""
        self._drop_waiting()
        if any(not said.is_over for said in self._sent):
            for said in self._sent:
                said._is_withdrawn = True
            await self._session.say({"type": "clear"})

    async def finished(self) -> None:
        """Until all that was said is over."""
        while self._waiting or self._sent:
            await (self._sent or self._waiting)[0]
            await asyncio.sleep(0)

    async def take(self, event: Event) -> None:
        """What the server says about it."""
        match event:
            case BargeIn(position=position):
                self._drop_waiting()
                self._session.withdraw(position, self._session.captured)
                for said in self._sent:
                    said._is_withdrawn = True
                if self._sent:  # one of them may have crossed this message: the server would wait for the rest of it
                    await self._session.say({"type": "clear"})
            case ChunkOver(chunk_id=chunk_id, state=state, heard_ms=heard_ms, position=position):
                for said in [each for each in self._sent if each.id == chunk_id]:
                    self._sent.remove(said)
                    if state != "done":
                        said._is_withdrawn = True
                        self._session.withdraw(position, said._end_position)
                    said._end(Outcome(state=state, heard_ms=heard_ms))
                self._has_more.set()

    def welcomed(self) -> Sequence[dict[str, Any]]:
        """What a new connection has to be told again. What was withdrawn is simply not sent any more.

        The first one gets a moment of silence: once the server knows when position 0 was, nothing that is said is lost.
        """
        if self._began_s is None:
            self._began_s = asyncio.get_running_loop().time()
            self._session.capture(np.zeros(FRAME_SAMPLES, np.float32))
            self._is_welcomed.set()
        for said in [each for each in self._sent if each._is_withdrawn]:
            self._sent.remove(said)
            said._end(Outcome(state="interrupted", heard_ms=0))
        self._has_more.set()
        return [said._message for said in self._sent]

    def close(self) -> None:
        """It is over: nobody will say any more how anything ended."""
        self._drop_waiting()
        for said in self._sent:
            said._end(Outcome(state="cleared", heard_ms=0))
        self._sent.clear()

    async def run(self) -> None:
        """Until cancelled."""
        await self._is_welcomed.wait()
        while True:
            if self._waiting and len(self._sent) < MOST_SENT:
                await self._send(self._waiting.popleft())
                self._n_silent = SILENT_FRAMES
            elif self._n_silent:
                self._n_silent -= 1
                await self._frame_due()
                await self._session.write(np.zeros(FRAME_SAMPLES, np.float32))
            else:
                self._has_more.clear()
                await self._has_more.wait()

    async def _send(self, said: Said) -> None:
        clock = asyncio.get_running_loop().time
        assert self._began_s is not None  # else nothing is sent
        self._session.skip(round((clock() - self._began_s) * SAMPLE_RATE_HZ))
        said._start = self._session.captured
        self._sent.append(said)
        await self._session.say(said._message)
        for at in range(0, said._samples.size, FRAME_SAMPLES):
            await self._frame_due()
            if said._is_withdrawn:
                return
            await self._session.write(said._samples[at : at + FRAME_SAMPLES])

    async def _frame_due(self) -> None:
        assert self._began_s is not None
        captured_s = (self._session.captured + FRAME_SAMPLES) / SAMPLE_RATE_HZ
        await asyncio.sleep(max(0.0, self._began_s + captured_s - AHEAD_S - asyncio.get_running_loop().time()))

    def _drop_waiting(self) -> None:
        while self._waiting:
            self._waiting.popleft()._end(Outcome(state="cleared", heard_ms=0))
