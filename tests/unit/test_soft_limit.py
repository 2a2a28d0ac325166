"""Loud sums are bent, soft ones are not touched, and nothing jumps."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from meetings.soft_limit import KNEE, soft_limit


@given(st.lists(st.floats(-40, 40, width=32), max_size=50))
def test_every_sum_is_within_full_scale_with_its_sign_and_order(sums: list[float]) -> None:
    samples = np.array(sums, np.float32)
    within = soft_limit(samples)
    assert within.shape == samples.shape
    assert within.dtype == np.float32
    assert np.all(np.abs(within) <= 1.0)
    assert np.all(np.sign(within) * np.sign(samples) >= 0)
    order = np.argsort(samples)
    assert np.all(np.diff(within[order]) >= 0)
    soft = np.abs(samples) <= KNEE
    assert np.array_equal(within[soft], samples[soft])


def test_the_bend_begins_without_a_corner() -> None:
    samples = np.linspace(0, 2, 20_001, dtype=np.float64).astype(np.float32)
    slopes = np.diff(soft_limit(samples).astype(np.float64)) / np.diff(samples.astype(np.float64))
    assert np.abs(np.diff(slopes)).max() < 0.05
