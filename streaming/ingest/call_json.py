"""JSON of telephone services, read with care: bounded, named fields only, numbers that may come as text. Pure."""

import base64
import binascii
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic_core import from_json

from streaming.errors import BadMessage, FrameTooLarge, UnexpectedText

MAX_CALL_MESSAGE_BYTES = 262_144  # Teler's longest chunk, 2 s at 16 kHz, is a third of it
MAX_NUMBER = 2**53
MAX_DIGITS = 16


def _number(value: object) -> object:
    """Twilio writes its numbers as text."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= MAX_DIGITS:
        return int(value)
    return value


_NUMBER_SAID = {
    "anyOf": [
        {"type": "integer", "minimum": 0, "maximum": MAX_NUMBER},
        {"type": "string", "pattern": f"^[0-9]{{1,{MAX_DIGITS}}}$"},
    ]
}
Number = Annotated[int, BeforeValidator(_number), Field(strict=True, ge=0, le=MAX_NUMBER), WithJsonSchema(_NUMBER_SAID)]
Identifier = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]  # PostgreSQL stores no NUL


class FromService(BaseModel):
    """Unknown fields are ignored: services add some without asking."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False, hide_input_in_errors=True)


Model = TypeVar("Model", bound=FromService)


def object_parse(text: str) -> Mapping[str, Any]:
    """Raises FrameTooLarge, UnexpectedText."""
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        raise UnexpectedText from None
    if len(encoded) > MAX_CALL_MESSAGE_BYTES:
        raise FrameTooLarge(f"a message of a call has at most {MAX_CALL_MESSAGE_BYTES} bytes")
    try:
        data = from_json(encoded, allow_inf_nan=False)
    except ValueError:
        raise UnexpectedText("a message of a call is a JSON object") from None
    if not isinstance(data, dict):
        raise UnexpectedText("a message of a call is a JSON object")
    return data


def model_parse(model: type[Model], data: Mapping[str, Any]) -> Model:
    """Raises BadMessage, which names the field and never what was in it."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise BadMessage(f"{field}: {first['msg']}") from None


def payload_parse(text: str) -> bytes:
    """Raises BadMessage."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadMessage("the audio is not base64") from None


def payload_pack(payload: bytes) -> str:
    return base64.b64encode(payload).decode("ascii")
