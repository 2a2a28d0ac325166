"""Put the pieces that a model gives, each with its time, together to words. Pure."""

import math
from collections.abc import Sequence
from typing import Final

from streaming.recognizers.base import Word

WORD_BEGINS: Final = (" ", "\u2581")
LONGEST_PIECE_S: Final = 0.4  # a model says where a piece begins; one before a pause does not last until the next


def words_of_tokens(
    tokens: Sequence[str],
    begins_s: Sequence[float],
    log_probabilities: Sequence[float] = (),
    *,
    end_s: float,
) -> tuple[Word, ...]:
    """A piece that begins with a space begins a word; so does each sign of a script without spaces.

    Punctuation that stands alone belongs to the word before it. A word's confidence is the geometric mean of its
    pieces' probabilities; 1 where the model gives none. No times, no words.
    """
    if not tokens or len(begins_s) != len(tokens):
        return ()
    if len(log_probabilities) != len(tokens):
        log_probabilities = [0.0] * len(tokens)
    starts = [index for index, token in enumerate(tokens) if _begins_word(tokens, index)]
    words: list[Word] = []
    for start, stop in zip(starts, [*starts[1:], len(tokens)], strict=True):
        text = "".join(tokens[start:stop]).replace("\u2581", " ").strip()
        if not text:
            continue
        next_s = begins_s[stop] if stop < len(tokens) else end_s
        s = min(max(begins_s[start], 0.0), end_s)
        e = min(next_s, begins_s[stop - 1] + LONGEST_PIECE_S, end_s)
        confidence = math.exp(min(sum(log_probabilities[start:stop]) / (stop - start), 0.0))
        words.append(Word(w=text, s=round(s, 3), e=round(max(s, e), 3), c=round(confidence, 4)))
    return tuple(words)


def confidence_of(log_probabilities: Sequence[float]) -> float:
    """The mean probability of the pieces; 1 where the model gives none, since it expressed no doubt."""
    if not log_probabilities:
        return 1.0
    return sum(math.exp(min(each, 0.0)) for each in log_probabilities) / len(log_probabilities)


def _begins_word(tokens: Sequence[str], index: int) -> bool:
    token = tokens[index]
    if index == 0 or token.startswith(WORD_BEGINS):
        return True
    return is_spaceless(token[:1]) or (is_spaceless(tokens[index - 1][-1:]) and token[:1].isalnum())


def is_spaceless(sign: str) -> bool:
    """Han, kana and their like, and Thai: scripts that put no spaces between words."""
    return bool(sign) and (0x3040 <= ord(sign) <= 0x9FFF or 0x0E00 <= ord(sign) <= 0x0E7F or ord(sign) >= 0x20000)
