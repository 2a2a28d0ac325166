"""Whether somebody was heard, whatever gain and jitter buffers did to the voice on its way."""

import numpy as np

from streaming.recognizers.base import Float32

PIECE = 4_000


def likeness(played_audio: Float32, said: Float32) -> float:
    """How much of what was played is found in what was said, 0 to 1: the median over its loud quarter seconds.

    Piece by piece, because browsers change the gain, and jitter buffers the time between words. 0 where nothing was.
    """
    if played_audio.size <= PIECE:
        return 0.0
    n = 1 << (said.size + PIECE).bit_length()
    spectrum = np.fft.rfft(said, n)
    power = np.concatenate([[0.0], np.cumsum(said.astype(np.float64) ** 2)])
    norms = np.sqrt(np.maximum(power[PIECE:] - power[:-PIECE], 1e-6))
    pieces = [played_audio[at : at + PIECE] for at in range(0, played_audio.size - PIECE, PIECE)]
    loudest = max(float(np.linalg.norm(piece)) for piece in pieces)
    found = []
    for piece in pieces:
        if np.linalg.norm(piece) > loudest / 4:
            product = np.fft.irfft(spectrum * np.conj(np.fft.rfft(piece, n)), n)[: norms.size]
            found.append(float(np.max(np.abs(product) / norms)) / float(np.linalg.norm(piece)))
    return float(np.median(found))
