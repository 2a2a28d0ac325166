"""The listener's store of samples against an obvious one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.audio.buffer import SMALLEST_CAPACITY_SAMPLES, SampleBuffer

steps = st.lists(st.tuples(st.integers(0, 9_000), st.floats(0, 1)), max_size=30)


@given(st.integers(0, 10_000), steps)
def test_it_holds_what_the_obvious_store_holds(start: int, steps: list[tuple[int, float]]) -> None:
    buffer, all_samples = SampleBuffer(start), np.zeros(0, dtype=np.float32)
    for n_samples, forgotten_share in steps:
        new = np.arange(len(all_samples), len(all_samples) + n_samples, dtype=np.float32)
        all_samples = np.concatenate([all_samples, new])
        buffer.append(new)
        assert buffer.end == start + len(all_samples)
        np.testing.assert_array_equal(buffer.view(buffer.start, buffer.end), all_samples[buffer.start - start :])
        buffer.forget(buffer.start + int(forgotten_share * (buffer.end - buffer.start)))


def test_memory_follows_what_is_held_and_not_what_went_through() -> None:
    buffer, second = SampleBuffer(0), np.zeros(16_000, dtype=np.float32)
    for _ in range(100):
        buffer.append(second)
        buffer.forget(buffer.end - 1_000)
    assert len(buffer._samples) <= 4 * SMALLEST_CAPACITY_SAMPLES


def test_what_was_forgotten_cannot_be_asked_for() -> None:
    buffer = SampleBuffer(0)
    buffer.append(np.zeros(100, dtype=np.float32))
    buffer.forget(50)
    with pytest.raises(ValueError, match="not held"):
        buffer.view(49, 60)


def test_restarting_goes_on_at_another_position() -> None:
    buffer = SampleBuffer(0)
    buffer.append(np.ones(100, dtype=np.float32))
    buffer.restart(1_000)
    buffer.append(np.zeros(5, dtype=np.float32))
    assert (buffer.start, buffer.end, buffer.view(1_000, 1_005).tolist()) == (1_000, 1_005, [0.0] * 5)


def test_a_session_that_holds_nothing_takes_no_memory() -> None:
    buffer = SampleBuffer(0)
    assert buffer.capacity_samples == 0
    buffer.append(np.zeros(100, dtype=np.float32))
    assert buffer.capacity_samples > 0
    buffer.forget(100)
    assert buffer.capacity_samples == 0
    buffer.append(np.zeros(100, dtype=np.float32))
    buffer.restart(1_000)
    assert buffer.capacity_samples == 0
