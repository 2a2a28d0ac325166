"""The real detector: its answer depends on the windows since the reset only, and quiet is free."""

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.audio.pcm import Float32
from streaming.vad import QUIET_WINDOWS, WINDOW_SAMPLES, SileroDetector, bundled_model_path

N_WINDOWS = 60


@pytest.fixture(scope="module")
def detector() -> SileroDetector:
    return SileroDetector()


def buzz(n_windows: int = N_WINDOWS) -> Float32:
    """A hundred-hertz buzz with quiet stretches: enough to move the detector's state; speech has tests of its own."""
    n_samples = n_windows * WINDOW_SAMPLES
    buzz = np.sign(np.sin(np.arange(n_samples) * 2 * np.pi * 100 / 16_000)) * 0.2
    buzz += np.random.default_rng(1).normal(0, 0.02, n_samples)
    buzz *= np.repeat(np.arange(n_windows) % 25 < 13, WINDOW_SAMPLES)
    return buzz.astype(np.float32)


def test_the_model_is_found_where_its_package_keeps_it() -> None:
    assert bundled_model_path().is_file()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, N_WINDOWS), max_size=8))
def test_splitting_the_windows_over_calls_changes_nothing(cuts: list[int]) -> None:
    detector, samples = SileroDetector(), buzz()
    whole = detector.probabilities(samples)
    detector.reset()
    parts = [detector.probabilities(part) for part in np.split(samples, [cut * WINDOW_SAMPLES for cut in sorted(cuts)])]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_after_a_reset_nothing_is_remembered(detector: SileroDetector) -> None:
    detector.reset()
    first = detector.probabilities(buzz())
    detector.reset()
    np.testing.assert_array_equal(detector.probabilities(buzz()), first)


def test_streams_do_not_share_state() -> None:
    one, other = SileroDetector(), SileroDetector()
    alone = one.probabilities(buzz())
    one.reset()
    together = []
    for window in np.split(buzz(), N_WINDOWS):
        together.append(one.probabilities(window))
        other.probabilities(window[::-1].copy())
    np.testing.assert_array_equal(np.concatenate(together), alone)


def test_a_quiet_room_costs_no_model_call_and_holds_no_speech(detector: SileroDetector) -> None:
    detector.reset()
    before = detector.n_windows_computed
    room = np.random.default_rng(2).normal(0, 10 ** (-75 / 20), N_WINDOWS * WINDOW_SAMPLES).astype(np.float32)
    assert not detector.probabilities(room).any()
    assert detector.n_windows_computed == before


def test_short_pauses_in_speech_are_still_listened_to(detector: SileroDetector) -> None:
    detector.reset()
    before = detector.n_windows_computed
    loud = np.full(WINDOW_SAMPLES, 0.1, dtype=np.float32)
    detector.probabilities(np.concatenate([loud, np.zeros(100 * WINDOW_SAMPLES, dtype=np.float32)]))
    assert detector.n_windows_computed - before == 1 + QUIET_WINDOWS


def test_no_samples_give_no_probabilities(detector: SileroDetector) -> None:
    assert len(detector.probabilities(np.zeros(0, dtype=np.float32))) == 0


def test_reading_aloud_is_speech_and_dishes_are_not(shared_testdata: Path, detector: SileroDetector) -> None:
    def share(path: Path) -> float:
        samples, _ = sf.read(path, dtype="float32")
        detector.reset()
        return float(np.mean(detector.probabilities(samples[: len(samples) // 512 * 512]) > 0.5))

    assert share(shared_testdata / "read" / "1688-142285-0000.flac") > 0.5
    assert share(shared_testdata / "noise" / "pra_doing_the_dishes.flac") < 0.05
