"""A stateful sample-rate converter: N input seconds give N output seconds, in chunks of any size.

The browser has the same converter in JavaScript, compared through `tests/data/resampler_vectors.json`; so here
it is in exact terms. It is a polyphase windowed sinc; all is computed in float64 and given out as float32.

    g = gcd(from_hz, to_hz);  L = to_hz / g;  M = from_hz / g      output k lies at input time k * M / L
    lower_hz = min(from_hz, to_hz)
    c = 0.92 * lower_hz / from_hz                                  cut-off in cycles per sample, times two
    H = ceil(32 * from_hz / lower_hz)                              half length in input samples; 2 * H taps
    B = 8.0                                                        Kaiser beta
    i0 = (k * M) div L,  p = (k * M) mod L                         integers; p is the phase, 0 <= p < L
    u(p, j) = j - p / L                                            for j = -H + 1 ... H
    w(p, j) = I0(B * sqrt(max(0, 1 - (u / H)^2)))                  I0(x) = sum over n of ((x / 2)^n / n!)^2
    t(p, j) = sin(pi * c * u) / (pi * c * u) * w(p, j)             1 * w(p, j) where u = 0
    h(p, j) = t(p, j) / (sum over j of t(p, j))                    every phase has gain 1 at 0 Hz
    y[k] = sum over j of h(p, j) * x[i0 + j]                       x is 0 before the first and after the last

`process` gives every y[k] whose last input x[i0 + H] is there. `flush` ends the stream: it gives the rest, up
to ceil(n_input * L / M) outputs altogether. Equal rates pass samples through unchanged.

The -6 dB point is at 0.46 of the lower rate (7,360 Hz for 16 kHz); -3 dB lies about 120 Hz below it, and
nothing above half the lower rate is louder than -75 dB, which is below the noise of every microphone.
"""

import math

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

KAISER_BETA = 8.0
ZERO_CROSSINGS = 32
CUTOFF = 0.92
BLOCK_OUTPUTS = 4_096  # bounds the gathered windows to a few megabytes, however long the chunk


def polyphase_taps(*, n_phases: int, half_length: int, cutoff: float) -> Float64:
    """h(p, j) of the module's description. Shape (n_phases, 2 * half_length)."""
    offsets = np.arange(-half_length + 1, half_length + 1, dtype=np.float64)
    distances = offsets[np.newaxis, :] - (np.arange(n_phases, dtype=np.float64) / n_phases)[:, np.newaxis]
    window = np.i0(KAISER_BETA * np.sqrt(np.maximum(0.0, 1.0 - (distances / half_length) ** 2)))
    taps = np.sinc(cutoff * distances) * window
    normalised: Float64 = taps / taps.sum(axis=1, keepdims=True)
    return normalised


class Resampler:
    """Converts one mono stream. After `flush` the object is spent.

    Feeding the same samples in chunks of any size gives the same output as one call (property-tested).
    """

    def __init__(self, from_hz: int, to_hz: int) -> None:
        if from_hz <= 0 or to_hz <= 0:
            raise ValueError("sample rates must be positive")
        divisor = math.gcd(from_hz, to_hz)
        self.from_hz = from_hz
        self.to_hz = to_hz
        self._up = to_hz // divisor
        self._down = from_hz // divisor
        lower_hz = min(from_hz, to_hz)
        self._half_length = math.ceil(ZERO_CROSSINGS * from_hz / lower_hz)
        self._is_passthrough = from_hz == to_hz
        if not self._is_passthrough:
            self._taps = polyphase_taps(
                n_phases=self._up, half_length=self._half_length, cutoff=CUTOFF * lower_hz / from_hz
            )
        self._kept: Float64 = np.zeros(self._half_length - 1, dtype=np.float64)
        self._kept_from = -(self._half_length - 1)  # input index of _kept[0]
        self._n_input = 0
        self._n_output = 0
        self._is_flushed = False

    def process(self, samples: Float32) -> Float32:
        """Takes float32 of shape (n,), any n; gives what can be computed so far, shape (m,)."""
        if self._is_flushed:
            raise ValueError("the stream was flushed; a new stream needs a new resampler")
        if self._is_passthrough:
            return np.array(samples, dtype=np.float32)
        self._n_input += len(samples)
        self._kept = np.concatenate([self._kept, np.asarray(samples, dtype=np.float64)])
        # y[k] needs x[i0 + H], so i0 may be at most n_input - 1 - H: k * M < (n_input - H) * L.
        return self._outputs_until(-(-max(0, self._n_input - self._half_length) * self._up // self._down))

    def flush(self) -> Float32:
        """Ends the stream and gives the rest: altogether ceil(n_input * to_hz / from_hz) samples."""
        if self._is_flushed or self._is_passthrough:
            self._is_flushed = True
            return np.zeros(0, dtype=np.float32)
        self._is_flushed = True
        self._kept = np.concatenate([self._kept, np.zeros(self._half_length + 1, dtype=np.float64)])
        return self._outputs_until(-(-self._n_input * self._up // self._down))

    def _outputs_until(self, n_output: int) -> Float32:
        blocks = [
            self._block(first, min(first + BLOCK_OUTPUTS, n_output))
            for first in range(self._n_output, n_output, BLOCK_OUTPUTS)
        ]
        self._n_output = max(self._n_output, n_output)
        oldest_needed = self._n_output * self._down // self._up - self._half_length + 1
        n_spent = min(oldest_needed - self._kept_from, len(self._kept))
        self._kept = self._kept[n_spent:].copy()
        self._kept_from += n_spent
        return np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.float32)

    def _block(self, first: int, stop: int) -> Float32:
        times = np.arange(first, stop, dtype=np.int64) * self._down
        starts = times // self._up - self._half_length + 1 - self._kept_from
        windows = np.lib.stride_tricks.sliding_window_view(self._kept, 2 * self._half_length)[starts]
        outputs: Float64 = np.einsum("kj,kj->k", windows, self._taps[times % self._up])
        return outputs.astype(np.float32)
