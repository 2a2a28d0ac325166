"""Which words of a second hearing are another's voice in this microphone. Pure.

The first hearing had a gate before it, which silences others where they leak in; recorded sound is what the microphone
heard. So a word that the first hearing did not have, and that another said at that time, is not its owner's.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from meetings.same_words import SLACK_MS
from meetings.second_pass.plain import plain_words
from meetings.values import WordTiming


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
    known = Counter(plain_words(text))
    own: list[WordTiming] = []
    for word in words:
        said = plain_words(word.text)
        if all(known[each] > 0 for each in said):
            known.subtract(said)
        elif _is_said(said, others, start_ms=meeting_ms(word.start), end_ms=meeting_ms(word.end)):
            continue
        own.append(word)
    return tuple(own)


def _is_said(said: Sequence[str], others: Sequence[SaidWord], *, start_ms: int, end_ms: int) -> bool:
    return any(
        other.text in said and other.end_ms > start_ms - SLACK_MS and other.start_ms < end_ms + SLACK_MS
        for other in others
    )
