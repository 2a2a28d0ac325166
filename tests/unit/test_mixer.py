"""The mixer: equal to the obvious one on what comes in time, and honest about what does not."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.audio.pcm import Float32
from streaming.mixer import BLOCK_SAMPLES, RING_SAMPLES, MixedBlock, Mixer
from streaming.playout_delay import LONGEST_SAMPLES, MARGIN_SAMPLES

SECOND = 16_000
FIRST = 7 * SECOND  # where the meeting stands when somebody begins to listen
KNEE = 0.7


def voice(seed: int, n_samples: int, *, level: float = 0.1) -> Float32:
    return (np.random.default_rng(seed).standard_normal(n_samples) * level).astype(np.float32)


def obvious_limit(sample: float) -> float:
    size = abs(sample)
    bent = size if size <= KNEE else KNEE + (1 - KNEE) * float(np.tanh((size - KNEE) / (1 - KNEE)))
    return bent if sample >= 0 else -bent


def obvious_mix(voices: dict[str, Float32], without: str | None) -> Float32:
    others = [samples for name, samples in voices.items() if name != without]
    return np.array([obvious_limit(float(sum(each))) for each in zip(*others, strict=True)], dtype=np.float32)


def mixed(mixer: Mixer, n_blocks: int) -> list[MixedBlock]:
    return [mixer.next_block() for _ in range(n_blocks)]


def heard(blocks: list[MixedBlock], without: str | None = None) -> Float32:
    return np.concatenate([each.without.get(without, each.mix) for each in blocks])


@given(
    st.integers(2, 6),
    st.floats(0.02, 0.9),
    st.lists(st.integers(1, 1_000), min_size=1, max_size=6),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None)
def test_mixer_equals_the_obvious_mixer(n_voices: int, level: float, chunks: list[int], seed: int) -> None:
    """Whatever the pieces in which voices come: the sum without one's own, bent where it is loud."""
    n_samples = 10 * BLOCK_SAMPLES
    beginning = np.zeros(80, np.float32)  # where a voice is faded in
    voices = {str(n): np.concatenate([beginning, voice(seed + n, n_samples, level=level)]) for n in range(n_voices)}
    mixer = Mixer(FIRST)
    for name, samples in voices.items():
        starts = np.cumsum([0, *chunks * n_samples])
        for start, end in pairwise([*starts[starts < samples.size].tolist(), samples.size]):
            mixer.feed(name, FIRST + start, samples[start:end])
    blocks = mixed(mixer, 11)
    for without in (None, *voices):
        expected = np.concatenate([np.zeros(MARGIN_SAMPLES, np.float32), obvious_mix(voices, without)])
        given_out = heard(blocks, without)[: expected.size]
        np.testing.assert_allclose(given_out, expected[: given_out.size], atol=2e-6)


def test_voices_are_aligned_by_meeting_time_whenever_they_come() -> None:
    """Two microphones that heard one clap at the same time give it at the same time, though one came 60 ms later."""
    mixer = Mixer(FIRST)
    clap = np.zeros(20 * BLOCK_SAMPLES, np.float32)
    clap[15 * BLOCK_SAMPLES] = 0.5
    blocks = []
    for number in range(26):
        if number < 20:
            mixer.feed("near", FIRST + number * BLOCK_SAMPLES, clap[number * BLOCK_SAMPLES :][:BLOCK_SAMPLES])
        if 3 <= number < 23:
            late = number - 3
            mixer.feed("far", FIRST + late * BLOCK_SAMPLES, clap[late * BLOCK_SAMPLES :][:BLOCK_SAMPLES])
        blocks.append(mixer.next_block())
    at = [int(np.argmax(heard(blocks, without))) for without in ("far", "near")]
    assert at[0] == 15 * BLOCK_SAMPLES + MARGIN_SAMPLES
    assert 0 <= at[1] - at[0] <= 4 * BLOCK_SAMPLES  # its own jitter buffer, and no more


def test_a_voice_that_is_late_once_is_waited_for_from_then_on() -> None:
    mixer = Mixer(FIRST)
    samples = voice(1, 100 * BLOCK_SAMPLES)
    for number in range(100):
        mixer.next_block()
        if number >= 3:  # every frame comes 80 ms after its capture began
            at = (number - 3) * BLOCK_SAMPLES
            mixer.feed("ada", FIRST + at, samples[at : at + BLOCK_SAMPLES])
    counters = mixer.counters["ada"]
    assert counters.n_late == 0
    assert counters.n_concealed == 0
    assert counters.n_played > 90 * BLOCK_SAMPLES


def test_what_does_not_come_is_concealed_and_counted_once_it_is_known_to_have_been_said() -> None:
    mixer = Mixer(FIRST)
    samples = voice(2, 60 * BLOCK_SAMPLES)
    for number in range(10):
        mixer.feed("ada", FIRST + number * BLOCK_SAMPLES, samples[number * BLOCK_SAMPLES :][:BLOCK_SAMPLES])
        mixer.next_block()
    blocks = mixed(mixer, 10)
    powers = [float(np.abs(block.mix).max()) for block in blocks]
    assert powers[1] > 0 < powers[2]
    assert powers[1] > powers[3]
    assert powers[4:] == [0.0] * 6  # it fades within 60 ms
    assert mixer.counters["ada"].n_concealed == 0
    mixer.feed("ada", FIRST + 10 * BLOCK_SAMPLES, samples[: 20 * BLOCK_SAMPLES])
    assert mixer.counters["ada"].n_concealed > 8 * BLOCK_SAMPLES


def test_whoever_mutes_was_not_late() -> None:
    """After a mute the position jumps: nothing was missing."""
    mixer = Mixer(FIRST)
    mixer.feed("ada", FIRST, voice(3, 5 * BLOCK_SAMPLES))
    mixed(mixer, 30)
    mixer.feed("ada", FIRST + 30 * BLOCK_SAMPLES, voice(3, 5 * BLOCK_SAMPLES))
    mixed(mixer, 5)
    assert mixer.counters["ada"].n_concealed == 0


def test_audio_that_is_caught_up_on_is_not_played_and_counted() -> None:
    """After an outage of half a minute the kept audio comes at eight times real time: nobody wants to hear that."""
    mixer = Mixer(FIRST)
    samples = voice(4, 30 * SECOND)
    mixer.feed("ada", FIRST, samples[:BLOCK_SAMPLES])
    mixed(mixer, 1_500)
    at = BLOCK_SAMPLES
    while at < 29 * SECOND:
        mixer.feed("ada", FIRST + at, samples[at : at + 8 * BLOCK_SAMPLES])
        assert not mixer.next_block().mix.any()
        at += 8 * BLOCK_SAMPLES
    assert mixer.counters["ada"].n_late > 28 * SECOND


def test_a_clock_that_is_wrong_by_seconds_is_heard_all_the_same() -> None:
    """Meeting time is an estimate: where it is off, a voice must not be silent for ever."""
    mixer = Mixer(FIRST)
    samples = voice(5, 6 * SECOND)
    heard_samples = 0
    for number in range(300):
        at = number * BLOCK_SAMPLES
        mixer.feed("ada", FIRST - 5 * SECOND + at, samples[at : at + BLOCK_SAMPLES])
        heard_samples += int(np.count_nonzero(mixer.next_block().mix))
    assert heard_samples > 3 * SECOND


def test_the_delay_shrinks_where_the_voice_is_quiet() -> None:
    mixer = Mixer(FIRST)
    mixed(mixer, 10)
    sounds = voice(6, BLOCK_SAMPLES)
    mixer.feed("ada", FIRST + 10 * BLOCK_SAMPLES - 4_000, sounds)  # one that was 250 ms late
    position = FIRST + 10 * BLOCK_SAMPLES
    quiet = np.zeros(BLOCK_SAMPLES, np.float32)
    for number in range(400):
        mixer.feed("ada", position + number * BLOCK_SAMPLES, quiet)
        mixer.next_block()
    mixer.feed("ada", position + 400 * BLOCK_SAMPLES, sounds)
    first = np.flatnonzero(heard(mixed(mixer, 30)))[0]
    assert first <= MARGIN_SAMPLES + BLOCK_SAMPLES


def test_nobody_hears_more_than_full_scale_nor_a_hole_in_it() -> None:
    mixer = Mixer(FIRST)
    ramp = np.linspace(-1, 1, 4 * BLOCK_SAMPLES, dtype=np.float32)
    for number in range(4):
        mixer.feed(number, FIRST, ramp)
    mixer.next_block()
    samples = heard(mixed(mixer, 3))
    assert np.abs(samples).max() < 1.0
    assert np.abs(np.diff(samples)).max() < 0.01


def test_what_goes_to_other_nodes_holds_nothing_that_came_from_them() -> None:
    """Else a voice would go round between two nodes for ever."""
    mixer = Mixer(FIRST)
    here, there = voice(12, 20 * BLOCK_SAMPLES), voice(13, 20 * BLOCK_SAMPLES)
    mixer.feed("ada", FIRST, here)
    mixer.feed("another node", FIRST, there, is_remote=True)
    blocks = mixed(mixer, 10)
    own = np.concatenate([block.own for block in blocks])
    np.testing.assert_allclose(own, heard(blocks, "another node"), atol=1e-6)
    np.testing.assert_allclose(own[400:], here[400 - MARGIN_SAMPLES : own.size - MARGIN_SAMPLES], atol=1e-6)


def test_blocks_are_whole_wherever_the_meeting_stands() -> None:
    mixer = Mixer()
    mixer.restart(FIRST + 123)
    mixer.feed("ada", FIRST + 123, voice(11, 80 * BLOCK_SAMPLES))
    assert {block.mix.shape for block in mixed(mixer, 2 * RING_SAMPLES // BLOCK_SAMPLES)} == {(BLOCK_SAMPLES,)}


def test_levels_and_who_leads() -> None:
    mixer = Mixer(FIRST)
    for name, level in (("ada", 0.3), ("ben", 0.01)):
        mixer.feed(name, FIRST, voice(7, 60 * BLOCK_SAMPLES, level=level))
    block = mixed(mixer, 20)[-1]
    assert block.levels_dbfs["ada"] == pytest.approx(-10.5, abs=1)
    assert block.levels_dbfs["ben"] == pytest.approx(-40, abs=1)
    assert block.active == "ada"


def test_silent_voices_hold_no_memory_and_come_back() -> None:
    mixer = Mixer(FIRST)
    for number in range(40):
        mixer.feed(number, FIRST, voice(number, BLOCK_SAMPLES))
    assert len(mixer._ring) >= 40
    mixed(mixer, 150)
    assert not mixer.is_sounding
    assert len(mixer._ring) <= 4
    mixer.feed("ada", mixer.position, voice(8, 5 * BLOCK_SAMPLES))
    assert heard(mixed(mixer, 5)).any()


def test_a_voice_that_is_far_ahead_takes_no_more_than_its_row() -> None:
    """A file streamed faster than real time: what lies beyond the ring is dropped, and overwrites nothing."""
    mixer = Mixer(FIRST)
    mixer.feed("ada", FIRST, voice(9, BLOCK_SAMPLES))
    mixer.feed("ada", FIRST + BLOCK_SAMPLES, voice(9, 3 * RING_SAMPLES))
    blocks = mixed(mixer, 10)
    np.testing.assert_allclose(
        heard(blocks)[MARGIN_SAMPLES + BLOCK_SAMPLES + 80 :],
        voice(9, 3 * RING_SAMPLES)[80 : 9 * BLOCK_SAMPLES - MARGIN_SAMPLES],
    )


def test_a_mixer_that_was_held_up_goes_on_with_what_is_said_now() -> None:
    mixer = Mixer(FIRST)
    mixer.feed("ada", FIRST, voice(10, 30 * BLOCK_SAMPLES))
    mixer.pass_over(20)
    assert mixer.position == FIRST + 20 * BLOCK_SAMPLES
    assert heard(mixed(mixer, 5)).any()
    mixer.pass_over(10**9)  # not one by one
    assert mixer.position == FIRST + (10**9 + 25) * BLOCK_SAMPLES
    assert not heard(mixed(mixer, 70)).any()
    assert LONGEST_SAMPLES < RING_SAMPLES // 2


def test_a_voice_that_only_ever_came_too_late_is_forgotten() -> None:
    mixer = Mixer(FIRST)
    mixer.feed("ada", FIRST - 5 * SECOND, voice(14, 2 * BLOCK_SAMPLES))
    mixed(mixer, 100)
    assert not mixer.is_sounding


def test_what_could_not_be_played_does_not_count_as_played() -> None:
    """An agent sends all of its speech at once: most of it is beyond what a mixer holds."""
    mixer = Mixer(FIRST)
    for number in range(100):
        mixer.feed("agent", FIRST + number * BLOCK_SAMPLES, voice(15, BLOCK_SAMPLES))
    mixed(mixer, 5)
    assert mixer.played_to("agent") == FIRST + 5 * BLOCK_SAMPLES - MARGIN_SAMPLES


def test_another_node_is_sent_nothing_while_nobody_speaks_here() -> None:
    mixer = Mixer(FIRST)
    mixer.feed("another node", FIRST, voice(16, 5 * BLOCK_SAMPLES), is_remote=True)
    assert not mixer.next_block().has_own
    mixer.feed("ada", mixer.position, voice(17, 5 * BLOCK_SAMPLES))
    assert mixer.next_block().has_own
