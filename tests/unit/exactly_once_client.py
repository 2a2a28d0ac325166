"""The client of the simulation: what it captures, keeps, and sends again. Its network is in `exactly_once_world`."""

from collections import deque
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from meetings.values import EndedSession, OpenedSession
from streaming.audio.pcm import pcm_encode
from streaming.client.kept import KeptAudio
from streaming.protocol.frames import AudioFrame
from streaming.recognizers.base import Float32
from streaming.session_items import End

TICK_SAMPLES = 1_600  # a tenth of a second


class Outgoing(Protocol):
    """The client's end of one connection."""

    frame_samples: int
    to_node: deque[AudioFrame | End]
    sent: int
    has_said_end: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What the microphone hears for so many tenths of a second; None: muted, or lost in the client."""

    n_ticks: int
    level: float | None
    is_muted: bool = True

    @property
    def n_samples(self) -> int:
        return self.n_ticks * TICK_SAMPLES


Script = tuple[Stretch, ...]


def script_audio(script: Script) -> Float32:
    return np.concatenate([np.full(each.n_samples, each.level or 0.0, np.float32) for each in script])


class Client:
    """Captures by the clock, keeps what is not settled, sends it again from `welcome.settled`."""

    def __init__(self, script: Script) -> None:
        self._audio = script_audio(script)
        self._jumps: list[tuple[int, int, Stretch]] = []
        start = 0
        for stretch in script:
            if stretch.level is None:
                self._jumps.append((start, start + stretch.n_samples, stretch))
            start += stretch.n_samples
        self.n_samples = start
        self.kept = KeptAudio()
        self.settled = 0
        self.ended: EndedSession | None = None

    def capture(self) -> None:
        self.kept.append(self._audio[self.kept.captured : self.kept.captured + TICK_SAMPLES])

    def welcome(self, socket: Outgoing, opened: OpenedSession) -> None:
        assert opened.settled >= self.settled, "audio is wanted again that was settled, and so is no longer kept"
        socket.sent = opened.settled
        self.settle(opened.settled)

    def settle(self, position: int) -> None:
        self.settled = max(self.settled, position)
        self.kept.settle(self.settled)

    def send(self, socket: Outgoing) -> None:
        """Everything that was captured and not sent yet, then `end`."""
        flag: Stretch | None = None
        while socket.sent < self.kept.captured:
            jump = next((each for each in self._jumps if each[0] <= socket.sent < each[1]), None)
            if jump is not None:
                if self.kept.captured < jump[1]:
                    return
                socket.sent, flag = jump[1], jump[2]
            # A frame without samples carries the flag of a jump that nothing follows yet.
            following = min([each[0] for each in self._jumps if each[0] >= socket.sent], default=self.n_samples)
            samples = self.kept.read(socket.sent, min(socket.frame_samples, following - socket.sent))
            socket.to_node.append(_frame(socket.sent, samples, flag))
            socket.sent, flag = socket.sent + samples.size, None
        if socket.sent == self.n_samples and not socket.has_said_end:
            socket.has_said_end = True
            socket.to_node.append(End(position=self.n_samples))


def _frame(position: int, samples: Float32, jump: Stretch | None) -> AudioFrame:
    return AudioFrame(
        position=position,
        n_samples=samples.size,
        payload=pcm_encode(samples),
        is_muted=jump is not None and jump.is_muted,
        is_discontinuity=jump is not None and not jump.is_muted,
    )
