"""Stretches of another's voice: whole, in order, none lost, none that is no voice."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streaming.audio.pcm import Float32
from streaming.foreign_speech import LONGEST_PAUSE_SAMPLES, LONGEST_SAMPLES, ForeignVoices
from tests.unit.session_fakes import SECOND, LoudnessDetector


def voice(seconds: float) -> Float32:
    return np.full(int(seconds * SECOND), 0.5, dtype=np.float32)


def made() -> ForeignVoices:
    return ForeignVoices(LoudnessDetector())


def test_a_stretch_goes_on_over_a_pause_and_ends_after_a_long_one() -> None:
    foreign = made()
    foreign.add(1_000, voice(1))
    foreign.add(1_000 + SECOND + LONGEST_PAUSE_SAMPLES, voice(1))
    assert foreign.pass_over(2 * SECOND) == []
    assert foreign.open_from == 1_000
    (found,) = foreign.pass_over(10 * SECOND)
    assert (found.start, found.end) == (1_000, 1_000 + 2 * SECOND + LONGEST_PAUSE_SAMPLES)
    assert found.audio[0] == found.audio[-1] == 0.5
    assert found.audio[SECOND] == 0
    assert foreign.open_from is None


def test_the_last_stretch_ends_where_nothing_follows() -> None:
    foreign = made()
    foreign.add(0, voice(1))
    (found,) = foreign.pass_over(SECOND, is_last=True)
    assert (found.start, found.end) == (0, SECOND)


def test_what_lies_within_an_utterance_is_no_stretch() -> None:
    foreign = made()
    foreign.add(0, voice(2))
    foreign.forget(SECOND)
    (found,) = foreign.pass_over(2 * SECOND, is_last=True)
    assert (found.start, found.end) == (SECOND, 2 * SECOND)


def test_a_knock_is_no_voice() -> None:
    foreign = made()
    foreign.add(0, voice(0.1))
    assert foreign.pass_over(SECOND, is_last=True) == []


@given(st.lists(st.tuples(st.integers(0, 30_000), st.integers(8_000, 40_000)), max_size=12), st.integers(1, 7))
def test_stretches_are_in_order_apart_and_hold_all_that_was_silenced(
    parts: list[tuple[int, int]], n_steps: int
) -> None:
    foreign, at, silenced = made(), 0, 0
    for pause, n_samples in parts:
        foreign.add(at + pause, np.full(n_samples, 0.5, dtype=np.float32))
        at += pause + n_samples
        silenced += n_samples
    found = []
    for step in range(1, n_steps + 1):
        found += foreign.pass_over(at * step // n_steps)
    found += foreign.pass_over(at, is_last=True)
    edges = [edge for each in found for edge in (each.start, each.end)]
    assert edges == sorted(edges)
    assert all(each.audio.size == each.end - each.start <= LONGEST_SAMPLES + 40_000 for each in found)
    # What a step cuts off may be too short for a voice by itself.
    assert sum(int((each.audio > 0).sum()) for each in found) >= silenced - (n_steps + len(parts)) * 3_584
