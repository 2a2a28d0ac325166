"""How the server and a recognizer process talk: length-prefixed messages, a JSON header and raw samples.

Little-endian: u32 bytes of the header, u32 bytes of the payload, the header (UTF-8 JSON), the payload (float32).
"""

import json
import struct
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import BinaryIO, Final

import numpy as np

from streaming.recognizers.base import Context, DecodeOptions, Float32, Hypothesis, Word

PREFIX: Final = struct.Struct("<II")
MAX_HEADER_BYTES: Final = 1 << 20
MAX_AUDIO_SAMPLES: Final = 60 * 16_000  # a segmenter's longest utterance is 20 s
MAX_PAYLOAD_BYTES: Final = 4 * MAX_AUDIO_SAMPLES


class WireError(Exception):
    """Bytes that no sane peer writes. The stream cannot be read on after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    id: int
    audio: Float32
    options: DecodeOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Either a hypothesis or the code and sentence of an error. `id` 0: the process is loaded (or could not load)."""

    id: int
    hypothesis: Hypothesis | None = None
    languages: tuple[str, ...] = ()
    error_code: str = ""
    error_text: str = ""


def request_pack(request: Request) -> bytes:
    return _pack(
        {"id": request.id, "options": asdict(request.options)},
        np.ascontiguousarray(request.audio, dtype="<f4").tobytes(),
    )


def request_read(stream: BinaryIO) -> Request | None:
    """The next request; None at the end of the stream, also in the middle of a message. Raises WireError."""
    prefix = stream.read(PREFIX.size)
    if len(prefix) < PREFIX.size:
        return None
    n_header_bytes, n_payload_bytes = _sizes(prefix)
    body = stream.read(n_header_bytes + n_payload_bytes)
    if len(body) < n_header_bytes + n_payload_bytes:
        return None
    try:
        header = json.loads(body[:n_header_bytes])
        return Request(
            id=int(header["id"]),
            options=_options(header["options"]),
            audio=np.frombuffer(body, dtype="<f4", offset=n_header_bytes).astype(np.float32, copy=False),
        )
    except (ValueError, KeyError, TypeError) as problem:
        raise WireError("a request that cannot be read") from problem


def answer_pack(answer: Answer) -> bytes:
    return _pack(asdict(answer), b"")


class AnswerParser:
    """Cuts the answers out of a byte stream that arrives in any pieces."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Answer]:
        """Raises WireError."""
        self._buffer += data
        while len(self._buffer) >= PREFIX.size:
            n_header_bytes, n_payload_bytes = _sizes(self._buffer[: PREFIX.size])
            end = PREFIX.size + n_header_bytes + n_payload_bytes
            if len(self._buffer) < end:
                return
            header = bytes(self._buffer[PREFIX.size : PREFIX.size + n_header_bytes])
            del self._buffer[:end]
            yield _answer_parse(header)


def _answer_parse(data: bytes) -> Answer:
    try:
        header = json.loads(data)
        said = header["hypothesis"]
        return Answer(
            id=int(header["id"]),
            hypothesis=None if said is None else _hypothesis(said),
            languages=tuple(str(code) for code in header["languages"]),
            error_code=str(header["error_code"]),
            error_text=str(header["error_text"]),
        )
    except (ValueError, KeyError, TypeError) as problem:
        raise WireError("an answer that cannot be read") from problem


def _hypothesis(said: dict[str, object]) -> Hypothesis:
    words = said["words"]
    if not isinstance(words, list):
        raise TypeError("words")
    return Hypothesis(
        text=str(said["text"]),
        confidence=float(str(said["confidence"])),
        language=str(said["language"]),
        words=tuple(Word(**word) for word in words),
        engine=str(said["engine"]),
        finished=float(str(said["finished"])),
        is_doubted=bool(said["is_doubted"]),
        tokens=_whole_numbers(said["tokens"]),
    )


def _options(said: dict[str, object]) -> DecodeOptions:
    vocabulary = said["vocabulary"]
    if not isinstance(vocabulary, list):
        raise TypeError("vocabulary")
    return DecodeOptions(
        language=str(said["language"]),
        want_words=bool(said["want_words"]),
        vocabulary=tuple(str(word) for word in vocabulary),
        context=_context(said["context"]),
        given=_whole_numbers(said["given"]),
        draft=_whole_numbers(said["draft"]),
        n_kept=int(str(said["n_kept"])),
        stream=str(said["stream"]),
        speech_share=float(str(said["speech_share"])),
        surer_than=None if said["surer_than"] is None else float(str(said["surer_than"])),
        n_words=int(str(said["n_words"])),
    )


def _context(said: object) -> Context:
    if not isinstance(said, dict):
        raise TypeError("context")
    return Context(n_samples=int(said["n_samples"]), tokens=_whole_numbers(said["tokens"]))


def _whole_numbers(said: object) -> tuple[int, ...]:
    if not isinstance(said, list):
        raise TypeError("tokens")
    return tuple(int(each) for each in said)


def _pack(header: dict[str, object], payload: bytes) -> bytes:
    data = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    if len(data) > MAX_HEADER_BYTES or len(payload) > MAX_PAYLOAD_BYTES:
        raise WireError("a message above the bounds")
    return PREFIX.pack(len(data), len(payload)) + data + payload


def _sizes(prefix: bytes | bytearray) -> tuple[int, int]:
    n_header_bytes, n_payload_bytes = PREFIX.unpack(prefix)
    if n_header_bytes > MAX_HEADER_BYTES or n_payload_bytes > MAX_PAYLOAD_BYTES or n_payload_bytes % 4:
        raise WireError("a message above the bounds")
    return n_header_bytes, n_payload_bytes
