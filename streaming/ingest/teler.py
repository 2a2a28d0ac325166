"""Teler's dialect: media streams as FreJun documents them (docs/media-streaming/supported-messages). Pure.

Teler says no farewell: it closes the socket when the call ends. `message_id` counts all messages of a stream from 1.
"""

from collections.abc import Sequence
from typing import ClassVar

from streaming.errors import BadMessage, ProblemWire
from streaming.ingest.call_json import (
    FromService,
    Identifier,
    Number,
    model_parse,
    object_parse,
    payload_pack,
    payload_parse,
)
from streaming.ingest.call_messages import (
    CallAudio,
    CallMessage,
    CallOther,
    CallStart,
    CallStop,
    ServiceMessage,
    format_parse,
)


class _StartData(FromService):
    encoding: str = "audio/l16"
    sample_rate: Number = 8_000
    channels: Number = 1


class _Start(FromService):
    call_id: Identifier
    stream_id: Identifier
    message_id: Number | None = None
    data: _StartData = _StartData()


class _AudioData(FromService):
    audio_b64: str


class _Audio(FromService):
    stream_id: str = ""
    message_id: Number | None = None
    data: _AudioData


class _Other(FromService):
    stream_id: str = ""
    message_id: Number | None = None


class TelerDialect:
    service: ClassVar[str] = "teler"
    chunk_ms: ClassVar[int] = 500  # Teler plays shorter ones choppily

    def parse(self, text: str) -> CallMessage:
        data = object_parse(text)
        match data.get("type"):
            case "start":
                start = model_parse(_Start, data)
                return CallStart(
                    call_id=start.call_id,
                    stream_id=start.stream_id,
                    number=start.message_id,
                    format=format_parse(
                        encoding=start.data.encoding, rate_hz=start.data.sample_rate, channels=start.data.channels
                    ),
                )
            case "audio":
                # The flat form is what Teler's own bridges send; both may come.
                audio = model_parse(_Audio, data if "data" in data else {**data, "data": data})
                return CallAudio(
                    stream_id=audio.stream_id, number=audio.message_id, payload=payload_parse(audio.data.audio_b64)
                )
            case "stop":
                other = model_parse(_Other, data)
                return CallStop(stream_id=other.stream_id, number=other.message_id)
            case str():
                other = model_parse(_Other, data)
                return CallOther(stream_id=other.stream_id, number=other.message_id)
        raise BadMessage("a message of Teler has a `type`")

    def voice(self, *, stream_id: str, payload: bytes, chunk: int) -> ServiceMessage:
        """In the documented form and the flat one at once: receivers of either understand it."""
        audio = {"audio_b64": payload_pack(payload), "chunk_id": chunk}
        return {"type": "audio", "data": audio, **audio}

    def hush(self, *, stream_id: str, chunks: Sequence[int]) -> list[ServiceMessage]:
        """`interrupt` stops what is playing; `clear` drops what is queued behind it."""
        return [*({"type": "interrupt", "chunk_id": chunk} for chunk in chunks), {"type": "clear"}]

    def problem(self, *, stream_id: str, problem: ProblemWire, is_fatal: bool) -> ServiceMessage:
        return {"type": "error", "fatal": is_fatal, "problem": problem}
