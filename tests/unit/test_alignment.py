"""Tokens get the times at which they were heard."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from streaming.recognizers.alignment import monotonic_spans, token_times
from streaming.recognizers.base import Float32

FRAME_S = 0.024


def looks(spans: list[tuple[int, int]], n_frames: int) -> Float32:
    """Each token looks at its span (first, behind the last), and a little at everything."""
    alignment = np.full((len(spans), n_frames), 1e-4, dtype=np.float32)
    for row, (first, end) in enumerate(spans):
        alignment[row, first:end] = 1 / (end - first)
    return np.asarray(alignment / alignment.sum(axis=1, keepdims=True), dtype=np.float32)


def cheapest_naively(cost: Float32) -> float:
    best = np.full(cost.shape, np.inf)
    for row, column in np.ndindex(cost.shape):
        before = [
            best[r, c] for r, c in ((row - 1, column), (row - 1, column - 1), (row, column - 1)) if min(r, c) >= 0
        ]
        best[row, column] = cost[row, column] + (min(before) if before else 0)
    return float(best[-1, -1])


def cost_of(cost: Float32, first: np.ndarray, last: np.ndarray) -> float:
    return float(sum(cost[row, first[row] : last[row] + 1].sum() for row in range(len(cost))))


def test_tokens_that_look_at_one_stretch_each_have_its_times() -> None:
    starts, ends = token_times(looks([(0, 5), (5, 12), (12, 20)], 20), FRAME_S)
    assert starts == pytest.approx(np.array([0, 5, 12]) * FRAME_S)
    assert ends == pytest.approx(np.array([5, 12, 20]) * FRAME_S)


def test_silence_before_the_first_word_is_not_the_word() -> None:
    starts, _ = token_times(looks([(40, 50), (50, 60)], 60), FRAME_S)
    assert starts[0] == pytest.approx(40 * FRAME_S)


def test_one_look_at_a_wrong_place_does_not_move_the_others() -> None:
    alignment = looks([(0, 5), (5, 12), (12, 20), (20, 30)], 30)
    alignment[1, 25] = 0.5
    starts, _ = token_times(alignment, FRAME_S)
    assert starts == pytest.approx(np.array([0, 5, 12, 20]) * FRAME_S)


@pytest.mark.parametrize("shape", [(0, 10), (3, 0), (0, 0)])
def test_no_tokens_or_no_audio_are_no_error(shape: tuple[int, int]) -> None:
    starts, ends = token_times(np.zeros(shape, dtype=np.float32), FRAME_S)
    assert len(starts) == len(ends) == shape[0]


SIZES = st.tuples(st.integers(1, 9), st.integers(1, 12))


@given(arrays.arrays(np.float32, SIZES, elements=st.floats(0, 1, width=32)))
def test_times_never_go_back_and_stay_in_the_audio(alignment: Float32) -> None:
    starts, ends = token_times(alignment, FRAME_S)
    assert (np.diff(starts) >= 0).all()
    assert (np.diff(ends) >= 0).all()
    assert (starts < ends).all()
    assert starts[0] >= 0
    assert ends[-1] == pytest.approx(alignment.shape[1] * FRAME_S)


@given(arrays.arrays(np.float32, SIZES, elements=st.integers(0, 50).map(float)))
def test_the_way_is_as_cheap_as_the_cheapest(cost: Float32) -> None:
    first, last = monotonic_spans(cost)
    assert cost_of(cost, first, last) == cheapest_naively(cost)
    assert first[0] == 0
    assert last[-1] == cost.shape[1] - 1
    assert set(first[1:] - last[:-1]) <= {0, 1}
