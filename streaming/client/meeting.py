"""Take part in a meeting as a program: captions and voices come, what is said goes out. See `docs/bots.md`."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from meetings.limits import REQUIRED_CONSENT, SAMPLE_RATE_HZ, SAMPLES_PER_MS
from streaming.audio.pcm import pcm_decode
from streaming.audio.resampler import Resampler
from streaming.client.events import Event, event_parse
from streaming.client.mouth import Mouth, Said
from streaming.client.rest import Admission, Rest
from streaming.client.session import FRAME_MS, AudioSession
from streaming.protocol.frames import AudioFrame
from streaming.recognizers.base import Float32
from streaming.tasks import TaskScope

AGENT = "agent"
AGENT_FRAME_MS = 20  # whoever talks over it is answered sooner
MOST_WAITING_BLOCKS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """20 ms of the others' voices, float32 at 16 kHz, from meeting time `at_ms` on. Where nobody speaks none come."""

    at_ms: int
    samples: Float32 = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOptions:
    """`agrees_to` is consent in the protocol's words.

    `on_interrupted` is called each time the connection is lost and will be tried again.
    """

    has_partials: bool = True
    agrees_to: Sequence[str] = REQUIRED_CONSENT
    on_interrupted: Callable[[], None] = lambda: None


class Meeting:
    """One participant. Made by `join`; stays connected, and sends again what was lost on the way, by itself.

    Speak either by `say` (an agent, in pieces that can be taken back) or by `write` (a microphone), not by both.
    """

    def __init__(
        self, rest: Rest, admission: Admission, *, options: SessionOptions, hears: bool, is_agent: bool
    ) -> None:
        self.participant_id = admission.participant_id
        self._session = AudioSession(
            rest,
            admission,
            wants_partials=options.has_partials,
            agrees_to=options.agrees_to,
            frame_ms=AGENT_FRAME_MS if is_agent else FRAME_MS,
            on_heard=self._heard if hears else None,
            on_interrupted=options.on_interrupted,
            on_welcome=lambda: self._mouth.welcomed() if is_agent else (),
        )
        self._mouth = Mouth(self._session)
        self._is_agent = is_agent
        self._blocks: deque[AudioFrame] = deque(maxlen=MOST_WAITING_BLOCKS)
        self._has_blocks = asyncio.Event()

    @staticmethod
    @asynccontextmanager
    async def join(
        url: str,
        code: str,
        *,
        name: str,
        role: str = "speaker",
        language: str = "",
        api_token: str = "",
        hears: bool = False,
        options: SessionOptions | None = None,
    ) -> AsyncIterator["Meeting"]:
        """`async with Meeting.join(…) as me`. `code` may be a link; `hears` asks for what `hear` gives.

        Agents need the `api_token` of a service account or of the host. Raises ClientError.
        """
        options = options or SessionOptions()
        async with Rest(url.rstrip("/"), api_token=api_token) as rest:
            admission = await rest.join(meeting_code(code), display_name=name, role=role, language=language)
            me = Meeting(rest, admission, options=options, hears=hears, is_agent=role == AGENT)
            scope = TaskScope("meeting")
            async with me._session:
                scope.spawn(me._mouth.run(), name="mouth")
                try:
                    yield me
                finally:
                    await scope.close()
                    me._mouth.close()

    async def events(self) -> AsyncIterator[Event]:
        """What happens, until the meeting is over or `end` was called and answered. Raises ClientError."""
        try:
            async for message in self._session.messages():
                event = event_parse(message)
                await self._mouth.take(event)
                yield event
        finally:
            self._mouth.close()

    async def hear(self) -> AsyncIterator[Block]:
        """The others' voices as they come. Whoever does not keep up loses the oldest."""
        while True:
            while self._blocks:
                frame = self._blocks.popleft()
                yield Block(at_ms=frame.position // SAMPLES_PER_MS, samples=pcm_decode(bytes(frame.payload)))
            self._has_blocks.clear()
            await self._has_blocks.wait()

    def say(self, audio: NDArray[np.floating[Any]], rate_hz: int = SAMPLE_RATE_HZ) -> Said:
        """In [-1, 1], of shape (n,) or (n, channels). It waits for what was said before; await what is returned.

        Events have to be read meanwhile: they tell how it went. Raises RuntimeError to who is no agent.
        """
        if not self._is_agent:
            raise RuntimeError("only agents say something; others write what they capture")
        return self._mouth.say(resampled(audio, rate_hz=rate_hz))

    async def clear(self) -> None:
        """Take back what is being said, and what waits to be."""
        await self._mouth.clear()

    async def write(self, samples: Float32) -> None:
        """What a microphone captured: float32, mono, 16 kHz, as it comes."""
        await self._session.write(samples)

    async def end(self) -> None:
        """Leave, once all that was said is over. Events go on until the server has it all."""
        await self._mouth.finished()
        await self._session.end()

    def _heard(self, frame: AudioFrame) -> None:
        self._blocks.append(frame)
        self._has_blocks.set()


def resampled(audio: NDArray[np.floating[Any]], *, rate_hz: int) -> Float32:
    """Mono at 16 kHz."""
    mono = np.asarray(audio, dtype=np.float32)
    mono = mono if mono.ndim == 1 else mono.mean(axis=1, dtype=np.float32)
    resampler = Resampler(rate_hz, SAMPLE_RATE_HZ)
    return np.concatenate([resampler.process(mono), resampler.flush()])


def meeting_code(text: str) -> str:
    """The code itself, or the code within a link to the meeting's page."""
    return text.partition("/m/")[2].split("/")[0] if "/m/" in text else text
