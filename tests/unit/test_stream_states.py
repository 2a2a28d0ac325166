"""A state serves only the utterance whose begin it has heard."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streaming.recognizers.base import Float32
from streaming.recognizers.stream_states import Heard, StreamStates


def audio_of(seed: int, n_samples: int = 1_000) -> Float32:
    return np.random.default_rng(seed).standard_normal(n_samples, dtype=np.float32)


def heard_of(audio: Float32) -> Heard[str]:
    heard = Heard(state="s")
    heard.rest_of(audio)
    return heard


def test_what_was_kept_is_given_back_for_the_same_begin_only_once() -> None:
    states: StreamStates[str] = StreamStates()
    heard = heard_of(audio_of(1)[:400])
    states.keep(("a",), heard)
    assert states.take(("a",), audio_of(1)) is heard
    assert states.take(("a",), audio_of(1)) is None


def test_another_name_gets_nothing() -> None:
    states: StreamStates[str] = StreamStates()
    states.keep(("a",), heard_of(audio_of(1)))
    assert states.take(("b",), audio_of(1)) is None


def test_other_audio_under_the_same_name_gets_nothing() -> None:
    states: StreamStates[str] = StreamStates()
    states.keep(("a",), heard_of(audio_of(1)))
    assert states.take(("a",), audio_of(2)) is None
    assert len(states) == 0


def test_audio_shorter_than_what_was_heard_gets_nothing() -> None:
    states: StreamStates[str] = StreamStates()
    states.keep(("a",), heard_of(audio_of(1)))
    assert states.take(("a",), audio_of(1)[:999]) is None


def test_the_state_that_nobody_asked_for_longest_is_given_up_first() -> None:
    states: StreamStates[str] = StreamStates(max_states=2)
    for name in "abac":
        states.keep((name,), heard_of(audio_of(1)))
    assert states.take(("b",), audio_of(1)) is None
    assert states.take(("a",), audio_of(1)) is not None
    assert states.take(("c",), audio_of(1)) is not None


@given(st.lists(st.integers(0, 1_000), max_size=8))
def test_cut_in_any_way_each_sample_is_new_exactly_once(ends: list[int]) -> None:
    audio, heard = audio_of(3), Heard(state="s")
    rests = [heard.rest_of(audio[:end]) for end in sorted(ends)] + [heard.rest_of(audio)]
    assert np.array_equal(np.concatenate(rests), audio)
    states: StreamStates[str] = StreamStates()
    states.keep(("a",), heard)
    assert states.take(("a",), audio) is heard
