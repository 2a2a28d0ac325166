"""Real speech as tests hear it."""

import wave
from pathlib import Path

import numpy as np

from streaming.recognizers.base import Float32, Hypothesis

BECKETT = ("tried", "failed", "no matter", "again", "better")


def sound_read(path: Path) -> Float32:
    """A 16 kHz recording as float32."""
    with wave.open(str(path)) as file:
        assert file.getframerate() == 16_000
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    return samples.astype(np.float32) / np.float32(32_768)


def assert_beckett(hypothesis: Hypothesis) -> None:
    assert [word for word in BECKETT if word not in hypothesis.text.lower()] == []
