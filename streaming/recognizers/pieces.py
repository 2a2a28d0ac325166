"""The pieces of words that a recognizer's tokens stand for: text, words, marks. Pure."""

import math
import re
from collections.abc import Sequence
from typing import Final

from streaming.recognizers.base import Float32, ModelCorrupt, Word

SPACE: Final = "\u2581".encode()
MARKS: Final = frozenset(mark.encode() for mark in ".,?!;:")
STOPS: Final = frozenset(mark.encode() for mark in ".?!")


class Pieces:
    """A vocabulary: the bytes that each token stands for, a space written as "▁"."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = pieces

    @property
    def n_pieces(self) -> int:
        return len(self._pieces)

    def is_mark(self, token: int) -> bool:
        """Punctuation that stands behind a word."""
        return self._bytes(token) in MARKS

    def is_stop(self, token: int) -> bool:
        """Punctuation that ends a sentence."""
        return self._bytes(token) in STOPS

    def words(
        self, tokens: Sequence[int], probabilities: Sequence[float], starts: Float32, ends: Float32
    ) -> tuple[Word, ...]:
        """One word for each space; its confidence is the geometric mean of its pieces' probabilities, marks aside.

        `starts` and `ends` in seconds, one for each token, as `probabilities`.
        """
        groups: list[list[int]] = []
        for index, token in enumerate(tokens):
            if not groups or (self._bytes(token).startswith(SPACE) and self._text([tokens[i] for i in groups[-1]])):
                groups.append([])
            groups[-1].append(index)
        return tuple(self._word(group, tokens, probabilities, starts, ends) for group in groups)

    def _word(
        self,
        group: list[int],
        tokens: Sequence[int],
        probabilities: Sequence[float],
        starts: Float32,
        ends: Float32,
    ) -> Word:
        spoken = [index for index in group if not self.is_mark(tokens[index])] or group
        return Word(
            w=self._text([tokens[index] for index in group]),
            s=round(float(starts[spoken[0]]), 3),
            e=round(float(ends[spoken[-1]]), 3),
            c=round(math.prod(probabilities[index] for index in spoken) ** (1 / len(spoken)), 3),
            n=len(group),
        )

    def _text(self, tokens: Sequence[int]) -> str:
        data = b"".join(map(self._bytes, tokens))
        return re.sub(r"\s+", " ", data.decode("utf-8", "ignore").replace("\u2581", " ")).strip()

    def _bytes(self, token: int) -> bytes:
        return self._pieces[token] if token < len(self._pieces) else b""


def pieces_parse(data: bytes) -> list[bytes]:
    """`tokenizer.bin`: for each token its length (one byte; from 128 on the next byte × 128 more), then its bytes.

    Raises ModelCorrupt.
    """
    tokens: list[bytes] = []
    at = 0
    try:
        while at < len(data):
            n_bytes = data[at]
            at += 1
            if n_bytes >= 128:
                n_bytes += data[at] * 128 - 128
                at += 1
            if at + n_bytes > len(data):
                raise IndexError
            tokens.append(data[at : at + n_bytes])
            at += n_bytes
    except IndexError:
        raise ModelCorrupt("The tokenizer of the speech model is cut off.") from None
    return tokens
