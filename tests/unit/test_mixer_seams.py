"""Where voices begin, break off, overlap or change places in the mixer nothing clicks, and nothing is heard twice."""

import numpy as np

from streaming.audio.pcm import Float32
from streaming.mixer import BLOCK_SAMPLES, FADE_SAMPLES, Mixer
from streaming.playout_delay import MARGIN_SAMPLES
from tests.unit.test_mixer import FIRST, heard, mixed, voice


def steady(n_samples: int, level: float = 0.5) -> Float32:
    return np.full(n_samples, level, np.float32)


def test_a_voice_begins_without_a_click_and_goes_on_without_one() -> None:
    mixer = Mixer(FIRST)
    for number in range(3):
        mixer.feed("ada", FIRST + number * BLOCK_SAMPLES, steady(BLOCK_SAMPLES))
    samples = heard(mixed(mixer, 3))[MARGIN_SAMPLES:]
    assert 0 < samples[0] < 0.01
    assert np.abs(np.diff(samples)).max() < 0.01
    assert (samples[FADE_SAMPLES:] == 0.5).all()


def test_after_a_break_a_voice_begins_without_a_click_again() -> None:
    mixer = Mixer(FIRST)
    mixer.feed("ada", FIRST, steady(BLOCK_SAMPLES))
    mixed(mixer, 10)
    mixer.feed("ada", FIRST + 10 * BLOCK_SAMPLES, steady(BLOCK_SAMPLES))
    samples = heard(mixed(mixer, 1))
    assert np.abs(np.diff(samples)).max() < 0.01
    assert samples.max() > 0.4


def test_what_comes_a_second_time_does_not_take_the_place_of_what_stands_there() -> None:
    mixer = Mixer(FIRST)
    mixer.feed("ada", FIRST, steady(2 * BLOCK_SAMPLES))
    mixer.feed("ada", FIRST + BLOCK_SAMPLES, steady(2 * BLOCK_SAMPLES, level=-0.2))
    samples = heard(mixed(mixer, 4))[MARGIN_SAMPLES:]
    assert (samples[FADE_SAMPLES : 2 * BLOCK_SAMPLES] == 0.5).all()
    assert np.allclose(samples[2 * BLOCK_SAMPLES + FADE_SAMPLES : 3 * BLOCK_SAMPLES], -0.2)


def test_what_is_withdrawn_while_it_sounds_fades_within_a_block() -> None:
    mixer = Mixer(FIRST)
    mixer.feed("agent", FIRST, steady(10 * BLOCK_SAMPLES))
    mixed(mixer, 3)
    mixer.withdraw("agent", FIRST, FIRST + 10 * BLOCK_SAMPLES)
    samples = heard(mixed(mixer, 5))
    assert samples[0] > 0.49
    assert np.abs(np.diff(samples)).max() < 0.01
    assert not samples[BLOCK_SAMPLES:].any()


def test_nothing_of_a_voice_that_has_left_is_heard_in_its_successor_s() -> None:
    """They share a row of the ring."""
    mixer = Mixer(FIRST)
    mixer.feed("ada", FIRST, steady(20 * BLOCK_SAMPLES))
    mixed(mixer, 3)
    mixer.leave("ada")
    mixer.feed("ben", mixer.position, steady(BLOCK_SAMPLES, level=0.1))
    assert heard(mixed(mixer, 20)).max() <= 0.1001


def test_voices_of_this_node_are_bent_for_others_too() -> None:
    mixer = Mixer(FIRST)
    for name in ("ada", "ben", "eve"):
        mixer.feed(name, FIRST, steady(5 * BLOCK_SAMPLES))
    mixer.feed("another node", FIRST, voice(1, 5 * BLOCK_SAMPLES), is_remote=True)
    own = np.concatenate([block.own for block in mixed(mixer, 4)])
    assert 0.9 < own.max() < 1.0
