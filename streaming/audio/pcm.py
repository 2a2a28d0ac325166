"""Samples on the wire and in files are int16; inside there is only float32 in [-1, 1)."""

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]

FULL_SCALE = 32_768.0
SCALE = np.float32(1 / FULL_SCALE)


def pcm_decode(data: bytes | memoryview) -> Float32:
    """Little-endian signed 16-bit mono to float32 of shape (len(data) // 2,). An array of its own."""
    samples: Float32 = np.multiply(np.frombuffer(data, dtype="<i2"), SCALE, dtype=np.float32)
    return samples


def pcm_encode(samples: Float32) -> bytes:
    """What is outside [-1, 1) is clipped: a wrapped sample is a loud click."""
    scaled = np.rint(np.asarray(samples, dtype=np.float64) * FULL_SCALE)
    return np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1).astype("<i2").tobytes()
