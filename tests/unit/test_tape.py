"""The tape gives back what was put on it, by position, and holds no more than is asked to be kept."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.tape import Tape

pieces = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 60)), max_size=30)  # (hole before it, samples)


def taped(sizes: list[tuple[int, int]]) -> tuple[Tape, dict[int, float]]:
    tape, held, position = Tape(), dict[int, float](), 0
    for hole, n_samples in sizes:
        position += hole
        samples = np.arange(position, position + n_samples, dtype=np.float32)
        tape.add(position, samples)
        held.update(zip(range(position, position + n_samples), samples.tolist(), strict=True))
        position += n_samples
    return tape, held


@given(pieces, st.integers(0, 3_000), st.integers(0, 3_000), st.integers(0, 3_000))
def test_runs_hold_exactly_what_was_taped_of_a_range_and_not_forgotten(
    sizes: list[tuple[int, int]], before: int, start: int, end: int
) -> None:
    tape, held = taped(sizes)
    tape.forget(before)
    runs = tape.runs(start, end)
    found = {
        position: sample
        for run in runs
        for position, sample in zip(range(run.start, run.end), np.concatenate(run.parts).tolist(), strict=True)
    }
    assert found == {p: s for p, s in held.items() if max(before, start) <= p < end}
    assert all(one.end < other.start for one, other in pairwise(runs))
    assert tape.held_samples == sum(p >= before for p in held)


def test_samples_that_go_back_are_refused() -> None:
    tape = Tape()
    tape.add(100, np.zeros(10, np.float32))
    with pytest.raises(ValueError, match="in order"):
        tape.add(105, np.zeros(10, np.float32))
