"""Audio frames: 16 bytes of header, little-endian, then the payload. The layout is in `PROTOCOL.md`."""

import struct
from dataclasses import dataclass

from meetings.limits import SAMPLES_PER_MS, StreamLimits
from streaming.errors import FrameTooLarge, FrameTooLong, MalformedFrame, UnknownCodec

VERSION = 1
CODEC_PCM_S16LE = 0
CODEC_OPUS = 1
FLAG_DISCONTINUITY = 1
FLAG_MUTED = 2
STREAM_MICROPHONE = 0
STREAM_MIX = 1
BYTES_PER_SAMPLE = 2

HEADER = struct.Struct("<BBBBIQ")


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioFrame:
    """Samples [position, position + n_samples) of a session. Its flags speak of what was skipped before."""

    codec: int = CODEC_PCM_S16LE
    is_discontinuity: bool = False
    is_muted: bool = False
    stream: int = STREAM_MICROPHONE
    n_samples: int
    position: int
    payload: bytes | memoryview  # what arrived is looked at where it lies

    @property
    def end(self) -> int:
        return self.position + self.n_samples


def frame_pack(frame: AudioFrame) -> bytes:
    flags = FLAG_DISCONTINUITY * frame.is_discontinuity | FLAG_MUTED * frame.is_muted
    header = HEADER.pack(VERSION, frame.codec, flags, frame.stream, frame.n_samples, frame.position)
    return header + frame.payload


def frame_unpack(data: bytes) -> AudioFrame:
    """Any frame of this version, whichever side sent it. Unknown flag bits are ignored.

    Raises MalformedFrame.
    """
    if len(data) < HEADER.size:
        raise MalformedFrame(f"a frame has a header of {HEADER.size} bytes")
    version, codec, flags, stream, n_samples, position = HEADER.unpack_from(data)
    if version != VERSION:
        raise MalformedFrame(f"frames have version {VERSION}")
    if codec == CODEC_PCM_S16LE and len(data) - HEADER.size != BYTES_PER_SAMPLE * n_samples:
        raise MalformedFrame("the payload of PCM is exactly 2 bytes for each of n_samples")
    return AudioFrame(
        codec=codec,
        is_discontinuity=bool(flags & FLAG_DISCONTINUITY),
        is_muted=bool(flags & FLAG_MUTED),
        stream=stream,
        n_samples=n_samples,
        position=position,
        payload=memoryview(data)[HEADER.size :],
    )


def frame_parse(data: bytes, *, limits: StreamLimits) -> AudioFrame:
    """A frame that a client may send us.

    A frame shorter than `limits.frame_ms` passes: whether it is the last before `end` is not known yet, and
    the intake charges it as if it had full length.

    Raises FrameTooLarge, FrameTooLong, MalformedFrame, UnknownCodec.
    """
    if len(data) > limits.max_frame_bytes:
        raise FrameTooLarge(f"a frame has at most {limits.max_frame_bytes} bytes")
    frame = frame_unpack(data)
    if frame.codec != CODEC_PCM_S16LE:
        raise UnknownCodec(f"this server accepts codec {CODEC_PCM_S16LE} (pcm_s16le) only")
    if frame.stream != STREAM_MICROPHONE:
        raise MalformedFrame(f"clients send stream {STREAM_MICROPHONE} (microphone) only")
    if frame.n_samples > limits.frame_ms[1] * SAMPLES_PER_MS:
        raise FrameTooLong(f"a frame lasts at most {limits.frame_ms[1]} ms")
    return frame
