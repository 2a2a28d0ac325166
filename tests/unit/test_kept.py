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
