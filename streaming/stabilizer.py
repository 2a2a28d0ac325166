"""Make captions stand still: a prefix on which two successive hypotheses agreed never changes again. Pure."""

import re
from dataclasses import dataclass

# Scripts without spaces between words: there each character is a token, or nothing would ever be stable.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
TOKEN = re.compile(rf"\s*(?:[{UNSPACED}]|[^\s{UNSPACED}]+)")


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
        self._previous_rest: list[str] = []

    def update(self, hypothesis: str) -> Partial:
        tokens = tokens_of(hypothesis)
        rest = tokens[aligned_length(self._stable, tokens) :]
        n_agreed = common_length(rest, self._previous_rest)
        self._stable += rest[:n_agreed]
        self._previous_rest = rest[n_agreed:]
        return Partial(
            text="".join(self._stable + self._previous_rest).lstrip(),
            stable_chars=len("".join(self._stable).lstrip()),
        )


def tokens_of(text: str) -> list[str]:
    """Words with a space before each; characters where words are not spaced."""
    return [" " + token.lstrip() if token[0].isspace() else token for token in TOKEN.findall(" " + text.strip())]


def common_length(left: list[str], right: list[str]) -> int:
    for index, (a, b) in enumerate(zip(left, right, strict=False)):
        if a != b:
            return index
    return min(len(left), len(right))


def aligned_length(stable: list[str], tokens: list[str]) -> int:
    """How many of `tokens` stand for `stable`: the prefix with the fewest word edits, the longest of equals.

    The longest, because a word said twice is worse to read than one that the final brings.
    """
    if tokens[: len(stable)] == stable:
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
