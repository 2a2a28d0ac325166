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
    """The partials of one utterance.

    A later hypothesis that contradicts the stable prefix is aligned to it, and only what follows is shown: nothing
    that it says beyond the prefix is dropped, and the final sets the prefix right.
    """

    def __init__(self) -> None:
        self._stable: list[str] = []

    def update(self, tokens: Sequence[str], *, n_stable: int, n_shown: int, is_over: bool = False) -> Partial:
        """`tokens` as `tokens_of` gives them: the first `n_stable` become stable, the first `n_shown` are shown.

        The mark behind the last word is left open, and so not shown, unless the sentence `is_over`.
        """
        n_aligned = aligned_length(self._stable, tokens)
        if self._stable and n_aligned and _is_marked(self._stable[-1], tokens[n_aligned - 1]):
            self._stable[-1] = tokens[n_aligned - 1]
        self._stable += tokens[n_aligned : max(n_aligned, n_stable)]
        shown = [*self._stable, *tokens[max(n_aligned, n_stable) : n_shown]]
        if self._stable:
            self._stable[-1] = _unmarked(self._stable[-1])
        if shown and not is_over:
            shown[-1] = _unmarked(shown[-1])
        return Partial(text="".join(shown).strip(), stable_chars=len("".join(self._stable).strip()))


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


def _unmarked(token: str) -> str:
    """A token that is nothing but a mark stays: it is all that there is to show."""
    return token.rstrip(OPEN_MARKS) if plain(token) else token


def _is_marked(stable: str, token: str) -> bool:
    """`token` is the stable word with a mark that was still open."""
    return token != stable and _unmarked(token) == stable
