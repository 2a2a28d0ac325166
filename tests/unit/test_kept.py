"""The audio that a client keeps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.client.kept import KeptAudio


@given(
    st.lists(st.integers(0, 50), max_size=20),
    st.lists(st.integers(0, 600), max_size=10),
    st.integers(0, 200),
)
def test_whatever_is_not_settled_can_be_read_again(sizes: list[int], settled: list[int], n_samples: int) -> None:
    kept, everything = KeptAudio(), np.arange(sum(sizes), dtype=np.float32)
    position = 0
    for size in sizes:
        kept.append(everything[position : position + size])
        position += size
    for each in settled:
        kept.settle(min(each, kept.captured))
    first = max([min(each, kept.captured) for each in settled], default=0)
    assert kept.oldest <= first
    np.testing.assert_array_equal(kept.read(first, n_samples), everything[first : first + n_samples])


def test_what_is_settled_is_forgotten() -> None:
    kept = KeptAudio()
    kept.append(np.zeros(100, np.float32))
    kept.append(np.ones(100, np.float32))
    kept.settle(100)
    with pytest.raises(ValueError, match="not within"):
        kept.read(0, 10)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(1, 50), st.just(0)),
        st.tuples(st.just("skip"), st.integers(0, 40), st.just(0)),
        st.tuples(st.just("withdraw"), st.integers(0, 300), st.integers(0, 80)),
    ),
    max_size=12,
)


@given(steps, st.integers(1, 60))
def test_reading_on_gives_every_sample_that_was_not_taken_back_at_its_position(
    done: list[tuple[str, int, int]], n_samples: int
) -> None:
    """Against the obvious: a dictionary of positions."""
    kept, expected = KeptAudio(), dict[int, float]()
    for kind, first, n in done:
        if kind == "append":
            samples = np.arange(kept.captured, kept.captured + first, dtype=np.float32)
            expected.update({kept.captured + at: float(value) for at, value in enumerate(samples)})
            kept.append(samples)
        elif kind == "skip":
            kept.skip(kept.captured + first)
        else:
            kept.withdraw(first, first + n)
            expected = {at: value for at, value in expected.items() if not first <= at < first + n}
    read, position = dict[int, float](), 0
    while (position := kept.following(position)) < kept.captured:
        samples = kept.read(position, n_samples)
        assert samples.size
        read.update({position + at: float(value) for at, value in enumerate(samples)})
        position += samples.size
    assert read == expected
    assert kept.count(n_samples, 3 * n_samples) == sum(n_samples <= at < 3 * n_samples for at in expected)
