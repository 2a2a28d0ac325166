"""Make captions stand still: the words that are stable never change again before the final. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

# Scripts without spaces between words: there each character is a token, or nothing would ever be stable.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
TOKEN = re.compile(rf"\s*(?:[{UNSPACED}]|[^\s{UNSPACED}]+)")
OPEN_MARKS = ".,?!;:…。、，？！"  # what may stand behind a word is known only when the next one is


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial:
    """The first `stable_chars` characters of `text` are the same in every later partial of the utterance."""

    text: str
    stable_chars: int


class Stabilizer:
    """The partials of one utterance, and how its final looks.

    A later hypothesis that contradicts the stable prefix is aligned to it, and only what follows is shown: nothing
    that it says beyond the prefix is dropped, and the final sets the prefix right. A word that was shown keeps its
    case and its mark for as long as it is the same word, in the final too.
    """

    def __init__(self) -> None:
        self._shown: list[str] = []
        self._n_stable = 0
        self._n_closed = 0  # of those shown: what mark they have is known

    def update(self, tokens: Sequence[str], *, n_stable: int, n_shown: int, is_over: bool = False) -> Partial:
        """`tokens` as `tokens_of` gives them: the first `n_stable` become stable, the first `n_shown` are shown.

        The mark behind the last word is left open, and so not shown, unless the sentence `is_over`.
        """
        stable = self._shown[: self._n_stable]
        n_aligned = aligned_length(stable, tokens)
        merged = [*stable, *tokens[n_aligned:]]
        if stable and n_aligned and plain(tokens[n_aligned - 1]) == plain(stable[-1]):
            merged[len(stable) - 1] = tokens[n_aligned - 1]  # it may have got its mark
        n_more = len(stable) - n_aligned
        looks, self._n_closed = self._looks(merged)
        shown = looks[: max(len(stable), n_shown + n_more)]
        self._n_closed = min(max(self._n_closed, len(shown) - 1), len(shown))
        self._n_stable = min(max(len(stable), n_stable + n_more), len(shown))
        self._shown = [*shown[: self._n_closed], *map(_unmarked, shown[self._n_closed :])]
        text = "".join(shown if is_over else self._shown).strip()
        return Partial(text=text, stable_chars=len("".join(self._shown[: self._n_stable]).strip()))

    def final(self, tokens: Sequence[str]) -> list[str]:
        """The final's tokens, as they were shown where they are the same."""
        return self._looks(tokens)[0]

    def _looks(self, tokens: Sequence[str]) -> tuple[list[str], int]:
        """(the tokens, as they were shown where they are the same; how many of them have a mark that is known)."""
        n_same = common_length(list(map(plain, self._shown)), list(map(plain, tokens)))
        looks = [*self._shown[:n_same], *tokens[n_same:]]
        n_closed = min(self._n_closed, n_same)
        if n_closed < n_same:
            looks[n_closed] += _mark(tokens[n_closed])
        return looks, n_closed


def tokens_of(text: str) -> list[str]:
    """Words with a space before each; characters where words are not spaced."""
    return [" " + token.lstrip() if token[0].isspace() else token for token in TOKEN.findall(" " + text.strip())]


def common_length(left: Sequence[str], right: Sequence[str]) -> int:
    for index, (a, b) in enumerate(zip(left, right, strict=False)):
        if a != b:
            return index
    return min(len(left), len(right))


def aligned_length(stable: Sequence[str], tokens: Sequence[str]) -> int:
    """How many of `tokens` stand for `stable`: the prefix with the fewest word edits, the longest of equals.

    The longest, because a word said twice is worse to read than one that the final brings.
    """
    if list(map(plain, tokens[: len(stable)])) == list(map(plain, stable)):
        return len(stable)
    costs = list(range(len(tokens) + 1))
    for n_stable, ours in enumerate(map(plain, stable), start=1):
        diagonal, costs[0] = costs[0], n_stable
        for n_tokens, theirs in enumerate(map(plain, tokens), start=1):
            substituted = diagonal + (ours != theirs)
            diagonal = costs[n_tokens]
            costs[n_tokens] = min(substituted, diagonal + 1, costs[n_tokens - 1] + 1)
    return min(range(len(costs)), key=lambda n: (costs[n], -n))


def plain(token: str) -> str:
    return "".join(filter(str.isalnum, token)).casefold()


def capitalized(token: str) -> str:
    """As a sentence begins; a word with a capital elsewhere is spelled that way."""
    at = next((at for at, sign in enumerate(token) if sign.isalnum()), None)
    if at is None or token != token.lower():
        return token
    return token[:at] + token[at].title() + token[at + 1 :]


def _unmarked(token: str) -> str:
    """A token that is nothing but a mark stays: it is all that there is to show."""
    return token.rstrip(OPEN_MARKS) if plain(token) else token


def _mark(token: str) -> str:
    return token[len(_unmarked(token)) :]
