"""What a client may say in control messages, parsed."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from meetings.limits import SAMPLE_RATE_HZ
from streaming.errors import BadMessage, FrameTooLarge, UnexpectedText, UnknownCodec, WrongRate

MAX_MESSAGE_BYTES = 65_536
# What a client may give as the cause of a loss; any other is recorded as a discontinuity without a cause.
LOST_REASONS = frozenset({"device_lost", "page_reloaded", "suspended", "store_full"})
CODEC_NAME = "pcm_s16le"

Position = Annotated[int, Field(ge=0, le=2**63 - 1)]
ChunkId = Annotated[str, Field(min_length=1, max_length=64)]
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


class Listen(_FromClient):
    """Whether the others' voices are wanted from now on; `hello.want.listen` said so at first."""

    type: Literal["listen"] = "listen"
    on: bool


class Finalize(_FromClient):
    type: Literal["finalize"] = "finalize"
    cid: Cid = None


class Ping(_FromClient):
    type: Literal["ping"] = "ping"
    t: int | float | str | None = None


class Consent(_FromClient):
    """`position` is where an agreement to be recorded begins; what was captured before it is not recorded."""

    type: Literal["consent"] = "consent"
    granted: tuple[Annotated[str, Field(max_length=100)], ...] = Field(max_length=32)
    position: Position = 0


class Lost(_FromClient):
    """Why the samples were lost that the next frame with the discontinuity flag skips."""

    type: Literal["lost"] = "lost"
    reason: str = Field(max_length=100)


class Language(_FromClient):
    """What is spoken from `position` on; empty: the meeting's language."""

    type: Literal["language"] = "language"
    language: str = Field(max_length=100)
    position: Position = 0


class Say(_FromClient):
    """The samples [position, position + n_samples) of an agent's session are one chunk."""

    type: Literal["say"] = "say"
    id: ChunkId
    position: Position
    n_samples: Annotated[int, Field(gt=0, le=2**63 - 1)]


class Interrupt(_FromClient):
    """One chunk, being heard or waiting, is withdrawn."""

    type: Literal["interrupt"] = "interrupt"
    id: ChunkId


class Clear(_FromClient):
    """All chunks are withdrawn."""

    type: Literal["clear"] = "clear"


class End(_FromClient):
    type: Literal["end"] = "end"
    position: Position


ForAgents = Say | Interrupt | Clear
ClientMessage = Hello | Mute | Listen | Finalize | Ping | Consent | Lost | Language | ForAgents | End

_MODELS: Mapping[str, type[ClientMessage]] = {
    "hello": Hello,
    "mute": Mute,
    "listen": Listen,
    "finalize": Finalize,
    "ping": Ping,
    "consent": Consent,
    "lost": Lost,
    "language": Language,
    "say": Say,
    "interrupt": Interrupt,
    "clear": Clear,
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
