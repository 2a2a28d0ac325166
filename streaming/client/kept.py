"""The audio that a client keeps: everything captured that the server has not settled. Pure."""

from collections import deque

import numpy as np

from streaming.recognizers.base import Float32


class KeptAudio:
    """Captured samples by position: appended at `captured`, read from anywhere, forgotten up to what is settled.

    Between them may be stretches that were never captured, or taken back: they hold nothing, and are sent as muted.
    """

    def __init__(self) -> None:
        self._blocks: deque[tuple[int, Float32]] = deque()
        self.captured = 0

    @property
    def oldest(self) -> int:
        """Position of the oldest sample that is still kept."""
        return self._blocks[0][0] if self._blocks else self.captured

    def append(self, samples: Float32) -> None:
        if samples.size:
            self._blocks.append((self.captured, samples))
            self.captured += samples.size

    def skip(self, position: int) -> None:
        """Nothing is captured before that."""
        self.captured = max(self.captured, position)

    def withdraw(self, start: int, end: int) -> None:
        """Take back what was captured in [start, end)."""
        blocks, self._blocks = self._blocks, deque()
        for at, block in blocks:
            before, after = block[: max(0, start - at)], block[max(0, end - at) :]
            if before.size + after.size >= block.size:
                self._blocks.append((at, block))
                continue
            self._blocks += [(at, before)] if before.size else []
            self._blocks += [(at + block.size - after.size, after)] if after.size else []

    def following(self, position: int) -> int:
        """The first position from there on that has a sample, or will have the next one."""
        for start, block in self._blocks:
            if start + block.size > position:
                return max(start, position)
        return max(self.captured, position)

    def count(self, start: int, end: int) -> int:
        """How many samples are kept in [start, end)."""
        return sum(max(0, min(end, at + block.size) - max(start, at)) for at, block in self._blocks)

    def read(self, position: int, n_samples: int) -> Float32:
        """Up to `n_samples` from `position` on; fewer at the end, and before what holds nothing.

        Raises ValueError: the position is no longer, or not yet, kept.
        """
        if not self.oldest <= position <= self.captured:
            raise ValueError(f"position {position} is not within [{self.oldest}, {self.captured}]")
        parts, at, end = [], position, min(position + n_samples, self.captured)
        for start, block in self._blocks:
            if start <= at < min(start + block.size, end):
                parts.append(block[at - start : end - start])
                at += parts[-1].size
        return np.concatenate(parts) if parts else np.empty(0, np.float32)

    def settle(self, position: int) -> None:
        """Forget whole blocks before `position`."""
        while self._blocks and self._blocks[0][0] + self._blocks[0][1].size <= position:
            self._blocks.popleft()
