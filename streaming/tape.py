"""Captured samples that wait to be recorded, by position. Pure."""

from collections import deque
from dataclasses import dataclass, field

from streaming.audio.pcm import Float32


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Samples [start, end) without a hole, in the pieces in which they came: joining them is left to a thread."""

    start: int
    end: int
    parts: tuple[Float32, ...] = field(repr=False, compare=False)


class Tape:
    """Samples in order of position, which may jump. Holds references, so what is added must not change."""

    def __init__(self) -> None:
        self._blocks: deque[tuple[int, Float32]] = deque()

    @property
    def held_samples(self) -> int:
        return sum(block.size for _, block in self._blocks)

    def add(self, position: int, samples: Float32) -> None:
        """Raises ValueError: it lies before what was added already."""
        if self._blocks and position < self._blocks[-1][0] + self._blocks[-1][1].size:
            raise ValueError("samples come in order")
        if samples.size:
            self._blocks.append((position, samples))

    def runs(self, start: int, end: int) -> list[Run]:
        """What is held of [start, end), in order; two runs never touch."""
        runs: list[Run] = []
        for position, block in self._blocks:
            first, last = max(start, position), min(end, position + block.size)
            if first >= last:
                continue
            part = block[first - position : last - position]
            if runs and runs[-1].end == first:
                runs[-1] = Run(start=runs[-1].start, end=last, parts=(*runs[-1].parts, part))
            else:
                runs.append(Run(start=first, end=last, parts=(part,)))
        return runs

    def forget(self, before: int) -> None:
        """Drop what lies before the position."""
        while self._blocks and self._blocks[0][0] < before:
            position, block = self._blocks.popleft()
            if position + block.size > before:
                self._blocks.appendleft((before, block[before - position :]))
                return
