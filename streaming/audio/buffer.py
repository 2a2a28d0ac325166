"""Samples between two positions, in one piece: appended at the end, forgotten from the start."""

import numpy as np

from streaming.audio.pcm import Float32

SMALLEST_CAPACITY_SAMPLES = 16_384
NOTHING = np.zeros(0, dtype=np.float32)


class SampleBuffer:
    """Appending costs time in proportion to what is appended, on average, however it is chunked.

    While nothing is held there is no memory either: most people in a large meeting only listen.
    """

    def __init__(self, start: int) -> None:
        self._samples: Float32 = NOTHING
        self._first = 0  # index in _samples of position `start`
        self.start = start
        self.end = start

    @property
    def capacity_samples(self) -> int:
        return len(self._samples)

    def append(self, samples: Float32) -> None:
        n_held = self.end - self.start
        if self._first + n_held + len(samples) > len(self._samples):
            self._make_room(n_held + len(samples))
        self._samples[self._first + n_held : self._first + n_held + len(samples)] = samples
        self.end += len(samples)

    def view(self, start: int, end: int) -> Float32:
        """A view of [start, end), valid until the next `append`: copy what is kept longer."""
        if not self.start <= start <= end <= self.end:
            raise ValueError("the samples asked for are not held")
        offset = self._first - self.start
        return self._samples[start + offset : end + offset]

    def forget(self, before: int) -> None:
        """Drop what lies before the position; at most everything."""
        dropped = min(max(before, self.start), self.end) - self.start
        self._first += dropped
        self.start += dropped
        if self.start == self.end:
            self._let_go()

    def restart(self, start: int) -> None:
        """Drop everything and go on at another position."""
        self.start = self.end = start
        self._let_go()

    def _let_go(self) -> None:
        self._samples, self._first = NOTHING, 0

    def _make_room(self, n_samples: int) -> None:
        # Twice what is held: a move happens at most once for as many new samples as it moves old ones.
        moved = np.zeros(max(SMALLEST_CAPACITY_SAMPLES, 2 * n_samples), dtype=np.float32)
        held = self._samples[self._first : self._first + self.end - self.start]
        moved[: len(held)] = held
        self._samples, self._first = moved, 0
