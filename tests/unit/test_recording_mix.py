"""The mix: everybody where the meeting's clock puts them, nothing clipped, no seam."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.recordings.flac import Int16
from meetings.recordings.mixing import ANCHOR_SAMPLES, Float32, Voice, mix, placed
from meetings.session_clock import ClockCorrection, SessionClock
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


def test_a_clock_that_jumps_while_the_voice_is_late_puts_nothing_into_what_was_said_before() -> None:
    """It was set back, and nobody paused, so the voice is a second late still; then it jumps ahead by 3 s."""

    def meeting_ms(position: int) -> int:
        n = position // ANCHOR_SAMPLES
        return position // 16 - (1_000 if n else 0) + (3_000 if n > 1 else 0)

    pieces = list(placed(Voice(blocks=[sound(4 * ANCHOR_SAMPLES, 1)], meeting_ms=meeting_ms)))
    for (at, piece), (then, _) in pairwise(pieces):
        assert at + piece.size <= then


def test_only_as_much_of_pauses_is_left_out_as_the_voice_is_late() -> None:
    clock = SessionClock(origin_ms=0).corrected(ClockCorrection(start=5 * SECOND, offset_ms=-400))
    pieces = list(placed(Voice(blocks=[spoken(60)], meeting_ms=clock.meeting_ms)))
    sizes = [piece.size for _, piece in pieces]
    assert sum(sizes) == 60 * SECOND - 6_400
    assert sizes[1:] == [ANCHOR_SAMPLES] * 5
    said = spoken(60)[ANCHOR_SAMPLES - SECOND : ANCHOR_SAMPLES].astype(np.float32) / 32_768
    assert np.array_equal(pieces[0][1][-SECOND:], said), "neither stretched nor squeezed"


def test_voices_that_are_too_loud_together_are_bent_and_not_cut_off() -> None:
    loud = (np.sin(np.arange(SECOND) / 5) * 30_000).astype(np.int16)
    found = mixed(voice(loud), voice(loud)).astype(np.int64)
    assert np.abs(found).max() < 32_768
    assert np.count_nonzero(np.abs(found) >= 32_767) < np.count_nonzero(np.abs(2 * loud.astype(np.int64)) >= 32_767) / 4
    assert (np.sign(found) == np.sign(loud)).all()


def spoken(seconds: int) -> Int16:
    """Every second 0.7 s of a voice, and a pause."""
    samples = sound(seconds * SECOND, 1)
    samples.reshape(-1, SECOND)[:, int(0.7 * SECOND) :] = 0
    return samples


def late_s(pieces: list[tuple[int, Float32]], samples: Int16, second: int, *, expected: float) -> float:
    """How much later than expected the voice of that second of the session is, up to 3 s."""
    whole = np.zeros(pieces[-1][0] + pieces[-1][1].size, np.float32)
    for at, piece in pieces:
        whole[at : at + piece.size] = piece
    begin = int((expected - 3) * SECOND)
    wanted = samples[second * SECOND : second * SECOND + SECOND // 4].astype(np.float32)
    alike = np.correlate(whole[begin : begin + 7 * SECOND], wanted, "valid")
    return int(np.argmax(alike)) / SECOND - 3


@pytest.mark.parametrize("back_ms", [400, 2_500])
def test_after_a_clock_was_set_back_the_voice_is_where_it_was_said_again(back_ms: int) -> None:
    """Its first frame had waited, which was found out only when something had been told: pauses make up for it."""
    clock = SessionClock(origin_ms=5_000).corrected(ClockCorrection(start=2 * SECOND, offset_ms=-back_ms))
    samples = spoken(60)
    pieces = list(placed(Voice(blocks=[samples], meeting_ms=clock.meeting_ms)))
    for (at, piece), (then, _) in pairwise(pieces):
        assert at + piece.size == then
    assert abs(late_s(pieces, samples, 40, expected=45 - back_ms / 1_000)) < 0.05
    assert np.count_nonzero(np.concatenate([piece for _, piece in pieces])) > 0.68 * samples.size


def test_a_loss_that_was_counted_too_long_is_caught_up_with() -> None:
    """Somebody set a device's clock: its page took that for 30 s lost, until later frames showed that it was none."""
    lost_from, n_lost = 15 * SECOND, 30 * SECOND
    samples = spoken(200)
    samples[lost_from : lost_from + n_lost] = 0
    clock = SessionClock(origin_ms=0).corrected(ClockCorrection(start=lost_from + n_lost, offset_ms=-30_000))
    pieces = list(placed(Voice(blocks=[samples], meeting_ms=clock.meeting_ms)))
    assert abs(late_s(pieces, samples, 190, expected=160)) < 0.05


def test_who_never_pauses_loses_nothing_and_catches_up_slowly() -> None:
    clock = SessionClock(origin_ms=0).corrected(ClockCorrection(start=SECOND, offset_ms=-400))
    pieces = list(placed(Voice(blocks=[sound(60 * SECOND, 1)], meeting_ms=clock.meeting_ms)))
    assert pieces[-1][0] + pieces[-1][1].size == int(59.6 * SECOND)
    assert min(piece.size for _, piece in pieces) >= 0.99 * ANCHOR_SAMPLES


def test_silence_before_everybody_is_part_of_the_mix() -> None:
    samples = sound(SECOND, 1)
    found = mixed(voice(samples, origin_ms=25_000))
    assert found.size == 25 * SECOND + SECOND
    assert not found[: 25 * SECOND].any()
    assert np.array_equal(found[25 * SECOND :], samples)
