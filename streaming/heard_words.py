"""The words of a hypothesis with their places and the tokens that they were made of. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from meetings.limits import SAMPLE_RATE_HZ
from streaming.recognizers.base import Hypothesis


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardWord:
    """A word between two samples, made of tokens of the model; `confidence` 0 to 1."""

    text: str
    tokens: tuple[int, ...]
    start: int
    end: int
    confidence: float


def heard_words(hypothesis: Hypothesis, *, start: int) -> list[HeardWord]:
    """`start`: the sample at which the audio of the hypothesis begins.

    Nothing for a recognizer that does not say which words its tokens make.
    """
    if not hypothesis.tokens or sum(word.n for word in hypothesis.words) != len(hypothesis.tokens):
        return []
    heard, first = [], 0
    for word in hypothesis.words:
        heard.append(
            HeardWord(
                text=word.w,
                tokens=hypothesis.tokens[first : first + word.n],
                start=start + round(word.s * SAMPLE_RATE_HZ),
                end=start + round(word.e * SAMPLE_RATE_HZ),
                confidence=word.c,
            )
        )
        first += word.n
    return heard


def tokens_of_words(words: Iterable[HeardWord]) -> tuple[int, ...]:
    return tuple(token for word in words for token in word.tokens)
