"""A session's pieces on its own timeline: position 0 to its end, silence where nothing was kept. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from meetings.recordings.flac import BLOCK_SAMPLES, Int16, UnreadableAudio


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Samples [start, end), to be had from `read`."""

    start: int
    end: int
    read: Callable[[], Int16]


def timeline(pieces: Sequence[Piece], *, start: int = 0, end: int) -> Iterator[Int16]:
    """The samples [start, end) in blocks. `pieces` stand in the order of their starts and do not overlap.

    Raises UnreadableAudio: a piece is not what its place says, and nothing is put in its stead.
    """
    at = start
    for piece in pieces:
        if piece.end <= at or piece.start >= end:
            continue
        yield from silence(min(piece.start, end) - at)
        at = max(at, piece.start)
        samples = piece.read()
        if samples.size != piece.end - piece.start:
            raise UnreadableAudio("A recorded file does not hold the samples that it should.")
        last = min(piece.end, end)
        yield samples[at - piece.start : last - piece.start]
        at = last
    yield from silence(end - at)


def silence(n_samples: int) -> Iterator[Int16]:
    while n_samples > 0:
        yield np.zeros(min(n_samples, BLOCK_SAMPLES), np.int16)
        n_samples -= BLOCK_SAMPLES
