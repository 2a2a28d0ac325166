"""int16 at the border, float32 inside: nothing wraps and nothing is lost on the way."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streaming.audio.pcm import pcm_decode, pcm_encode


@given(st.lists(st.integers(-32_768, 32_767)))
def test_encoding_what_was_decoded_gives_the_same_bytes(values: list[int]) -> None:
    data = np.array(values, dtype="<i2").tobytes()
    assert pcm_encode(pcm_decode(data)) == data


def test_decoded_samples_are_float32_below_one_and_writable() -> None:
    samples = pcm_decode(b"\xff\x7f\x00\x80")
    assert samples.dtype == np.float32
    assert samples.tolist() == [32_767 / 32_768, -1.0]
    samples[0] = 0.0


def test_too_loud_samples_are_clipped_and_do_not_wrap() -> None:
    assert pcm_encode(np.array([1.5, -1.5], dtype=np.float32)) == b"\xff\x7f\x00\x80"
