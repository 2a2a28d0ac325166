"""Put the frames of an audio session on its capture clock: each sample once, and every jump accounted for. Pure."""

from dataclasses import dataclass, field
from typing import Literal

from streaming.audio.pcm import Float32, pcm_decode
from streaming.protocol.frames import AudioFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """Samples from `position` on, float32 of shape (n,), n > 0."""

    position: int
    samples: Float32 = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """[start, end) holds no samples. `reason` is empty for muted."""

    start: int
    end: int
    kind: Literal["muted", "gap"]
    reason: str = ""


class Timeline:
    """What was received so far, as one end position. Never goes back: what was received already is trimmed off.

    A client that resumes sends again from `settled`, and may overlap; any delivery of the same frames, with
    repetitions of earlier ones at any place, gives the same samples (property-tested).
    """

    def __init__(self, received: int, *, is_muted: bool = False) -> None:
        self.received = received
        self.is_muted = is_muted
        self._lost_reason = ""

    def accept(self, frame: AudioFrame) -> list[Captured | Skipped]:
        accepted: list[Captured | Skipped] = []
        if frame.position > self.received:
            accepted.append(self._jump(frame))
            self.received = frame.position
        if frame.end > self.received:
            samples = pcm_decode(frame.payload)[self.received - frame.position :]
            accepted.append(Captured(position=self.received, samples=samples))
            self.received = frame.end
        return accepted

    def mute(self, is_on: bool) -> None:
        """Only says what the samples up to `end` will be; a jump between frames is what the frame's flag says."""
        self.is_muted = is_on

    def explain(self, reason: str) -> None:
        """Why the samples that the next discontinuity skips were lost."""
        self._lost_reason = reason

    def end(self, position: int) -> list[Skipped]:
        """Account for what lies between the last frame and the end. An end before what was received is ignored."""
        if position <= self.received:
            return []
        skipped = (
            Skipped(start=self.received, end=position, kind="muted")
            if self.is_muted
            else Skipped(start=self.received, end=position, kind="gap", reason="not_sent")
        )
        self.received = position
        return [skipped]

    def _jump(self, frame: AudioFrame) -> Skipped:
        if frame.is_muted:
            return Skipped(start=self.received, end=frame.position, kind="muted")
        if not frame.is_discontinuity:
            return Skipped(start=self.received, end=frame.position, kind="gap", reason="unexplained")
        reason, self._lost_reason = self._lost_reason or "client_discontinuity", ""
        return Skipped(start=self.received, end=frame.position, kind="gap", reason=reason)
