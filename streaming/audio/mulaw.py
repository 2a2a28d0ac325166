"""G.711 µ-law, by tables: one byte a sample on telephone lines, float32 in [-1, 1) inside.

Each byte holds a sign, the exponent of the segment and four bits within it, all inverted (ITU-T G.711, 2.1). Here
in 16-bit units: a magnitude plus `BIAS` lies in the segment whose power of two it reaches, the segments beginning at
BIAS rounded down to 128; a decoded value is the middle of its step.
"""

import numpy as np
import numpy.typing as npt

from streaming.audio.pcm import FULL_SCALE, SCALE, Float32

BIAS = 132
CLIP = 32_635  # the largest magnitude that still lies in the last segment once the bias is added
FIRST_SEGMENT_BITS = 7


def _decoded() -> Float32:
    """The value of each byte. Shape (256,)."""
    bits = ~np.arange(256) & 0xFF
    exponents, steps = (bits >> 4) & 0x07, bits & 0x0F
    magnitudes = ((2 * steps + 33) << (exponents + 2)) - BIAS
    return (np.where(bits & 0x80, -magnitudes, magnitudes) * SCALE).astype(np.float32)


def _encoded() -> npt.NDArray[np.uint8]:
    """The byte of each 16-bit value, from -32768 on. Shape (65536,)."""
    values = np.arange(-32_768, 32_768)
    biased = np.minimum(np.abs(values), CLIP) + BIAS
    exponents = np.floor(np.log2(biased)).astype(np.int64) - FIRST_SEGMENT_BITS
    steps = (biased >> (exponents + 3)) & 0x0F
    encoded: npt.NDArray[np.uint8] = (~(np.where(values < 0, 0x80, 0) | exponents << 4 | steps) & 0xFF).astype(np.uint8)
    return encoded


_DECODED = _decoded()
_ENCODED = _encoded()


def mulaw_decode(data: bytes | memoryview) -> Float32:
    """Float32 of shape (len(data),). An array of its own."""
    return _DECODED[np.frombuffer(data, dtype=np.uint8)]


def mulaw_encode(samples: Float32) -> bytes:
    """One byte for each sample. What is outside [-1, 1) is clipped."""
    scaled = np.rint(np.asarray(samples, dtype=np.float64) * FULL_SCALE)
    return _ENCODED[np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1).astype(np.int64) + 32_768].tobytes()
