"""Where in a line's text the words are that were looked for. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from meetings.search.query import SearchQuery, Term
from meetings.search.words import Word, words_of

Forms = Mapping[str, frozenset[str]]
"""Further forms under which a word is known to the index: its stems."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    text: str
    is_match: bool


def match_ranges(text: str, query: SearchQuery, *, forms: Forms | None = None) -> tuple[tuple[int, int], ...]:
    """[start, end) in code points, in order, never touching each other."""
    words = list(words_of(text))
    found = sorted(each for term in query.wanted for each in _places(words, term, forms or {}))
    merged: list[tuple[int, int]] = []
    for start, end in found:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)


def split_at(text: str, ranges: Sequence[tuple[int, int]]) -> tuple[Piece, ...]:
    """The text in pieces, in order: what matched and what stands between."""
    pieces: list[Piece] = []
    before = 0
    for start, end in ranges:
        pieces += [Piece(text=text[before:start], is_match=False), Piece(text=text[start:end], is_match=True)]
        before = end
    pieces.append(Piece(text=text[before:], is_match=False))
    return tuple(piece for piece in pieces if piece.text)


def _places(words: Sequence[Word], term: Term, forms: Forms) -> list[tuple[int, int]]:
    n_words = len(term.words)
    return [
        (words[first].start, words[first + n_words - 1].end)
        for first in range(len(words) - n_words + 1)
        if all(
            _is_same(words[first + index].form, wanted, forms, is_prefix=term.is_prefix and index == n_words - 1)
            for index, wanted in enumerate(term.words)
        )
    ]


def _is_same(said: str, wanted: str, forms: Forms, *, is_prefix: bool) -> bool:
    if said == wanted or (is_prefix and said.startswith(wanted)):
        return True
    return not is_prefix and not forms.get(said, frozenset()).isdisjoint(forms.get(wanted, ()))
