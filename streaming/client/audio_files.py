"""Read recordings (WAV, FLAC, OGG, MP3: what libsndfile reads) as the wire wants them: mono, 16 kHz, float32."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from meetings.limits import SAMPLE_RATE_HZ
from streaming.audio.resampler import Resampler
from streaming.client.errors import AudioFileError
from streaming.recognizers.base import Float32

BLOCK_SECONDS = 10


def audio_read(path: Path) -> Float32:
    """The whole file, shape (n,), in [-1, 1). Channels are averaged.

    Raises AudioFileError: no such file, not audio, or empty.
    """
    blocks = list(_blocks(path))
    audio = np.concatenate(blocks) if blocks else np.empty(0, np.float32)
    if not audio.size:
        raise AudioFileError(f"{path} holds no audio.")
    return audio


def _blocks(path: Path) -> Iterator[Float32]:
    if not path.is_file():
        raise AudioFileError(f"{path} is not a file.")
    try:
        with soundfile.SoundFile(path) as file:
            resampler = Resampler(file.samplerate, SAMPLE_RATE_HZ)
            for block in file.blocks(BLOCK_SECONDS * file.samplerate, dtype="float32", always_2d=True):
                yield resampler.process(block.mean(axis=1, dtype=np.float32))
            yield resampler.flush()
    except (soundfile.SoundFileError, ValueError) as error:
        raise AudioFileError(f"{path} cannot be read as audio (WAV and FLAC can).") from error
