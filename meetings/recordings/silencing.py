"""Samples that nobody hears any more, as silence. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from meetings.recordings.flac import Int16
from meetings.recordings.switches import Range


def silenced(blocks: Iterable[Int16], ranges: Sequence[Range], *, start: int = 0) -> Iterator[Int16]:
    """The same blocks, the first of which begins at `start`, with zeros in each of the ranges."""
    at = start
    for block in blocks:
        yield block_silenced(block, ranges, start=at)
        at += block.size


def block_silenced(block: Int16, ranges: Sequence[Range], *, start: int) -> Int16:
    """The block itself where none of it is in a range; else a copy."""
    end = start + block.size
    inside = [(max(first, start), min(last, end)) for first, last in ranges if first < end and last > start]
    if not inside:
        return block
    quiet = block.copy()
    for first, last in inside:
        quiet[first - start : last - start] = 0
    return quiet
