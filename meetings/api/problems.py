"""Refusals as RFC 9457 `application/problem+json`. The one place where an exception becomes an HTTP answer."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, NotRequired, TypedDict, cast

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError

from meetings.errors import MeetingsError

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_S = 2


class FieldProblem(TypedDict):
    """What is wrong with one field. Never repeats the value: it may be speech, a name or a secret."""

    location: str
    field: str
    code: str
    detail: str


class ProblemWire(TypedDict):
    type: str
    code: str
    title: str
    status: int
    detail: str
    errors: NotRequired[list[FieldProblem]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    code: str
    status: int
    detail: str
    title: str = ""
    errors: Sequence[FieldProblem] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    extensions: Mapping[str, object] = field(default_factory=dict)  # more members, as RFC 9457 allows

    def as_wire(self) -> ProblemWire:
        wire: ProblemWire = {
            "type": f"/problems/{self.code}",
            "code": self.code,
            "title": self.title or HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            wire["errors"] = list(self.errors)
        return wire


class ProblemError(Exception):
    """A refusal that only the HTTP edge knows of, raised with its answer."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.code)


def problem_response(problem: Problem) -> HttpResponse:
    response = HttpResponse(
        json.dumps({**problem.extensions, **problem.as_wire()}),
        status=problem.status,
        content_type=CONTENT_TYPE,
        headers={"Cache-Control": "no-store", **problem.headers},
    )
    # Django would log the path of every refusal, and the path of a meeting holds its code.
    response._has_been_logged = True  # type: ignore[attr-defined]  # Django's own flag
    return response


UNAUTHENTICATED = Problem(
    code="unauthenticated",
    status=401,
    detail="Send a valid API token as `Authorization: Bearer TOKEN`, or log in.",
    headers={"WWW-Authenticate": 'Bearer realm="colloquy"'},
)
NOTHING_HERE = Problem(code="not_found", status=404, detail="There is nothing at this address.")
TOO_LARGE = Problem(code="body_too_large", status=413, detail="The request body is larger than this server accepts.")
NOT_JSON = Problem(
    code="unsupported_media_type", status=415, detail="Send the request body as `Content-Type: application/json`."
)
TOO_MANY_REQUESTS = Problem(  # ninja adds `Retry-After`
    code="too_many_requests", status=429, detail="Too many requests came from your network address; try again later."
)
MALFORMED = Problem(code="malformed_json", status=400, detail="The request body is not valid JSON.")


def problem_of(exc: Exception) -> Problem:
    """What to tell the client of a failure; a fault of ours tells nothing but that it is one."""
    match exc:
        case ProblemError():
            return exc.problem
        case MeetingsError():
            return Problem(
                code=exc.code,
                status=exc.status,
                title=exc.title,
                detail=exc.detail,
                headers={"Retry-After": str(exc.retry_after_s)} if exc.retryable else {},
            )
        case ExceptionGroup():  # a task group wraps even a single failure
            return problem_of(exc.exceptions[0])
        case ValidationError():
            return _of_validation(exc)
        case AuthenticationError():
            return UNAUTHENTICATED
        case Throttled():
            return TOO_MANY_REQUESTS
        case HttpError():  # what ninja raises around any failure to parse a body
            return problem_of(exc.__cause__) if isinstance(exc.__cause__, ProblemError) else MALFORMED
        case Http404():
            return NOTHING_HERE
        case RequestDataTooBig():
            return TOO_LARGE
        case SuspiciousOperation() | UnreadablePostError():
            return Problem(code="bad_request", status=400, detail="The request could not be read.")
        case OperationalError():
            return Problem(
                code="unavailable",
                status=503,
                detail="The database is busy or out of reach; try again.",
                headers={"Retry-After": str(RETRY_AFTER_S)},
            )
    return Problem(code="internal_error", status=500, detail="Something went wrong on our side; it has been logged.")


def problems_install(api: NinjaAPI) -> None:
    """Answer every exception of the API's views with a problem document."""

    def answer(request: HttpRequest, exc: Exception | type[Exception]) -> HttpResponse:
        assert isinstance(exc, Exception)
        problem = problem_of(exc)
        if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR and not _is_expected(exc):
            logger.error("request failed", exc_info=exc, extra={"code": problem.code, "method": request.method})
        return problem_response(problem)

    # Ninja looks for the nearest handler along the class's ancestors, and brings its own for these.
    for cls in (Exception, Http404, HttpError, ValidationError):
        api.add_exception_handler(cls, answer)


def _is_expected(exc: Exception) -> bool:
    """A node that has no room says so to each who asks: as many lines in its log would tell nothing more."""
    return isinstance(exc, ProblemError) or (isinstance(exc, MeetingsError) and exc.retryable)


def _of_validation(exc: ValidationError) -> Problem:
    errors = [_field_problem(error) for error in exc.errors]
    where = ", ".join(dict.fromkeys(error["field"] or error["location"] for error in errors))
    return Problem(
        code="validation_failed",
        status=422,
        title="The request has fields that cannot be accepted.",
        detail=f"Not acceptable: {where}.",
        errors=errors,
    )


def _field_problem(error: Mapping[str, Any]) -> FieldProblem:
    location, *path = cast("tuple[str | int, ...]", error["loc"])
    if location == "body":
        path = path[1:]  # the name of our own parameter
    return {
        "location": str(location),
        "field": ".".join(str(step) for step in path),
        "code": str(error["type"]),
        "detail": str(error["msg"]),
    }
