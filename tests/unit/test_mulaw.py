"""G.711 µ-law against two oracles: the standard read bit by bit, and libsndfile."""

import io

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from streaming.audio.mulaw import CLIP, mulaw_decode, mulaw_encode

ALL_BYTES = bytes(range(256))


def value_of(byte: int) -> int:
    """ITU-T G.711 in five lines, in 16-bit units."""
    bits = ~byte & 0xFF
    sign, exponent, step = bits >> 7, bits >> 4 & 7, bits & 15
    magnitude = ((2 * step + 33) << (exponent + 2)) - 132
    return -magnitude if sign else magnitude


def values(samples: np.ndarray) -> list[int]:
    return [round(float(sample) * 32_768) for sample in samples]


def test_decoding_equals_the_standard() -> None:
    assert values(mulaw_decode(ALL_BYTES)) == [value_of(byte) for byte in range(256)]


def test_decoding_equals_libsndfile() -> None:
    theirs, _ = soundfile.read(
        io.BytesIO(ALL_BYTES), format="RAW", subtype="ULAW", samplerate=8_000, channels=1, dtype="int16"
    )
    assert values(mulaw_decode(ALL_BYTES)) == theirs.tolist()


def test_what_was_decoded_is_encoded_as_the_same_byte() -> None:
    """But for one of two zeros: nothing is less than nothing."""
    again = mulaw_encode(mulaw_decode(ALL_BYTES))
    assert again == ALL_BYTES.replace(b"\x7f", b"\xff")


@given(st.lists(st.integers(-32_768, 32_767), max_size=200))
def test_a_sample_lies_within_half_a_step_of_what_it_is_encoded_as(linear: list[int]) -> None:
    samples = np.array(linear, np.float32) / np.float32(32_768)
    for before, after in zip(linear, values(mulaw_decode(mulaw_encode(samples))), strict=True):
        magnitude = min(abs(before), CLIP)
        half_a_step = 2 ** ((magnitude + 132).bit_length() - 6)
        assert abs(magnitude - abs(after)) <= half_a_step
        assert after == 0 or (after < 0) == (before < 0)


@given(st.lists(st.floats(-4, 4, width=32), max_size=50))
def test_what_is_too_loud_is_clipped_and_not_wrapped(samples: list[float]) -> None:
    decoded = mulaw_decode(mulaw_encode(np.array(samples, np.float32)))
    for sample, after in zip(samples, decoded, strict=True):
        if abs(sample) >= 1:
            assert abs(after) == pytest.approx(32_124 / 32_768)
            assert (after < 0) == (sample < 0)
