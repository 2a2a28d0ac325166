"""The resampler against a naive oracle, physics, and the vectors that its JavaScript twin is held to."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.audio.resampler import CUTOFF, KAISER_BETA, ZERO_CROSSINGS, Float32, Resampler

VECTORS_PATH = Path(__file__).parents[1] / "data" / "resampler_vectors.json"
RATES_HZ = [8_000, 11_025, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000]


def resampled(samples: Float32, from_hz: int, to_hz: int = 16_000) -> Float32:
    resampler = Resampler(from_hz, to_hz)
    return np.concatenate([resampler.process(samples), resampler.flush()])


def tone(hz: float, rate_hz: int, seconds: float) -> Float32:
    return np.sin(2 * np.pi * hz * np.arange(int(rate_hz * seconds)) / rate_hz).astype(np.float32)


def gain_db(hz: float, from_hz: int) -> float:
    output = resampled(tone(hz, from_hz, 0.5), from_hz)[1_000:-1_000]
    return float(20 * np.log10(np.sqrt(2 * np.mean(output.astype(np.float64) ** 2)) + 1e-9))


def obvious_resampler(samples: Float32, from_hz: int, to_hz: int) -> list[float]:
    """The formulas of the module's description, one output and one tap at a time."""
    divisor = math.gcd(from_hz, to_hz)
    up, down, lower_hz = to_hz // divisor, from_hz // divisor, min(from_hz, to_hz)
    cutoff, half = CUTOFF * lower_hz / from_hz, math.ceil(ZERO_CROSSINGS * from_hz / lower_hz)
    outputs = []
    for k in range(math.ceil(len(samples) * up / down)):
        start, phase = divmod(k * down, up)
        weights, total = [], 0.0
        for j in range(-half + 1, half + 1):
            u = j - phase / up
            window = float(np.i0(KAISER_BETA * math.sqrt(max(0.0, 1 - (u / half) ** 2))))
            weights.append(window * (math.sin(math.pi * cutoff * u) / (math.pi * cutoff * u) if u else 1.0))
            if 0 <= start + j < len(samples):
                total += weights[-1] * float(samples[start + j])
        outputs.append(total / sum(weights))
    return outputs


@pytest.mark.parametrize("from_hz", [8_000, 44_100, 48_000])
def test_it_equals_the_obvious_resampler(from_hz: int) -> None:
    samples = np.random.default_rng(7).uniform(-1, 1, 300).astype(np.float32)
    np.testing.assert_allclose(resampled(samples, from_hz), obvious_resampler(samples, from_hz, 16_000), atol=2e-7)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(RATES_HZ), st.lists(st.integers(0, 700), max_size=12), st.integers(0, 2**32 - 1))
def test_any_chunking_gives_the_samples_of_one_call(from_hz: int, chunk_lengths: list[int], seed: int) -> None:
    samples = np.random.default_rng(seed).uniform(-1, 1, sum(chunk_lengths)).astype(np.float32)
    resampler, outputs = Resampler(from_hz, 16_000), []
    for chunk in np.split(samples, np.cumsum(chunk_lengths)):
        outputs.append(resampler.process(chunk))
    outputs.append(resampler.flush())
    np.testing.assert_allclose(np.concatenate(outputs), resampled(samples, from_hz), atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(RATES_HZ), st.integers(0, 20_000))
def test_n_input_seconds_give_n_output_seconds_within_one_sample(from_hz: int, n_input: int) -> None:
    n_output = len(resampled(np.zeros(n_input, dtype=np.float32), from_hz))
    assert n_output == math.ceil(n_input * 16_000 / from_hz)


@pytest.mark.parametrize("from_hz", [22_050, 44_100, 48_000, 96_000])
def test_half_power_lies_just_below_the_cutoff(from_hz: int) -> None:
    assert abs(gain_db(7_240, from_hz) - -3.0) < 0.3
    assert abs(gain_db(7_360, from_hz) - -6.0) < 0.3
    assert abs(gain_db(6_400, from_hz)) < 0.05


@pytest.mark.parametrize("from_hz", [22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("hz", [8_010, 9_000, 10_500])
def test_nothing_above_half_the_output_rate_comes_back_as_an_alias(from_hz: int, hz: int) -> None:
    assert gain_db(hz, from_hz) < -75


def test_a_telephone_tone_keeps_its_frequency_and_makes_no_image() -> None:
    output = resampled(tone(1_000, 8_000, 1.0), 8_000)[2_000:-2_000]
    spectrum = np.abs(np.fft.rfft(output * np.hanning(len(output))))
    hz = np.fft.rfftfreq(len(output), 1 / 16_000)
    assert abs(hz[int(np.argmax(spectrum))] - 1_000) < 2
    assert 20 * np.log10(spectrum[hz > 4_500].max() / spectrum.max()) < -75


def test_constant_input_stays_constant_in_every_phase() -> None:
    output = resampled(np.full(8_820, 0.5, dtype=np.float32), 44_100)
    np.testing.assert_allclose(output[100:-100], 0.5, atol=1e-7)


def test_equal_rates_pass_samples_through() -> None:
    samples = tone(440, 16_000, 0.1)
    np.testing.assert_array_equal(resampled(samples, 16_000), samples)


def test_a_flushed_resampler_refuses_more() -> None:
    resampler = Resampler(48_000, 16_000)
    resampler.flush()
    with pytest.raises(ValueError, match="flushed"):
        resampler.process(np.zeros(1, dtype=np.float32))


@pytest.mark.parametrize("rate_hz", [0, -1])
def test_a_rate_must_be_positive(rate_hz: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        Resampler(rate_hz, 16_000)


def test_the_vectors_that_the_browser_is_held_to_are_ours() -> None:
    vectors = json.loads(VECTORS_PATH.read_text(encoding="utf-8"))["vectors"]
    assert {vector["from_hz"] for vector in vectors} == {8_000, 44_100, 48_000}
    for vector in vectors:
        samples = np.array(vector["input"], dtype=np.float32)
        np.testing.assert_allclose(resampled(samples, vector["from_hz"], vector["to_hz"]), vector["output"], atol=1e-6)
