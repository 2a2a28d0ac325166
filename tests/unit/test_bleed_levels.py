"""Levels are those of the samples, however they arrive, and fit into one byte."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.leak import dbfs_of
from meetings.levels import BANDS_HZ, N_BANDS, NOT_HEARD, loudness_dbfs
from meetings.limits import LEVEL_SAMPLES
from streaming.audio.pcm import Float32
from streaming.bleed.levels import KEPT_LEVELS, LevelTrack, levels_of

CUTS = st.lists(st.integers(1, 1_500), min_size=1, max_size=20)


def noise(n_samples: int, seed: int = 0) -> Float32:
    sound: Float32 = np.random.default_rng(seed).normal(0, 0.1, n_samples).astype(np.float32)
    return sound


@pytest.mark.parametrize("band", range(N_BANDS))
@given(dbfs=st.floats(-90, -3))
def test_a_tone_is_as_loud_as_it_is_and_in_its_band(band: int, dbfs: float) -> None:
    hz = round((BANDS_HZ[band] + BANDS_HZ[band + 1]) / 100) * 50
    tone = np.sqrt(2) * 10 ** (dbfs / 20) * np.sin(2 * np.pi * hz * np.arange(LEVEL_SAMPLES) / 16_000)
    (levels,) = dbfs_of(levels_of(tone.astype(np.float32)))
    assert abs(levels[band] - dbfs) < 0.5
    assert max(np.delete(levels, band)) < dbfs - 20


def test_silence_was_heard_and_full_scale_fits() -> None:
    loud = 4 * np.sign(noise(LEVEL_SAMPLES))
    levels = levels_of(np.concatenate([np.zeros(LEVEL_SAMPLES, np.float32), loud]))
    assert (levels[0] == 1).all()
    assert levels[1].max() == 255
    assert np.isnan(dbfs_of(np.full((1, N_BANDS), NOT_HEARD, dtype=np.uint8))).all()


@given(CUTS, st.integers(0, 700))
def test_any_cut_of_the_same_samples_gives_the_same_levels(cuts: list[int], start: int) -> None:
    samples = noise(sum(cuts))
    whole, cut = LevelTrack(), LevelTrack()
    whole.hear(start, samples)
    at = 0
    for n in cuts:
        cut.hear(start + at, samples[at : at + n])
        at += n
    assert whole.end == cut.end
    assert (whole.between(0, whole.end) == cut.between(0, whole.end)).all()


@given(CUTS, st.data())
def test_what_comes_twice_counts_once(cuts: list[int], data: st.DataObject) -> None:
    samples = noise(sum(cuts))
    once, again = LevelTrack(), LevelTrack()
    once.hear(0, samples)
    at = 0
    for n in cuts:
        again.hear(at, samples[at : at + n])
        at += n
        back = data.draw(st.integers(0, at))
        again.hear(back, samples[back:at])
    assert (once.between(0, once.end) == again.between(0, once.end)).all()


def test_a_block_of_which_samples_are_missing_was_not_heard() -> None:
    track = LevelTrack()
    track.hear(0, noise(500))
    track.hear(1_000, noise(2_000))
    assert (track.between(0, 9) == NOT_HEARD).all(axis=1).tolist() == [
        False,
        True,
        True,
        True,
        False,
        False,
        False,
        False,
        False,
    ]


def test_two_minutes_are_kept_and_no_jump_takes_more() -> None:
    track = LevelTrack()
    track.hear(0, noise(LEVEL_SAMPLES * 10))
    track.hear(10**12, noise(LEVEL_SAMPLES * 10))
    assert track.end == 10**12 // LEVEL_SAMPLES + 10
    for n in range(3):
        track.hear(10**12 + (n * KEPT_LEVELS + 10) * LEVEL_SAMPLES, noise(LEVEL_SAMPLES * KEPT_LEVELS))
    assert len(track._levels) == KEPT_LEVELS
    assert (track.between(0, 10) == NOT_HEARD).all()


@given(st.integers(0, 30), st.binary(min_size=1, max_size=40).map(lambda each: each * N_BANDS), st.integers(0, 60))
def test_stored_levels_fill_in_what_was_not_heard_here(first: int, stored: bytes, n_heard: int) -> None:
    track = LevelTrack()
    track.hear(0, noise(n_heard * LEVEL_SAMPLES))
    before = track.between(0, n_heard)
    track.recall(first, stored)
    assert (track.between(0, n_heard) == before).all()
    beyond = stored[max(0, n_heard - first) * N_BANDS :]
    n_beyond = len(beyond) // N_BANDS
    assert track.between(track.end - n_beyond, track.end).tobytes() == beyond
    assert track.end == max(n_heard, first, first + len(stored) // N_BANDS)


@pytest.mark.parametrize(("level", "dbfs"), [(255, 6.0), (215, -14.0)])
def test_loudness_is_the_mean_of_what_was_heard_in_all_bands_together(level: int, dbfs: float) -> None:
    levels = bytes([NOT_HEARD]) * N_BANDS + bytes([level]) * N_BANDS
    assert loudness_dbfs(levels) == pytest.approx(dbfs, abs=0.1)
    assert loudness_dbfs(b"") is loudness_dbfs(bytes([NOT_HEARD]) * N_BANDS) is None
