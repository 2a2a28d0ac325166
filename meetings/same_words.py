"""Whether a line says again what another line says at the same time: one voice, heard by two microphones. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from rapidfuzz.distance import LCSseq

from meetings.plain_words import is_sign, plain_words

LEAST_WORDS = 4  # fewer are said by two people at once every day
SIGNS_PER_WORD = 2  # about so many, in a script without spaces between words
LEAST_SHARE = 0.8  # of the words; two microphones are understood a little differently
LEAST_OVERLAP = 0.5  # of the time
SLACK_MS = 500  # word times are estimates, and so is when each one's audio began
CLEARLY_LOUDER_DB = 3.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedWord:
    text: str
    start_ms: float
    end_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardLine:
    start_ms: int
    end_ms: int
    words: tuple[TimedWord, ...]


def line_of(*, start_ms: int, end_ms: int, text: str) -> HeardLine:
    """Each word takes its share of the line's time, by its characters."""
    return HeardLine(start_ms=start_ms, end_ms=end_ms, words=tuple(_spread(text, start_ms, end_ms)))


def says_again(line: HeardLine, others: Sequence[HeardLine]) -> bool:
    """Whether `line` holds nothing but what one other speaker's lines, in order, say at that time."""
    said = [word.text for word in line.words]
    if _n_words(said) < LEAST_WORDS or _overlap(line, others) < LEAST_OVERLAP:
        return False
    near = [
        word.text
        for other in others
        for word in other.words
        if word.end_ms > line.start_ms - SLACK_MS and word.start_ms < line.end_ms + SLACK_MS
    ]
    return LCSseq.similarity(said, near) >= LEAST_SHARE * len(said)


def said_twice(
    new: T,
    *,
    own: Sequence[T],
    theirs: Sequence[T],
    line: Callable[[T], HeardLine],
    louder_db: Callable[[T, T], float],
) -> list[T]:
    """Which of `new` and `theirs`, near it in time, say what was said once: of two the quieter, or else the later.

    `own`: the lines of its speaker near it, itself among them. `theirs`: those of one other speaker. Both in order.
    `louder_db`: by how much the first one's microphone heard it louder than the second one's.
    """
    if says_again(line(new), [line(each) for each in theirs]) and louder_db(new, theirs[0]) < CLEARLY_LOUDER_DB:
        return [new]
    said = [line(each) for each in own]
    return [each for each in theirs if says_again(line(each), said) and louder_db(each, new) < CLEARLY_LOUDER_DB]


def _overlap(line: HeardLine, others: Sequence[HeardLine]) -> float:
    """The share of the line's time in which the others speak. Lines of one speaker do not overlap."""
    shared_ms = sum(max(0, min(line.end_ms, other.end_ms) - max(line.start_ms, other.start_ms)) for other in others)
    return shared_ms / max(1, line.end_ms - line.start_ms)


def _n_words(said: Sequence[str]) -> float:
    return sum(1 / SIGNS_PER_WORD if is_sign(word) else 1 for word in said)


def _spread(text: str, start_ms: int, end_ms: int) -> Iterator[TimedWord]:
    words = plain_words(text)
    n_characters = sum(map(len, words))
    at = 0
    for word in words:
        ms = (end_ms - start_ms) / n_characters
        yield TimedWord(text=word, start_ms=start_ms + at * ms, end_ms=start_ms + (at + len(word)) * ms)
        at += len(word)
