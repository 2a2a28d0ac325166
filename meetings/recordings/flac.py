"""FLAC of 16 kHz mono int16, bit for bit what was captured."""

from collections.abc import Iterator
from io import BytesIO
from typing import IO

import numpy as np
import numpy.typing as npt
import soundfile

from meetings.errors import MeetingsError
from meetings.limits import SAMPLE_RATE_HZ

Int16 = npt.NDArray[np.int16]

BLOCK_SAMPLES = 60 * SAMPLE_RATE_HZ


class UnreadableAudio(MeetingsError):
    """A file is not what was written. Nothing is put in its place."""

    code, status = "recording_unreadable", 500
    title = "A recorded file cannot be read."


def flac_encode(samples: Int16) -> bytes:
    """`samples` of shape (n,), n > 0."""
    return _encode(samples, "FLAC")


def wav_encode(samples: Int16) -> bytes:
    """For players: every browser takes it, and needs no seeking in it."""
    return _encode(samples, "WAV")


def _encode(samples: Int16, form: str) -> bytes:
    data = BytesIO()
    soundfile.write(data, samples, SAMPLE_RATE_HZ, format=form, subtype="PCM_16")
    return data.getvalue()


def flac_decode(data: bytes) -> Int16:
    """Raises UnreadableAudio."""
    with flac_open(BytesIO(data)) as reader:
        return _read(reader, len(reader))


def flac_open(file: IO[bytes]) -> soundfile.SoundFile:
    """Raises UnreadableAudio."""
    try:
        reader = soundfile.SoundFile(file)
    except soundfile.SoundFileError as error:
        raise UnreadableAudio("A recorded file is no FLAC.") from error
    if (reader.samplerate, reader.channels) != (SAMPLE_RATE_HZ, 1):
        raise UnreadableAudio("A recorded file is not 16 kHz mono.")
    return reader


def flac_read(file: IO[bytes], start: int, end: int) -> Int16:
    """Exactly the samples [start, end) of a file. Raises UnreadableAudio."""
    with flac_open(file) as reader:
        try:
            reader.seek(start)
        except soundfile.SoundFileError as error:
            raise UnreadableAudio("A recorded file is shorter than it should be.") from error
        return _read(reader, end - start)


def flac_blocks(file: IO[bytes], block_samples: int = BLOCK_SAMPLES) -> Iterator[Int16]:
    """A file from its beginning, piece by piece. Raises UnreadableAudio."""
    with flac_open(file) as reader:
        n_left = len(reader)
        while n_left > 0:
            n_now = min(n_left, block_samples)
            yield _read(reader, n_now)
            n_left -= n_now


def _read(reader: soundfile.SoundFile, n_samples: int) -> Int16:
    try:
        samples: Int16 = reader.read(n_samples, dtype="int16")
    except soundfile.SoundFileError as error:
        raise UnreadableAudio("A recorded file is damaged.") from error
    if samples.size != n_samples:
        raise UnreadableAudio("A recorded file is shorter than it should be.")
    return samples
