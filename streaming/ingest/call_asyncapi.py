"""The messages of telephone services for the description of the sockets, by the models that read them. Pure."""

from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from streaming.errors import BadMessage
from streaming.ingest import teler, twilio
from streaming.ingest.call_json import FromService, payload_pack

KINDS = {"teler": "type", "twilio": "event"}  # the field that says which message it is
SERVICES = tuple(KINDS)
_REF = "#/components/schemas/{of}{{model}}"
_TELER, _TWILIO = teler.TelerDialect(), twilio.TwilioDialect()
_STREAM = "made-up-stream"
_SILENT = payload_pack(bytes(8))
_PROBLEM = BadMessage("data.audio_b64: Field required").as_problem()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSaid:
    """`model` reads the rest of what the service says; it is None of what the service is told."""

    service: str
    said: str
    example: Any
    model: type[FromService] | None = None

    @property
    def is_from_service(self) -> bool:
        return self.model is not None

    @property
    def name(self) -> str:
        return f"{self.service}_{self.said}" if self.is_from_service else f"to_{self.service}_{self.said}"


_TELER_START = {
    "type": "start",
    "account_id": "made-up-account",
    "call_app_id": "made-up-app",
    "call_id": "made-up-call",
    "stream_id": _STREAM,
    "message_id": 1,
    "data": {"encoding": "audio/l16", "sample_rate": 16_000, "channels": 1},
}
_TWILIO_START = {
    "event": "start",
    "sequenceNumber": "1",
    "streamSid": _STREAM,
    "start": {
        "streamSid": _STREAM,
        "callSid": "made-up-call",
        "customParameters": {"caller": "+15550101234"},
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8_000, "channels": 1},
    },
}
_TWILIO_MEDIA = {
    "event": "media",
    "sequenceNumber": "2",
    "streamSid": _STREAM,
    "media": {"track": "inbound", "chunk": "1", "timestamp": "5", "payload": _SILENT},
}
_TELER_AUDIO = {"type": "audio", "stream_id": _STREAM, "message_id": 2, "data": {"audio_b64": _SILENT}}
_TELER_HUSH = _TELER.hush(stream_id=_STREAM, chunks=[1])
MESSAGES: tuple[CallSaid, ...] = (
    CallSaid(service="teler", said="start", model=teler._Start, example=_TELER_START),
    CallSaid(service="teler", said="audio", model=teler._Audio, example=_TELER_AUDIO),
    CallSaid(service="teler", said="audio", example=_TELER.voice(stream_id=_STREAM, payload=bytes(8), chunk=1)),
    CallSaid(service="teler", said="interrupt", example=_TELER_HUSH[0]),
    CallSaid(service="teler", said="clear", example=_TELER_HUSH[1]),
    CallSaid(
        service="teler", said="error", example=_TELER.problem(stream_id=_STREAM, problem=_PROBLEM, is_fatal=False)
    ),
    CallSaid(
        service="twilio",
        said="connected",
        model=twilio._Other,
        example={"event": "connected", "protocol": "Call", "version": "1.0.0"},
    ),
    CallSaid(service="twilio", said="start", model=twilio._Start, example=_TWILIO_START),
    CallSaid(service="twilio", said="media", model=twilio._Media, example=_TWILIO_MEDIA),
    *(
        CallSaid(
            service="twilio",
            said=said,
            model=twilio._Other,
            example={"event": said, "sequenceNumber": number, "streamSid": _STREAM},
        )
        for said, number in (("mark", "3"), ("dtmf", "4"), ("stop", "5"))
    ),
    CallSaid(service="twilio", said="media", example=_TWILIO.voice(stream_id=_STREAM, payload=bytes(8), chunk=1)),
    CallSaid(service="twilio", said="clear", example=_TWILIO.hush(stream_id=_STREAM, chunks=[1])[0]),
    CallSaid(
        service="twilio", said="error", example=_TWILIO.problem(stream_id=_STREAM, problem=_PROBLEM, is_fatal=False)
    ),
)


def payload_of(call: CallSaid) -> tuple[dict[str, Any], dict[str, Any]]:
    """Its schema, and the schemas that this refers to. Both services have a `Start` of their own."""
    of = call.service.title()
    schema = _built(call) if call.model is None else call.model.model_json_schema(ref_template=_REF.format(of=of))
    kind = {KINDS[call.service]: {"const": call.said}}
    payload = {
        "type": "object",
        "properties": {**kind, **{name: each for name, each in schema["properties"].items() if name not in kind}},
        "required": [*kind, *(name for name in schema.get("required", ()) if name not in kind)],
    }
    return payload, {f"{of}{name}": each for name, each in schema.get("$defs", {}).items()}


def _built(call: CallSaid) -> dict[str, Any]:
    """Of what we say, which the dialects build: the fields that are there."""
    fields = {name: TypeAdapter(type(value)).json_schema() for name, value in call.example.items()}
    return {"properties": fields, "required": list(fields)}
