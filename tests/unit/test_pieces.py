"""The tokenizer file of Moonshine. Decoding itself is tested with real speech in tests/integration."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.recognizers.base import ModelCorrupt
from streaming.recognizers.pieces import pieces_parse


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
