"""Twilio's dialect: Media Streams in both directions (docs/voice/media-streams/websocket-messages). Pure.

`sequenceNumber` counts all messages of a stream, `chunk` those with audio; numbers come as text.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

from pydantic import Field

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

NAME_PARAMETER, CALLER_PARAMETER = "name", "caller"
INBOUND = ("inbound", "inbound_track")


class _MediaFormat(FromService):
    encoding: str = "audio/x-mulaw"
    sampleRate: Number = 8_000  # noqa: N815  Twilio's name
    channels: Number = 1


class _StartData(FromService):
    callSid: Identifier  # noqa: N815  Twilio's name
    streamSid: str = ""  # noqa: N815  Twilio's name
    mediaFormat: _MediaFormat = _MediaFormat()  # noqa: N815  Twilio's name
    customParameters: Mapping[str, Annotated[str, Field(max_length=2_000)]] = {}  # noqa: N815  Twilio's name


class _Other(FromService):
    streamSid: str = ""  # noqa: N815  Twilio's name
    sequenceNumber: Number | None = None  # noqa: N815  Twilio's name


class _Start(_Other):
    start: _StartData


class _MediaData(FromService):
    track: str = "inbound"
    chunk: Number | None = None
    timestamp: Number | None = None
    payload: str


class _Media(_Other):
    media: _MediaData


class TwilioDialect:
    service: ClassVar[str] = "twilio"
    chunk_ms: ClassVar[int] = 20

    def parse(self, text: str) -> CallMessage:
        data = object_parse(text)
        match data.get("event"):
            case "start":
                return _start(model_parse(_Start, data))
            case "media":
                return _media(model_parse(_Media, data))
            case "stop":
                other = model_parse(_Other, data)
                return CallStop(stream_id=other.streamSid, number=other.sequenceNumber)
            case str():  # connected, mark, dtmf, and what is yet to come
                other = model_parse(_Other, data)
                return CallOther(stream_id=other.streamSid, number=other.sequenceNumber)
        raise BadMessage("a message of Twilio has an `event`")

    def voice(self, *, stream_id: str, payload: bytes, chunk: int) -> ServiceMessage:
        return {"event": "media", "streamSid": stream_id, "media": {"payload": payload_pack(payload)}}

    def hush(self, *, stream_id: str, chunks: Sequence[int]) -> list[ServiceMessage]:
        return [{"event": "clear", "streamSid": stream_id}]

    def problem(self, *, stream_id: str, problem: ProblemWire, is_fatal: bool) -> ServiceMessage:
        return {"event": "error", "streamSid": stream_id, "fatal": is_fatal, "problem": problem}


def _start(message: _Start) -> CallStart:
    start = message.start
    stream_id = start.streamSid or message.streamSid
    if not 0 < len(stream_id) <= 200:
        raise BadMessage("start.streamSid: names the stream")
    media = start.mediaFormat
    return CallStart(
        call_id=start.callSid,
        stream_id=stream_id,
        number=message.sequenceNumber,
        format=format_parse(encoding=media.encoding, rate_hz=media.sampleRate, channels=media.channels),
        name=start.customParameters.get(NAME_PARAMETER, ""),
        caller=start.customParameters.get(CALLER_PARAMETER, ""),
    )


def _media(message: _Media) -> CallAudio | CallOther:
    media = message.media
    if media.track not in INBOUND:  # what the caller hears is not what the caller says
        return CallOther(stream_id=message.streamSid, number=message.sequenceNumber)
    return CallAudio(
        stream_id=message.streamSid,
        number=message.sequenceNumber,
        audio_number=media.chunk,
        timestamp_ms=media.timestamp,
        payload=payload_parse(media.payload),
    )
