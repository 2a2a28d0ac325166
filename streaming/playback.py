"""What an agent says: which chunks it has declared, how much of them was heard, and what is not to be heard. Pure.

An agent's audio is frames on its own timeline like everybody's. `say` only names a stretch of it, so that it can be
withdrawn; whatever is withdrawn before it was heard counts as muted. Positions are those of the agent's session.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from meetings.limits import SAMPLE_RATE_HZ, SAMPLES_PER_MS
from streaming.audio.pcm import pcm_decode
from streaming.errors import BadMessage
from streaming.intake import MAX_POSITION
from streaming.protocol.frames import BYTES_PER_SAMPLE, AudioFrame

MOST_CHUNKS = 64
LONGEST_CHUNK_SAMPLES = 600 * SAMPLE_RATE_HZ
PAUSE_SAMPLES = 300 * SAMPLES_PER_MS
QUIET_POWER = 1e-5  # -50 dBFS
FOR_EVER = 2 * MAX_POSITION

Range = tuple[int, int]
SaidState = Literal["done", "interrupted", "cleared"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """How a chunk ended. `position` is how far it had been heard; nothing behind that of it ever will be."""

    chunk_id: str
    state: SaidState
    heard_samples: int
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GaveWay:
    """The agent is silent from `position` on. `chunk_id`: what it was saying, if that has a name."""

    chunk_id: str | None
    heard_samples: int
    position: int
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of a frame. What is withheld has no samples any more, and says that they were muted."""

    frame: AudioFrame
    is_withheld: bool = False


@dataclass(slots=True)
class _Chunk:
    chunk_id: str
    start: int
    end: int
    n_heard: int = 0


class Playback:
    """One connection of an agent. `withheld` are the ranges that are to be heard no more, or not at all.

    Before `heard_to` nothing will be heard any more. What is settled at first does not come again.
    """

    def __init__(self, *, settled: int = 0) -> None:
        self.heard_to = settled
        self.withheld: list[Range] = []
        self._chunks: deque[_Chunk] = deque()
        self._has_begun = False  # to say the chunks that are there
        self._declares = False
        self._received_to = 0
        self._n_quiet = 0
        self._n_heard_since_pause = 0
        self._last_loud: int | None = None  # in the mixer's time

    def declare(self, chunk_id: str, position: int, n_samples: int) -> list[Said]:
        """[position, position + n_samples) is one chunk, behind all that were declared before. What is over by that.

        Raises BadMessage: it is no such thing, or too many wait.
        """
        end = position + n_samples
        if not 0 < n_samples <= LONGEST_CHUNK_SAMPLES or end > MAX_POSITION:
            raise BadMessage(f"a chunk has 1 to {LONGEST_CHUNK_SAMPLES} samples")
        if any(chunk.chunk_id == chunk_id for chunk in self._chunks):
            raise BadMessage("a chunk of this id is waiting already")
        if self._chunks and position < self._chunks[-1].end:
            raise BadMessage("a chunk begins behind the one that was declared before it")
        if max(len(self._chunks), len(self.withheld)) >= MOST_CHUNKS:
            raise BadMessage(f"at most {MOST_CHUNKS} chunks may wait, or be withdrawn before they were sent")
        self._chunks.append(_Chunk(chunk_id, position, end))
        self._declares = True
        self._speak_again(position)
        return self._over()

    def parts(self, frame: AudioFrame) -> list[Part]:
        """The frame as it arrives, cut where something begins or ends to be withheld."""
        if self._is_silenced and not self._declares:
            self._look_for_pause(frame)
        self.withheld = [each for each in self.withheld if each[1] > self._received_to]
        self._received_to = max(self._received_to, frame.end)
        return frame_parted(frame, self.withheld)

    def hear(self, to: int, *, n_samples: int, is_loud: bool, now: int) -> list[Said]:
        """The `n_samples` up to `to` were handed to listeners until the mixer's time `now`. What is done by that."""
        start, to = max(to - n_samples, self.heard_to), max(to, self.heard_to)
        for chunk in self._chunks:
            chunk.n_heard += max(0, min(to, chunk.end) - max(start, chunk.start))
        self._has_begun |= bool(self._chunks) and self._chunks[0].n_heard > 0
        if is_loud and not self._is_silenced:
            if self._last_loud is None or now - self._last_loud >= PAUSE_SAMPLES:
                self._n_heard_since_pause = 0
            self._last_loud = now
        self._n_heard_since_pause += to - start
        self.heard_to = to
        return self._over()

    def pass_over(self, to: int) -> list[Said]:
        """What was captured before `to` is out of our hands: heard, or too late for it. What is done by that."""
        self.heard_to = max(self.heard_to, to)
        return self._over()

    def has_floor(self, now: int) -> bool:
        """Whether it would be talked over: it says a chunk, or was audible less than 300 ms ago."""
        return self._has_begun or (self._last_loud is not None and now - self._last_loud < PAUSE_SAMPLES)

    @property
    def _is_silenced(self) -> bool:
        return bool(self.withheld) and self.withheld[-1][1] == FOR_EVER

    def interrupt(self, chunk_id: str) -> list[Said]:
        """Withdraw one chunk. Nothing for one that is over already: its end crossed the message on its way."""
        for chunk in self._chunks:
            if chunk.chunk_id == chunk_id:
                self._chunks.remove(chunk)
                self._has_begun &= bool(self._chunks)
                self._withhold(max(chunk.start, self.heard_to), chunk.end)
                return [self._said(chunk, "interrupted")]
        return []

    def clear(self) -> list[Said]:
        """Withdraw all chunks."""
        cleared = [self._said(chunk, "cleared") for chunk in self._chunks]
        for chunk in self._chunks:
            self._withhold(max(chunk.start, self.heard_to), chunk.end)
        self._chunks.clear()
        self._has_begun = False
        return cleared

    def give_way(self) -> GaveWay:
        """A person begins to speak: nothing more is heard until something new is said, or after a pause."""
        playing = self._chunks.popleft() if self._has_begun else None
        said = [] if playing is None else [self._said(playing, "interrupted")]
        said += self.clear()
        self.withheld = [(self.heard_to, FOR_EVER)]
        self._n_quiet, self._last_loud, self._has_begun = 0, None, False
        return GaveWay(
            chunk_id=playing.chunk_id if playing else None,
            heard_samples=playing.n_heard if playing else self._n_heard_since_pause,
            position=self.heard_to,
            said=tuple(said),
        )

    def _over(self) -> list[Said]:
        done = []
        while self._chunks and self._chunks[0].end <= self.heard_to:
            done.append(self._said(self._chunks.popleft(), "done"))
        self._has_begun &= bool(self._chunks)
        return done

    def _said(self, chunk: _Chunk, state: SaidState) -> Said:
        position = min(max(self.heard_to, chunk.start), chunk.end)
        return Said(chunk_id=chunk.chunk_id, state=state, heard_samples=chunk.n_heard, position=position)

    def _withhold(self, start: int, end: int) -> None:
        if start < end:
            self.withheld = _joined([*self.withheld, (start, end)])

    def _speak_again(self, position: int) -> None:
        """Whatever comes from there on is something new."""
        self.withheld = [(start, min(end, position)) for start, end in self.withheld if start < position]

    def _look_for_pause(self, frame: AudioFrame) -> None:
        """Of an agent that declares no chunks: what follows a pause of its own is something new."""
        skipped = max(0, frame.position - self._received_to)
        is_pause = self._n_quiet + skipped >= PAUSE_SAMPLES
        samples = pcm_decode(bytes(frame.payload))
        if is_pause:
            self._speak_again(frame.position)
        elif not samples.size or float(np.square(samples).mean()) < QUIET_POWER:
            self._n_quiet += skipped + samples.size
        else:
            self._n_quiet = 0


def frame_parted(frame: AudioFrame, withheld: Iterable[Range]) -> list[Part]:
    """The frame cut at the borders of ranges; within them its samples become a jump over muted ones."""
    inside = [(max(start, frame.position), min(end, frame.end)) for start, end in sorted(withheld)]
    inside = [(start, end) for start, end in inside if start < end]
    if not inside:
        return [Part(frame=frame)]
    parts, at = [], frame.position
    for start, end in inside:
        start = max(start, at)  # ranges may overlap
        if start >= end:
            continue
        # Also when it is empty: what was skipped before the frame is what the frame's own flags say.
        if start > at or at == frame.position:
            parts.append(Part(frame=_piece(frame, at, start)))
        muted = AudioFrame(stream=frame.stream, is_muted=True, n_samples=0, position=end, payload=b"")
        parts.append(Part(frame=muted, is_withheld=True))
        at = end
    if at < frame.end:
        parts.append(Part(frame=_piece(frame, at, frame.end)))
    return parts


def _piece(frame: AudioFrame, start: int, end: int) -> AudioFrame:
    """The flags speak of what was before the whole frame."""
    first = start == frame.position
    begin, stop = (BYTES_PER_SAMPLE * (each - frame.position) for each in (start, end))
    return replace(
        frame,
        is_discontinuity=frame.is_discontinuity and first,
        is_muted=frame.is_muted and first,
        n_samples=end - start,
        position=start,
        payload=frame.payload[begin:stop],
    )


def _joined(ranges: Sequence[Range]) -> list[Range]:
    joined: list[Range] = []
    for start, end in sorted(ranges):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
