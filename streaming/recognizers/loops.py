"""Cut what a decoder repeats again and again when it has lost its way. Pure.

A loop is a word four times in a row, or a phrase of two to twelve words three times; one of them is kept. "No, no, no",
"very very good" and "I think that, I think that" are how people speak and stay; so do numbers, which people dictate.
In scripts without spaces signs are counted instead of words: four of them make a phrase, and shorter ones must come
eight times.

A decoder that had not come to its end when it had written more than anybody can say is repeating itself already: there
a word, or half of a phrase, that comes a second time is enough. It happens where audio breaks off in mid-word.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from streaming.recognizers.base import Hypothesis

MIN_REPEATS_WORD: Final = 4
MIN_REPEATS_PHRASE: Final = 3
LONGEST_PHRASE: Final = 12

MIN_SIGNS: Final = 4
MIN_REPEATS_SIGN: Final = 8
LONGEST_SIGNS: Final = 24

_NUMBERS: Final = (
    "zero oh one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred "
    "thousand million double point "
    "null eins zwei drei vier fünf sechs sieben acht neun zéro un deux trois quatre cinq sept huit neuf "
    "cero uno dos tres cuatro cinco seis siete ocho nueve"
)
NUMBERS: Final = frozenset(_NUMBERS.split())
_NEVER: Final = 1 << 30
_Needed = Callable[[Sequence[str]], int]  # a phrase to how often it must come to be a loop
_SPACELESS: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]")


def loops_cut(hypothesis: Hypothesis) -> Hypothesis:
    """The same without loops, in its text and in its words. Tokens are left out of one that was cut: as a draft they
    would bring the loop back."""
    parts = hypothesis.text.split()
    kept = words_kept(parts)
    text = " ".join(parts[index] for index in kept)
    if len(parts) == len(kept):
        text = signs_cut(hypothesis.text)
        if text == hypothesis.text:
            return hypothesis
    words = hypothesis.words
    words = tuple(words[index] for index in kept) if len(words) == len(parts) and len(kept) < len(parts) else ()
    return replace(hypothesis, text=text, words=words, tokens=())


def unfinished_cut(hypothesis: Hypothesis) -> Hypothesis:
    """What is left of a hypothesis whose decoder did not come to its end. Its tokens stay as far as its words do."""
    n_kept = _before_repetition([word.w for word in hypothesis.words])
    if n_kept == len(hypothesis.words):
        return hypothesis
    words = hypothesis.words[:n_kept]
    tokens = hypothesis.tokens[: sum(word.n for word in words)]
    return replace(hypothesis, text=" ".join(word.w for word in words), words=words, tokens=tokens)


def text_cut(text: str) -> str:
    """`text` without loops; its spaces are single where something was cut."""
    return loops_cut(Hypothesis(text=text, confidence=1.0, language="")).text


def words_kept(words: Sequence[str]) -> list[int]:
    """The indices of `words` that are left once loops are cut."""
    kept = list(range(len(words)))
    plain = _plain(words)
    while True:
        left = _once([plain[index] for index in kept], needed=_repeats_of_words, longest=LONGEST_PHRASE)
        if len(left) == len(kept):
            return kept
        kept = [kept[index] for index in left]


def signs_cut(text: str) -> str:
    """Loops within text of a script without spaces; other text is given back as it is."""
    if len(_SPACELESS.findall(text)) * 2 < len(text):
        return text
    while True:
        left = _once(text, needed=_repeats_of_signs, longest=LONGEST_SIGNS)
        if len(left) == len(text):
            return text
        text = "".join(text[index] for index in left)


def _before_repetition(words: Sequence[str]) -> int:
    """How many words stand before the last ones say the same again; the very last may be no more than begun."""
    plain = _plain(words)
    for n_kept in range(1, len(plain)):
        for length in range(1, n_kept + 1):
            n_again = len(plain) - n_kept
            is_enough = length == 1 or (n_again > 1 and 2 * n_again >= length)
            if is_enough and _repeats(plain, n_kept, length) and not _are_numbers(plain[n_kept:]):
                return n_kept
    return len(plain)


def _repeats(words: Sequence[str], start: int, length: int) -> bool:
    """Whether words[start:] are those `length` places before, but for the end of the last."""
    *whole, begun = words[start:]
    return whole == words[start - length : len(words) - 1 - length] and words[len(words) - 1 - length].startswith(begun)


def _plain(words: Sequence[str]) -> list[str]:
    return [re.sub(r"[^\w]+", "", word.casefold()) or word for word in words]


def _once(units: Sequence[str], *, needed: _Needed, longest: int) -> list[int]:
    """Indices of units when of each loop one phrase is kept."""
    kept: list[int] = []
    at = 0
    while at < len(units):
        length, n_repeats = _loop_at(units, at, needed=needed, longest=longest)
        kept.extend(range(at, at + length))
        at += length * n_repeats
    return kept


def _loop_at(units: Sequence[str], at: int, *, needed: _Needed, longest: int) -> tuple[int, int]:
    """(length of the phrase that repeats itself from here on, how often); (1, 1): none does."""
    for length in range(1, min(longest, (len(units) - at) // 2) + 1):
        phrase = units[at : at + length]
        n_repeats = 1
        while units[at + n_repeats * length : at + (n_repeats + 1) * length] == phrase:
            n_repeats += 1
        if n_repeats >= needed(phrase):
            return length, n_repeats
    return 1, 1


def _repeats_of_words(phrase: Sequence[str]) -> int:
    if _are_numbers(phrase):
        return _NEVER
    return MIN_REPEATS_WORD if len(set(phrase)) == 1 else MIN_REPEATS_PHRASE


def _are_numbers(words: Sequence[str]) -> bool:
    return all(word in NUMBERS or word.isnumeric() for word in words)


def _repeats_of_signs(phrase: Sequence[str]) -> int:
    if all(sign.isnumeric() for sign in phrase):
        return _NEVER
    return MIN_REPEATS_PHRASE if len(phrase) >= MIN_SIGNS else MIN_REPEATS_SIGN
