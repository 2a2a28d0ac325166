"""How loud a session is in four bands, 20 ms by 20 ms: small enough to be stored with every commit."""

from itertools import pairwise

import numpy as np

from meetings.leak import LEVEL_MS, Levels
from meetings.levels import BANDS_HZ, FULL, N_BANDS, STEPS_A_DB
from meetings.limits import LEVEL_SAMPLES, SAMPLE_RATE_HZ
from streaming.audio.pcm import Float32

SILENT_POWER = 10 ** ((1 - FULL) / (10 * STEPS_A_DB))
KEPT_LEVELS = 120_000 // LEVEL_MS  # more than a session may hold unsettled, and what is learned from before that
NOTHING: Float32 = np.zeros(0, dtype=np.float32)


def _bands() -> Float32:
    """What each frequency of a block counts in each band: shape (n_frequencies, N_BANDS)."""
    hz = np.fft.rfftfreq(LEVEL_SAMPLES, 1 / SAMPLE_RATE_HZ)
    inside = [(hz >= low) & (hz < high) for low, high in pairwise(BANDS_HZ)]
    scale = 2 / (LEVEL_SAMPLES * np.square(HANN).sum())  # a band's mean square, as the window leaves it
    bands: Float32 = (np.stack(inside, axis=1) * scale).astype(np.float32)
    return bands


HANN: Float32 = np.hanning(LEVEL_SAMPLES).astype(np.float32)
BANDS = _bands()


def levels_of(samples: Float32) -> Levels:
    """Of whole blocks: `samples` has shape (n * 320,). What was heard is never NOT_HEARD, however quiet."""
    spectrum = np.abs(np.fft.rfft(samples.reshape(-1, LEVEL_SAMPLES) * HANN, axis=1))
    power = np.maximum(np.square(spectrum).astype(np.float32) @ BANDS, SILENT_POWER)
    levels: Levels = np.clip(np.rint(FULL + 10 * STEPS_A_DB * np.log10(power)), 1, FULL).astype(np.uint8)
    return levels


class LevelTrack:
    """The last two minutes of one session. Level i is of the samples [320 i, 320 (i + 1)).

    Any cut of the same samples gives the same levels. A block of which samples are missing is NOT_HEARD.
    """

    def __init__(self) -> None:
        self._levels: Levels = np.zeros((0, N_BANDS), dtype=np.uint8)
        self._first = 0
        self._pending = NOTHING
        self._at = 0  # position of what `hear` expects next
        self.end = 0  # level number: those before it are known

    def hear(self, position: int, samples: Float32) -> None:
        """What was heard already is passed over; what was skipped was not heard."""
        if position < self._at:
            samples, position = samples[self._at - position :], self._at
        if not samples.size:
            return
        if position > self._at:
            self.pass_over(position)
            missing = -position % LEVEL_SAMPLES
            samples, position = samples[missing:], position + missing
            self.pass_over(position)
        held = np.concatenate([self._pending, samples]) if self._pending.size else samples
        n_whole = held.size // LEVEL_SAMPLES
        self._append(levels_of(held[: n_whole * LEVEL_SAMPLES]))
        self._pending = held[n_whole * LEVEL_SAMPLES :].copy()
        self._at = max(self._at, position + samples.size)

    def pass_over(self, position: int) -> None:
        """Nothing is heard before it any more."""
        if position <= self._at:
            return
        self._pending = NOTHING
        self._skip(position // LEVEL_SAMPLES)
        self._at = position

    def recall(self, first: int, levels: bytes) -> None:
        """What was stored of an earlier connection, or comes from another node. What is known better stays."""
        stored = np.frombuffer(levels, dtype=np.uint8).reshape(-1, N_BANDS)
        self._skip(first)
        known = min(max(0, self.end - first), len(stored))
        self._append(stored[known:])
        self._at = max(self._at, self.end * LEVEL_SAMPLES)

    def between(self, first: int, end: int) -> Levels:
        """Of shape (end - first, N_BANDS); NOT_HEARD where nothing is known."""
        found: Levels = np.zeros((max(0, end - first), N_BANDS), dtype=np.uint8)
        start, stop = max(first, self._first), min(end, self.end)
        if start < stop:
            found[start - first : stop - first] = self._levels[start - self._first : stop - self._first]
        return found

    def _skip(self, end: int) -> None:
        n_skipped = end - self.end
        if n_skipped >= KEPT_LEVELS or not len(self._levels):
            self._levels = self._levels[:0]
            self._first = self.end = max(self.end, end)
        elif n_skipped > 0:
            self._append(np.zeros((n_skipped, N_BANDS), dtype=np.uint8))

    def _append(self, levels: Levels) -> None:
        self._levels = np.concatenate([self._levels, levels])[-KEPT_LEVELS:]
        self.end += len(levels)
        self._first = self.end - len(self._levels)
