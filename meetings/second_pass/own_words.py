"""Which words of a second hearing are another's voice in this microphone. Pure.

The first hearing had a gate before it, which silences others where they leak in; recorded sound is what the microphone
heard. So a word that the first hearing did not have, and that another said at that time, is not its owner's.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from meetings.plain_words import is_sign, plain_words
from meetings.same_words import SLACK_MS
from meetings.values import WordTiming

# Where words have no spaces between them each sign is compared, and of single ones everybody says the same all the
# time. So many in a row are as good as a word.
SIGNS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidWord:
    """A plain word of somebody else, in meeting time."""

    text: str
    start_ms: float
    end_ms: float


def own_words(
    words: Sequence[WordTiming], *, text: str, others: Sequence[SaidWord], meeting_ms: Callable[[int], int]
) -> tuple[WordTiming, ...]:
    """The words without those of `others`; `text` is what was understood first."""
    timed = [(plain_words(word.text), meeting_ms(word.start), meeting_ms(word.end)) for word in words]
    foreign = _foreign_signs(timed, text=text, others=others)
    known = Counter(plain_words(text))
    own: list[WordTiming] = []
    for number, (word, (said, start_ms, end_ms)) in enumerate(zip(words, timed, strict=True)):
        if any(map(is_sign, said)):
            if number in foreign:
                continue
        elif all(known[each] > 0 for each in said):
            known.subtract(said)
        elif _is_said(said, others, start_ms=start_ms, end_ms=end_ms):
            continue
        own.append(word)
    return tuple(own)


def _is_said(said: Sequence[str], others: Sequence[SaidWord], *, start_ms: int, end_ms: int) -> bool:
    return any(
        other.text in said and other.end_ms > start_ms - SLACK_MS and other.start_ms < end_ms + SLACK_MS
        for other in others
    )


def _foreign_signs(timed: Sequence[tuple[list[str], int, int]], *, text: str, others: Sequence[SaidWord]) -> set[int]:
    """The numbers of words all of whose signs another said then in a row, and the first hearing did not have so."""
    signs = [(sign, number) for number, (said, _, _) in enumerate(timed) for sign in said]
    own = {row for _, row in _rows(plain_words(text))}
    theirs = [(row, others[place], others[place + SIGNS - 1]) for place, row in _rows([each.text for each in others])]
    foreign: set[int] = set()
    kept: set[int] = set()
    for place, row in _rows([sign for sign, _ in signs]):
        places = range(place, place + SIGNS)
        start_ms, end_ms = timed[signs[place][1]][1], timed[signs[places[-1]][1]][2]
        if row in own:
            kept.update(places)
        elif any(row == other and _is_near(first, last, start_ms, end_ms) for other, first, last in theirs):
            foreign.update(places)
    left = {number for place, (_, number) in enumerate(signs) if place in kept or place not in foreign}
    return {number for _, number in signs} - left


def _is_near(first: SaidWord, last: SaidWord, start_ms: int, end_ms: int) -> bool:
    return last.end_ms > start_ms - SLACK_MS and first.start_ms < end_ms + SLACK_MS


def _rows(plain: Sequence[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Each stretch of so many signs with where it begins."""
    for place in range(len(plain) - SIGNS + 1):
        row = tuple(plain[place : place + SIGNS])
        if all(map(is_sign, row)):
            yield place, row
