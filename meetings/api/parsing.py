"""Request bodies: JSON only, bounded in size and depth, holding nothing that the database could not store."""

import json
from math import isinf
from typing import Any, NoReturn

from django.conf import settings
from django.http import HttpRequest
from ninja.parser import Parser

from meetings.api.problems import MALFORMED, NOT_JSON, TOO_LARGE, Problem, ProblemError

DEPTH_MAX = 32
_TWICE = Problem(
    code="malformed_json",
    status=400,
    detail="The request body names a field twice: it would be anybody's guess which one is meant.",
)
_UNSTORABLE = Problem(
    code="malformed_json",
    status=400,
    detail="The request body nests too deeply, or holds text that is not Unicode (NUL or half a surrogate pair).",
)


class JsonParser(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        media_type = request.content_type or ""
        if media_type != "application/json" and not media_type.endswith("+json"):
            raise ProblemError(NOT_JSON)
        if len(request.body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:  # Django looks at Content-Length only
            raise ProblemError(TOO_LARGE)
        try:
            value = json.loads(
                request.body, parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_object
            )
        except (ValueError, RecursionError):
            raise ProblemError(MALFORMED) from None
        if not _is_storable(value, depth=0):
            raise ProblemError(_UNSTORABLE)
        return value


def _refuse_constant(name: str) -> NoReturn:
    """NaN and Infinity are Python's own, not JSON."""
    raise ValueError


def _finite(text: str) -> float:
    """1e999 is JSON, and Python's infinity, which is none any more when it is written."""
    number = float(text)
    if isinf(number):
        raise ValueError
    return number


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ProblemError(_TWICE)
    return found


def _is_storable(value: object, *, depth: int) -> bool:
    match value:
        case str():
            return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)
        case list():
            return depth < DEPTH_MAX and all(_is_storable(item, depth=depth + 1) for item in value)
        case dict():
            return depth < DEPTH_MAX and all(
                _is_storable(key, depth=depth) and _is_storable(item, depth=depth + 1) for key, item in value.items()
            )
    return True
