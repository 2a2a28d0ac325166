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
        # Characters stand behind bytes in it: where both are the same, the character is what the model writes.
        self._ids = {piece: token for token, piece in enumerate(pieces)}

    @property
    def n_pieces(self) -> int:
        return len(self._pieces)

    def is_mark(self, token: int) -> bool:
        """Punctuation that stands behind a word."""
        return self._bytes(token) in MARKS

    def is_stop(self, token: int) -> bool:
        """Punctuation that ends a sentence."""
        return self._bytes(token) in STOPS

    def tokens(self, text: str) -> tuple[int, ...]:
        """`text` as the model would write it, a space before it; nothing if it could not.

        A byte-pair vocabulary of the Llama kind: pieces stand in the order in which they were learned, and of all
        neighbours that make a piece, those whose piece was learned first are joined first.
        """
        signs = (sign.encode("utf-8", "ignore") for sign in f" {text}".replace(" ", SPACE.decode()))
        parts = [part for sign in signs for part in ([sign] if sign in self._ids else [bytes([b]) for b in sign])]
        while pairs := [
            (token, at)
            for at in range(len(parts) - 1)
            if (token := self._ids.get(parts[at] + parts[at + 1])) is not None
        ]:
            _, at = min(pairs)
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        if not all(part in self._ids for part in parts):
            return ()
        tokens = tuple(self._ids[part] for part in parts)
        return tokens if self.text(tokens) == text else ()

    def words(
        self, tokens: Sequence[int], probabilities: Sequence[float], starts: Float32, ends: Float32
    ) -> tuple[Word, ...]:
        """One word for each space; its confidence is the geometric mean of its pieces' probabilities, marks aside.

        `starts` and `ends` in seconds, one for each token, as `probabilities`.
        """
        groups: list[list[int]] = []
        for index, token in enumerate(tokens):
            if not groups or (self._bytes(token).startswith(SPACE) and self.text([tokens[i] for i in groups[-1]])):
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
            w=self.text([tokens[index] for index in group]),
            s=round(float(starts[spoken[0]]), 3),
            e=round(float(ends[spoken[-1]]), 3),
            c=round(math.prod(probabilities[index] for index in spoken) ** (1 / len(spoken)), 3),
            n=len(group),
        )

    def text(self, tokens: Sequence[int]) -> str:
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
