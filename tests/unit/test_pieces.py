"""The tokenizer file of Moonshine. Decoding itself is tested with real speech in tests/integration."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.recognizers.base import ModelCorrupt
from streaming.recognizers.pieces import Pieces, pieces_parse


def _packed(token: bytes) -> bytes:
    if len(token) < 128:
        return bytes([len(token)]) + token
    return bytes([len(token) % 128 + 128, len(token) // 128]) + token


@given(st.lists(st.binary(max_size=400)))
def test_tokens_are_read_as_they_were_written(tokens: list[bytes]) -> None:
    assert pieces_parse(b"".join(map(_packed, tokens))) == tokens


@given(st.binary(min_size=1, max_size=400), st.data())
def test_a_tokenizer_that_was_cut_off_is_corrupt(token: bytes, data: st.DataObject) -> None:
    packed = _packed(token)
    with pytest.raises(ModelCorrupt):
        pieces_parse(packed[: data.draw(st.integers(1, len(packed) - 1))])


LETTERS = ("▁", "a", "b", "ab", "▁a", "▁ab", "bb", "abb")
BYTES = [bytes([byte]) for byte in range(256)]


def test_what_was_learned_first_is_joined_first() -> None:
    pieces = Pieces([piece.encode() for piece in LETTERS])
    assert [LETTERS[token] for token in pieces.tokens("abb")] == ["▁ab", "b"]
    assert [LETTERS[token] for token in pieces.tokens("ab a")] == ["▁ab", "▁a"]


@given(st.text(), st.booleans())
def test_any_text_is_written_so_that_it_reads_the_same_or_not_at_all(text: str, has_bytes: bool) -> None:
    pieces = Pieces([*(BYTES if has_bytes else ()), *(piece.encode() for piece in LETTERS)])
    tokens = pieces.tokens(text)
    assert not tokens or pieces.text(tokens) == text
    if has_bytes and text.isascii() and text == " ".join(text.split()) and text.isprintable():
        assert pieces.text(tokens) == text
