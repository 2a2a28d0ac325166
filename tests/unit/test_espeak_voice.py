"""The voice of the example bot, where it is installed."""

import numpy as np
import pytest

pytest.importorskip("espeakng_loader", reason="the extra `voice` is not installed")


def test_a_text_sounds_and_a_longer_one_longer() -> None:
    from examples.espeak_voice import espeak

    (short, rate_hz), (long, _) = espeak("Good morning."), espeak("Good morning, and welcome to this meeting.")
    assert rate_hz >= 16_000
    assert 0.5 < short.size / rate_hz < 3
    assert long.size > 1.5 * short.size
    assert 0.05 < np.abs(short).max() <= 1.0
