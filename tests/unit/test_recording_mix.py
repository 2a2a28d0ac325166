"""The mix: everybody where the meeting's clock puts them, nothing clipped, no seam."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from meetings.recordings.flac import Int16
from meetings.recordings.mixing import ANCHOR_SAMPLES, Voice, mix, placed
from meetings.session_clock import SessionClock
from meetings.soft_limit import KNEE

SECOND = 16_000


def voice(samples: Int16, *, origin_ms: int = 0, block: int = 7_001) -> Voice:
    blocks = [samples[start : start + block] for start in range(0, samples.size, block)]
    return Voice(blocks=blocks, meeting_ms=SessionClock(origin_ms=origin_ms).meeting_ms)


def mixed(*voices: Voice) -> Int16:
    return np.concatenate([np.zeros(0, np.int16), *mix(voices)])


def sound(n_samples: int, seed: int, amplitude: int = 3_000) -> Int16:
    return np.random.default_rng(seed).integers(-amplitude, amplitude, n_samples).astype(np.int16)


@given(
    st.lists(st.tuples(st.integers(0, 30_000), st.integers(1, 30 * SECOND)), min_size=1, max_size=4),
    st.integers(500, 400_000),
)
def test_the_mix_is_the_obvious_sum(voices: list[tuple[int, int]], block: int) -> None:
    sounds = [sound(n_samples, seed) for seed, (_, n_samples) in enumerate(voices)]
    obvious = np.zeros(max(origin_ms * 16 + n_samples for origin_ms, n_samples in voices), np.int64)
    for (origin_ms, n_samples), samples in zip(voices, sounds, strict=True):
        obvious[origin_ms * 16 : origin_ms * 16 + n_samples] += samples
    found = mixed(
        *[voice(s, origin_ms=origin_ms, block=block) for (origin_ms, _), s in zip(voices, sounds, strict=True)]
    )
    assert np.array_equal(found, obvious)  # four voices of this loudness stay below the knee


def test_one_voice_alone_is_unchanged_up_to_the_knee() -> None:
    samples = sound(25 * SECOND, 1, amplitude=int(KNEE * 32_768))
    assert np.array_equal(mixed(voice(samples)), samples)


def test_a_clock_that_drifts_is_followed_without_a_hole_or_an_overlap() -> None:
    """300 ppm fast: a minute of the session is 18 ms less on the clock of the meeting, and nothing is heard twice."""
    samples = sound(60 * SECOND, 1)
    drifting = Voice(blocks=[samples], meeting_ms=lambda position: 5_000 + round(position / 16 * 0.9997))
    pieces = list(placed(drifting))
    assert pieces[0][0] == 5_000 * 16
    for (at, piece), (then, _) in pairwise(pieces):
        assert at + piece.size == then
    assert pieces[-1][0] + pieces[-1][1].size == (5_000 + round(60_000 * 0.9997)) * 16
    assert len(pieces) == 6


def test_a_clock_that_jumps_is_followed_by_placing_anew() -> None:
    samples = sound(2 * ANCHOR_SAMPLES, 1)
    jumping = Voice(blocks=[samples], meeting_ms=lambda p: p // 16 + (4_000 if p >= ANCHOR_SAMPLES else 0))
    (first, one), (second, other) = placed(jumping)
    assert (first, second, one.size, other.size) == (0, ANCHOR_SAMPLES + 64_000, ANCHOR_SAMPLES, ANCHOR_SAMPLES)


def test_silence_before_everybody_is_part_of_the_mix() -> None:
    samples = sound(SECOND, 1)
    found = mixed(voice(samples, origin_ms=25_000))
    assert found.size == 25 * SECOND + SECOND
    assert not found[: 25 * SECOND].any()
    assert np.array_equal(found[25 * SECOND :], samples)
