"""Where in a text a word of the meeting's vocabulary may have been said and another one understood. Pure.

Whether it was said is for the recognizer to judge by the audio; here it is only a matter of sound and spelling.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist

from streaming.recognizers.base import Float32

MOST_ENTRIES: Final = 400
LONGEST_ENTRY: Final = 60  # characters; what is longer is a sentence
FEWEST_LETTERS: Final = 3  # with two letters everything sounds like everything
LONGEST_SPAN: Final = 4  # words
LEAST_ALIKE: Final = 0.5

# From spelling to sound, English above all: names are said by those who read them. What listeners and recognizers mix
# up becomes one letter: all vowels, voiced and unvoiced consonants; a doubled letter is one.
_SOUNDS: Final = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"^[kgp]n", "n"),
        (r"^wr", "r"),
        (r"^x", "s"),
        (r"mb$", "m"),
        (r"ph", "f"),
        (r"ght", "t"),
        (r"gh", ""),
        (r"sch", "sk"),
        (r"tch|ch|sh|zh|sci(?=o)|[tc]i(?=[ao])|dg(?=e)|j|g(?=[eiy])", "x"),
        (r"c(?=[eiy])", "s"),
        (r"[cq]|ck", "k"),
        (r"th", "t"),
        (r"(?<=[^aeiou])e$", ""),
        (r"[aeiouyw]+", "a"),
        (r"h", ""),
    )
)
_VOICED: Final = str.maketrans("zdbgv", "stpkf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A term as it is to be written; its letters and digits alone, in small; what these sound like."""

    text: str
    letters: str
    sound: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The words from `first` until before `end`, and what they would be with the term in them, marks and all.

    `alike`: from LEAST_ALIKE to 1.0. `is_same`: they are the term, written otherwise.
    """

    first: int
    end: int
    text: str
    alike: float
    is_same: bool


@dataclass(frozen=True, slots=True)
class _Span:
    first: int
    end: int
    before: str
    core: str
    behind: str
    letters: str


@lru_cache(maxsize=64)
def entries_of(vocabulary: tuple[str, ...]) -> tuple[Entry, ...]:
    """The terms that can be listened for."""
    entries: dict[str, Entry] = {}
    for term in vocabulary[:MOST_ENTRIES]:
        text = " ".join(term.split())
        letters = letters_of(text)
        if len(letters) >= FEWEST_LETTERS and len(text) <= LONGEST_ENTRY:
            entries.setdefault(letters, Entry(text=text, letters=letters, sound=sound_of(letters)))
    return tuple(entries.values())


def letters_of(text: str) -> str:
    """Zau al-Makān → zaualmakan"""
    return "".join(char for char in unicodedata.normalize("NFKD", text).casefold() if char.isalnum())


@lru_cache(maxsize=4096)
def sound_of(letters: str) -> str:
    """thornton → tarntan. Letters of other scripts stand for themselves."""
    sound = letters
    for pattern, instead in _SOUNDS:
        sound = pattern.sub(instead, sound)
    return re.sub(r"(.)\1+", r"\1", sound.translate(_VOICED))


def places(words: Sequence[str], entries: Sequence[Entry]) -> list[Place]:
    """Where terms may have been said, the likeliest first. Where a term stands already as it should, there is none."""
    spans = _spans(words)
    if not spans or not entries:
        return []
    said = {letters_of(span.core) for span in spans if span.end == span.first + 1}
    alike = _alike(spans, entries)
    found = []
    for at, number in zip(*np.nonzero(alike >= LEAST_ALIKE), strict=True):
        span, entry = spans[at], entries[number]
        if span.letters != entry.letters and entry.letters in said and _holds(words, span, entry):
            continue  # "the reciter" is no other way to say "reciter"
        may_be_capital = span.letters == entry.letters or _starts_sentence(words, span.first)
        text = _written(entry.text, span, may_be_capital=may_be_capital)
        if text != " ".join(words[span.first : span.end]):
            is_same = span.letters == entry.letters
            found.append(
                Place(first=span.first, end=span.end, text=text, alike=float(alike[at, number]), is_same=is_same)
            )
    return sorted(found, key=lambda place: -place.alike)


def named(words: Sequence[str], entries: Sequence[Entry]) -> set[int]:
    """The indices of words that make a term, however it is spelled."""
    terms = {entry.letters for entry in entries}
    return {at for span in _spans(words) if span.letters in terms for at in range(span.first, span.end)}


def _alike(spans: Sequence[_Span], entries: Sequence[Entry]) -> Float32:
    """(n_spans, n_entries): 1.0 for the same letters, else how alike they sound and are spelled, the lesser above all:
    "Hale" and "Hill" sound the same to `sound_of`."""
    parts = [
        cdist(ours, theirs, scorer=Levenshtein.normalized_similarity, dtype=np.float32)
        for ours, theirs in (
            ([span.letters for span in spans], [entry.letters for entry in entries]),
            ([sound_of(span.letters) for span in spans], [entry.sound for entry in entries]),
        )
    ]
    alike: Float32 = 0.75 * np.minimum(*parts) + 0.25 * np.maximum(*parts)
    return alike


def _spans(words: Sequence[str]) -> list[_Span]:
    spans = []
    for first in range(len(words)):
        for end in range(first + 1, min(first + LONGEST_SPAN, len(words)) + 1):
            before, core, behind = _cut(" ".join(words[first:end]))
            if letters := letters_of(core):
                spans.append(_Span(first, end, before, core, behind, letters))
            if re.search(r"[.?!]\W*$", words[end - 1]):
                break  # no name reaches into the next sentence
    return spans


def _cut(text: str) -> tuple[str, str, str]:
    """“Helston's.” → (“, Helston, 's.”)"""
    start, end = 0, len(text)
    while start < end and not text[start].isalnum():
        start += 1
    while end > start and not text[end - 1].isalnum():
        end -= 1
    while start < end < len(text) and unicodedata.category(text[end]).startswith("M"):
        end += 1  # a mark belongs to the letter before it
    core = text[start:end]
    if re.search(r"\w['’][sS]$", core):
        core = core[:-2]
    return text[:start], core, text[start + len(core) :]


def _holds(words: Sequence[str], span: _Span, entry: Entry) -> bool:
    return any(letters_of(_cut(word)[1]) == entry.letters for word in words[span.first : span.end])


def _starts_sentence(words: Sequence[str], first: int) -> bool:
    return first == 0 or re.search(r"[.?!]\W*$", words[first - 1]) is not None


def _written(text: str, span: _Span, *, may_be_capital: bool) -> str:
    """A term in small letters takes a capital where a sentence starts with one."""
    if may_be_capital and text.islower() and span.core[0].isupper():
        text = text[0].upper() + text[1:]
    return f"{span.before}{text}{span.behind}"
