"""The audio that a client keeps: everything captured that the server has not settled. Pure."""

from collections import deque

import numpy as np

from streaming.recognizers.base import Float32


class KeptAudio:
    """Captured samples by position: appended at `captured`, read from anywhere, forgotten up to what is settled."""

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

    def read(self, position: int, n_samples: int) -> Float32:
        """Up to `n_samples` from `position` on; fewer at the end.

        Raises ValueError: the position is no longer, or not yet, kept.
        """
        if not self.oldest <= position <= self.captured:
            raise ValueError(f"position {position} is not within [{self.oldest}, {self.captured}]")
        end = min(position + n_samples, self.captured)
        parts = [
            block[max(0, position - start) : end - start]
            for start, block in self._blocks
            if start < end and start + block.size > position
        ]
        return np.concatenate(parts) if parts else np.empty(0, np.float32)

    def settle(self, position: int) -> None:
        """Forget whole blocks before `position`."""
        while self._blocks and self._blocks[0][0] + self._blocks[0][1].size <= position:
            self._blocks.popleft()
