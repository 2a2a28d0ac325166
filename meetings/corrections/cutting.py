"""Where a line is cut in two, and how two lines become one. Pure; positions are samples, `at` is in code points."""

from collections.abc import Sequence
from dataclasses import dataclass

from meetings.corrections.words_kept import SPACELESS, PlacedWord, words_placed
from meetings.errors import Invalid
from meetings.session_clock import SessionClock
from meetings.wire import WordWire


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Both texts, the words that lie wholly in each, and the position where the second begins."""

    first: str
    second: str
    first_words: tuple[WordWire, ...]
    second_words: tuple[WordWire, ...]
    position: int


def line_cut(*, text: str, words: Sequence[WordWire], at: int, start: int, end: int, clock: SessionClock) -> Cut:
    """Cut the line of positions [start, end) before its character `at`.

    Between words that have times the sound is cut in the middle of their pause. Where words at the cut have none, it is
    cut by the share of characters between the nearest times, or the line's ends. Raises Invalid: one part is empty.
    """
    first, second = text[:at].strip(), text[at:].strip()
    if not 0 < at < len(text) or not first or not second or end - start < 2:
        raise Invalid(
            "A line is split between two of its words, with something on both sides.", code="nothing_to_split"
        )
    placed = words_placed(text, words)
    position = _position(text, placed, at=at, start=start, end=end, clock=clock)
    return Cut(
        first=first,
        second=second,
        first_words=tuple(each.word for each in placed if each.end <= at),
        second_words=tuple(each.word for each in placed if each.start >= at),
        position=min(max(position, start + 1), end - 1),
    )


def _position(text: str, placed: Sequence[PlacedWord], *, at: int, start: int, end: int, clock: SessionClock) -> int:
    """`left` and `right` are the edges of the blank at the cut; `known` are characters whose positions are."""
    known = [(0, start), (len(text), end)]
    for each in placed:
        known.append((each.start, clock.position_at(each.word["s"])))
        known.append((each.end, clock.position_at(each.word["e"])))
    left = len(text[:at].rstrip())
    right = len(text) - len(text[at:].lstrip())
    before = max(each for each in known if each[0] <= left)
    behind = min(each for each in known if each[0] >= right)
    if behind[0] - before[0] == right - left:
        return (before[1] + behind[1]) // 2
    share = ((left + right) / 2 - before[0]) / (behind[0] - before[0])
    return before[1] + round(share * (behind[1] - before[1]))


def texts_joined(first: str, second: str) -> str:
    """With a space between them, except in scripts that have none."""
    is_unspaced = bool(SPACELESS.match(first[-1:]) and SPACELESS.match(second[:1]))
    return f"{first}{'' if is_unspaced else ' '}{second}".strip()
