"""Which words of a corrected line keep their times. Pure: a time is kept or dropped, never made up."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz.distance import LCSseq

from meetings.wire import WordWire

# Scripts that put no space between words: there each character is compared for itself.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
TOKEN = re.compile(rf"[{UNSPACED}]|[^\s{UNSPACED}]+")
SPACELESS = re.compile(rf"[{UNSPACED}]")
NO_LETTERS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedWord:
    """`word` as characters [start, end) of its line's text, in code points."""

    word: WordWire
    start: int
    end: int


def words_placed(text: str, words: Sequence[WordWire]) -> list[PlacedWord]:
    """Where the words lie in the text; those that are not in it, in their order, are left out."""
    placed: list[PlacedWord] = []
    at = 0
    for word in words:
        shown = word["w"].strip()
        start = text.find(shown, at) if shown else -1
        if start >= 0:
            at = start + len(shown)
            placed.append(PlacedWord(word=word, start=start, end=at))
    return placed


def words_realigned(*, words: Sequence[WordWire], text: str) -> list[WordWire]:
    """The words that are in `text` still, in the longest common order, as they are spelt there now.

    A word stays when only its case or the marks at it changed. What was put in its place has no time of its own.
    """
    old = [(token, index) for index, word in enumerate(words) for token in TOKEN.findall(word["w"])]
    new = list(TOKEN.finditer(text))
    went = _went([_key(token) for token, _ in old], [_key(token[0]) for token in new])
    kept: list[WordWire] = []
    for index, word in enumerate(words):
        places = [went.get(place) for place, (_, of) in enumerate(old) if of == index]
        found = [place for place in places if place is not None]
        if found and len(found) == len(places) and all(b == a + 1 for a, b in pairwise(found)):
            kept.append({**word, "w": text[new[found[0]].start() : new[found[-1]].end()]})
    return kept


def _went(old: Sequence[str], new: Sequence[str]) -> dict[int, int]:
    """From places in `old` to places in `new`, of what both have in common."""
    return {
        part.src_start + n: part.dest_start + n
        for part in LCSseq.opcodes(old, new)
        if part.tag == "equal"
        for n in range(part.src_end - part.src_start)
    }


def _key(token: str) -> str:
    return NO_LETTERS.sub("", token).casefold() or token
