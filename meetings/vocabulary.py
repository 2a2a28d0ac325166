"""The words that a meeting's recognizer is told to expect: its vocabulary and the names of those in it. Pure."""

import unicodedata
from collections.abc import Iterable, Iterator

MOST_WORDS = 200  # what a recognizer is given with every utterance
FEWEST_CHARS = 2  # an initial is no word


def words_in_force(*, vocabulary: Iterable[str], names: Iterable[str]) -> tuple[str, ...]:
    """Terms of the vocabulary as they were written, then each word of each name; every word once, however spelled.

    Of too many, the first ones stay: the vocabulary was chosen, and names are given in the order of coming.
    """
    words: dict[str, str] = {}
    for word in (*vocabulary, *_words_of(names)):
        if len(word) >= FEWEST_CHARS and not all(char.isdecimal() for char in word):
            words.setdefault(word.casefold(), word)
        if len(words) == MOST_WORDS:
            break
    return tuple(words.values())


def _words_of(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        for word in name.split():
            start, end = 0, len(word)
            while start < end and not word[start].isalnum():
                start += 1
            while end > start and not word[end - 1].isalnum():
                end -= 1
            while end < len(word) and unicodedata.category(word[end]).startswith("M"):
                end += 1  # vowels of Indic scripts, and accents that stand alone, are marks behind a letter
            yield word[start:end]
