"""Control messages of the sockets: what a client may say, parsed, and what the server answers, built.

Durable messages (segments with a `seq`, events) are built from the database in `meetings.messages`.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypedDict
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from meetings.limits import SAMPLE_RATE_HZ, StreamLimits, StreamLimitsWire
from streaming.errors import BadMessage, FrameTooLarge, ProblemWire, UnexpectedText, UnknownCodec, WrongRate

MAX_MESSAGE_BYTES = 65_536
# What a client may give as the cause of a loss; any other is recorded as a discontinuity without a cause.
LOST_REASONS = frozenset({"device_lost", "page_reloaded", "suspended", "store_full"})
CODEC_NAME = "pcm_s16le"

Position = Annotated[int, Field(ge=0, le=2**63 - 1)]
Cid = Annotated[str, Field(max_length=200)] | int | None


class _FromClient(BaseModel):
    """Unknown fields are ignored: newer clients may say more than we understand."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", allow_inf_nan=False)


class HelloAudio(_FromClient):
    codec: str = CODEC_NAME
    rate: int = SAMPLE_RATE_HZ


class HelloWant(_FromClient):
    captions: Literal["all", "own", "none"] = "all"
    partials: bool = True
    listen: bool = False


class HelloResume(_FromClient):
    token: str = Field(max_length=1_000)
    after_seq: Position = 0


class Hello(_FromClient):
    type: Literal["hello"] = "hello"
    audio: HelloAudio = HelloAudio()
    want: HelloWant = HelloWant()
    resume: HelloResume | None = None


class Mute(_FromClient):
    type: Literal["mute"] = "mute"
    on: bool


class Finalize(_FromClient):
    type: Literal["finalize"] = "finalize"
    cid: Cid = None


class Ping(_FromClient):
    type: Literal["ping"] = "ping"
    t: int | float | str | None = None


class Consent(_FromClient):
    type: Literal["consent"] = "consent"
    granted: tuple[Annotated[str, Field(max_length=100)], ...] = Field(max_length=32)


class Lost(_FromClient):
    """Why the samples were lost that the next frame with the discontinuity flag skips."""

    type: Literal["lost"] = "lost"
    reason: str = Field(max_length=100)


class Language(_FromClient):
    """What is spoken from `position` on; empty: the meeting's language."""

    type: Literal["language"] = "language"
    language: str = Field(max_length=100)
    position: Position = 0


class End(_FromClient):
    type: Literal["end"] = "end"
    position: Position


ClientMessage = Hello | Mute | Finalize | Ping | Consent | Lost | Language | End

_MODELS: Mapping[str, type[ClientMessage]] = {
    "hello": Hello,
    "mute": Mute,
    "finalize": Finalize,
    "ping": Ping,
    "consent": Consent,
    "lost": Lost,
    "language": Language,
    "end": End,
}


def message_parse(text: str) -> ClientMessage | None:
    """The message, or None when its type is unknown (then it is ignored).

    Raises FrameTooLarge, UnexpectedText (no JSON object), BadMessage, UnknownCodec, WrongRate.
    """
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        raise UnexpectedText from None
    if len(encoded) > MAX_MESSAGE_BYTES:
        raise FrameTooLarge(f"a control message has at most {MAX_MESSAGE_BYTES} bytes")
    model = _model_of(encoded)
    if model is None:
        return None
    try:
        message = model.model_validate_json(encoded)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise BadMessage(f"{model.__name__.lower()}.{field}: {first['msg']}") from None
    if isinstance(message, Hello):
        _check_audio(message.audio)
    return message


def _model_of(encoded: bytes) -> type[ClientMessage] | None:
    try:
        data = from_json(encoded, allow_inf_nan=False)
    except ValueError:
        raise UnexpectedText from None
    if not isinstance(data, dict):
        raise UnexpectedText
    name = data.get("type")
    if not isinstance(name, str):
        raise BadMessage("a control message has a `type`")
    return _MODELS.get(name)


def _check_audio(audio: HelloAudio) -> None:
    if audio.codec != CODEC_NAME:
        raise UnknownCodec(f"this server accepts {CODEC_NAME} only")
    if audio.rate != SAMPLE_RATE_HZ:
        raise WrongRate


class Welcome(TypedDict):
    type: Literal["welcome"]
    session_id: str
    participant_id: str
    resumed: bool
    settled: int
    resume_token: str
    resume_window_s: int
    after_seq: int
    heartbeat_ms: int
    limits: StreamLimitsWire
    consent: list[str]
    language: str


def welcome_message(
    *,
    session_id: UUID,
    participant_id: UUID,
    resumed: bool,
    settled: int,
    resume_token: str,
    resume_window_s: int,
    after_seq: int,
    heartbeat_ms: int,
    limits: StreamLimits,
    consent: Sequence[str],
    language: str,
) -> Welcome:
    """Fields of ours, which version 1 allows: `consent` granted so far, `language` that is spoken from here on."""
    return {
        "type": "welcome",
        "session_id": str(session_id),
        "participant_id": str(participant_id),
        "resumed": resumed,
        "settled": settled,
        "resume_token": resume_token,
        "resume_window_s": resume_window_s,
        "after_seq": after_seq,
        "heartbeat_ms": heartbeat_ms,
        "limits": limits.as_wire(),
        "consent": list(consent),
        "language": language,
    }


class Ack(TypedDict):
    type: Literal["ack"]
    received: int
    settled: int
    lag_ms: int


def ack_message(*, received: int, settled: int, lag_ms: int) -> Ack:
    return {"type": "ack", "received": received, "settled": settled, "lag_ms": lag_ms}


class Speech(TypedDict):
    type: Literal["speech"]
    participant_id: str
    state: Literal["start", "stop"]
    at_ms: int


def speech_message(*, participant_id: UUID, state: Literal["start", "stop"], at_ms: int) -> Speech:
    return {"type": "speech", "participant_id": str(participant_id), "state": state, "at_ms": at_ms}


class Flow(TypedDict):
    type: Literal["flow"]
    state: Literal["ok", "slow", "pause"]
    reason: str


def flow_message(*, state: Literal["ok", "slow", "pause"], reason: str) -> Flow:
    return {"type": "flow", "state": state, "reason": reason}


class Finalized(TypedDict):
    type: Literal["finalized"]
    cid: str | int | None
    position: int


def finalized_message(*, cid: str | int | None, position: int) -> Finalized:
    return {"type": "finalized", "cid": cid, "position": position}


class PartialsReset(TypedDict):
    type: Literal["partials_reset"]
    participant_id: str


def partials_reset_message(*, participant_id: UUID) -> PartialsReset:
    return {"type": "partials_reset", "participant_id": str(participant_id)}


class Draining(TypedDict):
    type: Literal["draining"]
    reason: Literal["client", "meeting_ended"]


def draining_message(*, reason: Literal["client", "meeting_ended"]) -> Draining:
    return {"type": "draining", "reason": reason}


class Ended(TypedDict):
    type: Literal["ended"]
    received: int
    speech: int
    nonspeech: int
    muted: int
    gap: int
    segments: int
    last_seq: int


def ended_message(
    *, received: int, speech: int, nonspeech: int, muted: int, gap: int, segments: int, last_seq: int
) -> Ended:
    return {
        "type": "ended",
        "received": received,
        "speech": speech,
        "nonspeech": nonspeech,
        "muted": muted,
        "gap": gap,
        "segments": segments,
        "last_seq": last_seq,
    }


def goaway_message(*, reason: str, deadline_ms: int) -> dict[str, Any]:
    return {"type": "goaway", "reason": reason, "deadline_ms": deadline_ms}


def warning_message(*, code: str) -> dict[str, Any]:
    return {"type": "warning", "code": code}


def pong_message(*, t: float | str | None) -> dict[str, Any]:
    return {"type": "pong", "t": t}


def error_message(*, problem: ProblemWire, is_fatal: bool) -> dict[str, Any]:
    return {"type": "error", "fatal": is_fatal, "problem": problem}
