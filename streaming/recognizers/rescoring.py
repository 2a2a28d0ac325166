"""Let words of the meeting's vocabulary stand where the audio could well have said them.

What may have been said is judged by the decoder against the same audio as what was understood. What it thought of the
first token of every candidate is known already, and leaves few for which it must be asked, each in one call. A rare
name is hardly ever as likely to it as what it chose by itself; how much less likely it may be depends on how alike the
two are. Words that were understood with certainty leave no probability for others, and stay.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final, Protocol

import numpy as np

from streaming.recognizers.base import Float32
from streaming.recognizers.pieces import Pieces
from streaming.recognizers.vocabulary import Entry, Place, letters_of, places

MOST_JUDGED: Final = 8
N_BEHIND: Final = 4  # tokens behind that a wrong word makes less likely
# Natural logarithms, chosen by 73 recordings, in none of which a name is invented; in loud noise one is now and then,
# where the word was wrong already or nearly (in 2 of 65 recordings under it). See `allowance`.
MOST_ALLOWED: Final = 9.0
MERGED: Final = 1.0  # less for each word that would be gone
MOST_REGAINED: Final = 2.0  # by the tokens behind the first one; more was never seen
ALLOWED_CASE: Final = 1.0  # "will" and "Will" sound the same


class Judge(Protocol):
    """The decoder with what it has computed for the audio and the start token, and perhaps for more."""

    def copy(self) -> "Judge": ...

    def feed(self, tokens: tuple[int, ...]) -> tuple[Float32, Float32]: ...

    def cut(self, n_tokens: int) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """Words that so many tokens each make; behind the tokens stands their end, if there was one.

    `logits` (vocabulary,) are what each token was chosen by.
    """

    tokens: tuple[int, ...]
    logits: Sequence[Float32]
    words: tuple[str, ...]
    n_tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Tokens from `first` until before `end` give way to `tokens`, which were said with the probability `sure`."""

    first: int
    end: int
    tokens: tuple[int, ...]
    sure: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """The tokens from `first` until before `end` against `tokens`; these may be other than those that will be written.

    `allowed`: how much less likely they may be than what was understood; infinite for the same word. `begin`: how much
    likelier the first of them is than the one that was chosen.
    """

    change: Change
    first: int
    end: int
    tokens: tuple[int, ...]
    allowed: float
    begin: float


def allowance(*, alike: float, n_gone: int) -> float:
    """How much less likely a term may be than what was understood; `n_gone` words would be gone."""
    return MOST_ALLOWED * alike**3 - MERGED * max(n_gone, 0)


def changes(
    judge: Judge, understood: Understood, entries: Sequence[Entry], pieces: Pieces, *, start: int
) -> list[Change]:
    """In order, none over another. `judge` knows the audio and what was understood; it is left as it was.

    `start` is the token before the first.
    """
    old = [
        float(_log_probabilities(row, token)) for row, token in zip(understood.logits, understood.tokens, strict=False)
    ]
    judged: list[tuple[float, Change]] = []
    for candidate in _candidates(understood, old, entries, pieces):
        if candidate.allowed == math.inf:
            judged.append((math.inf, candidate.change))
            continue
        margin = candidate.allowed + _gain(judge, understood, old, candidate, start=start)
        if margin >= 0:
            judged.append((margin, replace(candidate.change, sure=1 / (1 + math.exp(-margin)))))
    taken: list[Change] = []
    for _, change in sorted(judged, key=lambda one: -one[0]):
        if all(change.end <= other.first or change.first >= other.end for other in taken):
            taken.append(change)
    return sorted(taken, key=lambda change: change.first)


def changed(tokens: Sequence[int], made: Sequence[Change]) -> tuple[tuple[int, ...], dict[int, float]]:
    """(the tokens with the changes, how sure those are that came by them, by their place)."""
    whole: list[int] = []
    sure: dict[int, float] = {}
    at = 0
    for change in made:
        whole += tokens[at : change.first]
        sure |= dict.fromkeys(range(len(whole), len(whole) + len(change.tokens)), change.sure)
        whole += change.tokens
        at = change.end
    return (*whole, *tokens[at:]), sure


def _candidates(
    understood: Understood, old: Sequence[float], entries: Sequence[Entry], pieces: Pieces
) -> list[_Candidate]:
    """The same words written otherwise, and what is worth asking the decoder."""
    firsts = list(accumulate(understood.n_tokens, initial=0))
    same: list[_Candidate] = []
    other: list[_Candidate] = []
    for place in places(understood.words, entries):
        first, end = firsts[place.first], firsts[place.end]
        written = pieces.tokens(place.text)
        if not written or written == understood.tokens[first:end]:
            continue
        change = Change(first=first, end=end, tokens=written, sure=math.exp(min(old[first:end])))
        allowed = _allowed(understood, place, pieces)
        for tokens in sorted(_spellings(place.text, pieces)):
            at = first + _n_equal(tokens, understood.tokens[first:end])
            said = _said(understood, end, tokens[at - first :])
            if at < len(old) and said:
                tokens = tokens[at - first :]
                begin = float(_log_probabilities(understood.logits[at], said[0])) - old[at]
                candidate = _Candidate(change=change, first=at, end=end, tokens=tokens, allowed=allowed, begin=begin)
                (same if allowed == math.inf else other).append(candidate)
    other.sort(key=lambda candidate: -candidate.begin - candidate.allowed)
    return same + [one for one in other if one.begin + one.allowed >= -MOST_REGAINED][:MOST_JUDGED]


def _spellings(text: str, pieces: Pieces) -> set[tuple[int, ...]]:
    """No model expects "EBITDA" in capitals or "WebSocket" as one word with two, but it knows how they are said.

    What is a common word in small letters is not asked for in these: the name "Will" is no "will".
    """
    spellings = {pieces.tokens(text)}
    if not text.istitle():
        spellings.add(pieces.tokens(text.title()))
        if not text.islower() and not _is_common(text, pieces):
            spellings.add(pieces.tokens(text.lower()))
    return spellings - {()}


def _is_common(word: str, pieces: Pieces) -> bool:
    """Words that a vocabulary learned from text has whole are in every text."""
    return len(pieces.tokens(letters_of(word))) <= 1


def _allowed(understood: Understood, place: Place, pieces: Pieces) -> float:
    if not place.is_same:
        n_gone = place.end - place.first - len(place.text.split())
        return allowance(alike=place.alike, n_gone=n_gone)
    is_common = _is_common(understood.words[place.first], pieces)
    return ALLOWED_CASE if is_common and place.end == place.first + 1 else math.inf


def _gain(judge: Judge, understood: Understood, old: Sequence[float], candidate: _Candidate, *, start: int) -> float:
    """How much likelier the candidate is, with what follows behind it, than what was understood."""
    said = _said(understood, candidate.end, candidate.tokens)
    asked = judge.copy()
    asked.cut(candidate.first)
    logits, _ = asked.feed(((start, *understood.tokens)[candidate.first], *said[:-1]))
    return float(_log_probabilities(logits, said).sum()) - sum(old[candidate.first : candidate.end + N_BEHIND])


def _n_equal(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens they begin with in common."""
    shorter = min(len(one), len(other))
    return next((at for at in range(shorter) if one[at] != other[at]), shorter)


def _said(understood: Understood, end: int, tokens: tuple[int, ...]) -> tuple[int, ...]:
    return (*tokens, *understood.tokens[end : end + N_BEHIND])


def _log_probabilities(logits: Float32, tokens: int | Sequence[int]) -> Float32:
    """Of each token by its row of `logits` (..., vocabulary)."""
    rows = logits - logits.max(axis=-1, keepdims=True)
    chosen = np.take_along_axis(rows, np.asarray(tokens)[..., np.newaxis], axis=-1)[..., 0]
    given: Float32 = chosen - np.log(np.exp(rows).sum(axis=-1))
    return given
