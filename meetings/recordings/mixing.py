"""Everybody's recorded sound on the meeting's clock, in one track. Pure."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from meetings.limits import SAMPLE_RATE_HZ, SAMPLES_PER_MS
from meetings.recordings.flac import Int16
from meetings.soft_limit import soft_limit

Float32 = npt.NDArray[np.float32]

# How often a session's clock is compared with the meeting's: a drift of 100 ppm is one millisecond in this time.
ANCHOR_SAMPLES = 10 * SAMPLE_RATE_HZ
BLOCK_SAMPLES = 10 * SAMPLE_RATE_HZ
# A clock that differs by more than any crystal does has jumped: what follows is placed anew instead of stretched.
MOST_STRETCH = 0.01
PAUSE_SAMPLES = 20 * SAMPLES_PER_MS
QUIET_POWER = 1e-5  # -50 dBFS
FULL_SCALE = 32_768.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """`blocks` are the samples of one session from position 0 on; `meeting_ms` says when a position was."""

    blocks: Iterable[Int16]
    meeting_ms: Callable[[int], int]


def mix(voices: Sequence[Voice]) -> Iterator[Int16]:
    """The sum of all voices from meeting time 0 on, in blocks, softly limited."""
    waiting = [_Waiting(placed(voice)) for voice in voices]
    start = 0
    while any(each.has_more for each in waiting):
        total = np.zeros(BLOCK_SAMPLES, np.float32)
        end = max([each.add_to(total, start) for each in waiting])
        n_samples = BLOCK_SAMPLES if any(each.has_more for each in waiting) else end - start
        yield np.rint(soft_limit(total[:n_samples]) * FULL_SCALE).clip(-FULL_SCALE, FULL_SCALE - 1).astype(np.int16)
        start += BLOCK_SAMPLES


def placed(voice: Voice) -> Iterator[tuple[int, Float32]]:
    """(first sample on the meeting's clock, samples in [-1, 1)) of a voice, in order and without overlap.

    A clock that drifts is followed by stretching each ten seconds by a few samples, so that no seam is heard; one that
    does not is copied. One that is set back has told of more time than has passed: pauses are left out until the voice
    is where it was said again.
    """
    position = at = 0
    for samples in _regrouped(voice.blocks, ANCHOR_SAMPLES):
        begin = voice.meeting_ms(position) * SAMPLES_PER_MS
        at = at if position else begin
        is_whole = samples.size == ANCHOR_SAMPLES
        position += samples.size
        n_wanted = voice.meeting_ms(position) * SAMPLES_PER_MS - at if is_whole else samples.size
        floats = samples.astype(np.float32) / np.float32(FULL_SCALE)
        if n_wanted > (1 + MOST_STRETCH) * samples.size:
            at = max(at, begin)
        elif n_wanted != samples.size:
            floats = _fitted(floats, n_wanted)
        yield at, floats
        at += floats.size


def _fitted(samples: Float32, n_wanted: int) -> Float32:
    """So many samples, or the least that can be had without losing a word."""
    if n_wanted < (1 - MOST_STRETCH) * samples.size:
        samples = _without_pauses(samples, samples.size - n_wanted)
    n_samples = max(n_wanted, math.ceil((1 - MOST_STRETCH) * samples.size))
    return samples if n_samples == samples.size else _stretched(samples, n_samples)


def _without_pauses(samples: Float32, n_left_out: int) -> Float32:
    """Without its first quiet samples, that many at most."""
    frames = samples[: samples.size // PAUSE_SAMPLES * PAUSE_SAMPLES].reshape(-1, PAUSE_SAMPLES)
    is_quiet = np.einsum("ij,ij->i", frames, frames) < PAUSE_SAMPLES * QUIET_POWER
    is_kept = np.ones(samples.size, dtype=bool)
    is_kept[np.flatnonzero(np.repeat(is_quiet, PAUSE_SAMPLES))[:n_left_out]] = False
    return samples[is_kept]


class _Waiting:
    """One voice's placed samples, taken as far as each block needs them."""

    def __init__(self, pieces: Iterator[tuple[int, Float32]]) -> None:
        self._pieces = pieces
        self._next = next(pieces, None)

    @property
    def has_more(self) -> bool:
        return self._next is not None

    def add_to(self, total: Float32, start: int) -> int:
        """Add what lies in the block that begins at `start`; returns where the last of it ends."""
        end, reached = start + total.size, start
        while self._next is not None and self._next[0] < end:
            at, samples = self._next
            n_fitting = min(end - at, samples.size)
            total[at - start : at - start + n_fitting] += samples[:n_fitting]
            reached = max(reached, at + n_fitting)
            if n_fitting < samples.size:
                self._next = (end, samples[n_fitting:])
                break
            self._next = next(self._pieces, None)
        return reached


def _stretched(samples: Float32, n_samples: int) -> Float32:
    places = np.linspace(0, samples.size - 1, n_samples)
    stretched: Float32 = np.interp(places, np.arange(samples.size), samples).astype(np.float32)
    return stretched


def _regrouped(blocks: Iterable[Int16], size: int) -> Iterator[Int16]:
    """The same samples in blocks of `size`; the last one may be shorter."""
    held: list[Int16] = []
    n_held = 0
    for block in blocks:
        held.append(block)
        n_held += block.size
        if n_held >= size:
            joined = np.concatenate(held)
            n_whole = n_held - n_held % size
            yield from np.split(joined[:n_whole], range(size, n_whole, size))
            held, n_held = [joined[n_whole:]], n_held - n_whole
    if n_held:
        yield np.concatenate(held)
