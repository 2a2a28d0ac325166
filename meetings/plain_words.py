"""The words of a text as two hearings of it are compared. Pure."""

import re
import unicodedata
from collections.abc import Iterator

from meetings.search.words import is_unspaced

_APOSTROPHES = "'’"
_ASCII_WORD = re.compile(r"\w+(?:'\w+)*")


def plain_words(text: str) -> list[str]:
    """Without case and marks: a comma or a capital more is no other text.

    Each sign of a script without spaces is by itself. Vowel signs belong to their letters, as in Hindi.
    """
    plain = text.casefold()
    return _ASCII_WORD.findall(plain) if plain.isascii() else list(_words(unicodedata.normalize("NFC", plain)))


def is_sign(plain: str) -> bool:
    """Whether a plain word is one of a script without spaces, and so perhaps only a part of a word."""
    return is_unspaced(plain[:1])


def _words(plain: str) -> Iterator[str]:
    word = ""
    for place, sign in enumerate(plain):
        if is_unspaced(sign) and _is_of_words(sign):
            yield from (word, sign) if word else (sign,)
            word = ""
        elif _is_of_words(sign) or (sign in _APOSTROPHES and word and _is_of_words(plain[place + 1 : place + 2])):
            word += sign
        elif word:
            yield word
            word = ""
    if word:
        yield word


def _is_of_words(sign: str) -> bool:
    return bool(sign) and (sign == "_" or unicodedata.category(sign)[0] in "LNM")
