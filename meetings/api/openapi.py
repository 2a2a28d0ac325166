"""The OpenAPI 3.1 document, and the page that shows it from our own static files."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from meetings.api import throttling
from meetings.api.answer_examples import answer_example
from meetings.api.answer_examples.parameters import PARAMETERS
from meetings.api.answer_examples.problems import problem_example, problem_examples
from meetings.api.examples import REQUESTS
from meetings.api.problem_schemas import ProblemOut
from meetings.api.problems import CONTENT_TYPE

if TYPE_CHECKING:
    from ninja import NinjaAPI

SECURITY_SCHEMES = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": (
            "A token made with `manage.py api_token NAME` or `POST /tokens`. Of its scopes `read`, `write`, `admin` "
            "each includes those before it: reading needs `read`, all else `write`, saying who may do what `admin`."
        ),
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "sessionid",
        "description": "A logged-in browser; unsafe methods need `X-CSRFToken`.",
    },
}
LIMIT_HEADERS = {
    "RateLimit-Policy": "How many requests one client address may make in how many seconds (`w`).",
    "RateLimit-Limit": "How many requests one client address may make in a minute.",
    "RateLimit-Remaining": "How many are left now; they come back evenly.",
    "RateLimit-Reset": "Seconds until all are there again.",
}
ETAG = "Which file this is, or which revision of the line that was addressed."
# The empty requirement is the guest, who reaches meetings by their code.
SECURITY: list[dict[str, list[str]]] = [{"token": []}, {"session": []}, {}]


def openapi_document(api: "NinjaAPI") -> dict[str, Any]:
    """What ninja generates, completed by who may call and how every call refuses."""
    document: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema()))
    components = document.setdefault("components", {})
    components["securitySchemes"] = deepcopy(SECURITY_SCHEMES)
    problem = ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
    components.setdefault("schemas", {}).update(problem.pop("$defs", {}), Problem=problem)
    components["headers"] = {
        name: {"description": about, "schema": {"type": "string"}} for name, about in LIMIT_HEADERS.items()
    }
    document["security"] = SECURITY
    for path, method, operation in _operations(document):
        operation.pop("security", None)
        _describe_limits(operation["responses"])
        _describe_etag(operation)
        _give_examples(operation)
        operation["responses"]["default"] = {
            "description": "A refusal (RFC 9457).",
            "content": {
                CONTENT_TYPE: {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "examples": problem_examples(path, method, operation),
                }
            },
        }
    return document


def _give_examples(operation: dict[str, Any]) -> None:
    """Of parameters, of the body, and of what is answered to those who are not refused."""
    for parameter in operation.get("parameters", ()):
        if (example := PARAMETERS.get(parameter["name"])) is not None:
            parameter["example"] = example
    if (example := REQUESTS.get(operation["operationId"])) is not None:
        operation["requestBody"]["content"]["application/json"]["example"] = example
    for status, response in operation["responses"].items():
        for content in response.get("content", {}).values():
            if status == "429":
                content["example"] = problem_example("too_many_requests")
            elif (example := answer_example(operation["operationId"], content["schema"])) is not None:
                content["example"] = example


def _describe_limits(responses: dict[str, Any]) -> None:
    """Every answer says what is left, and every call may be one too many."""
    too_many = deepcopy(throttling.DESCRIBED["responses"][429])
    responses.setdefault("429", too_many)
    for response in responses.values():
        headers = response.setdefault("headers", {})
        headers.update({name: {"$ref": f"#/components/headers/{name}"} for name in LIMIT_HEADERS})


def _describe_etag(operation: dict[str, Any]) -> None:
    """Transcripts that somebody has already are not sent again; of lines it is what `If-Match` of a change says."""
    is_file = operation["operationId"].startswith("transcript_")
    if is_file:
        parameters = operation.setdefault("parameters", [])
        parameters.append({"in": "header", "name": "If-None-Match", "required": False, "schema": {"type": "string"}})
        operation["responses"]["304"] = {"description": "It is the file that `If-None-Match` names."}
    if is_file or operation["operationId"] == "segment_read" or _takes_if_match(operation):
        etag = {"description": ETAG, "required": True, "schema": {"type": "string"}, "example": '"3"'}
        operation["responses"]["200"].setdefault("headers", {})["ETag"] = etag


def _takes_if_match(operation: dict[str, Any]) -> bool:
    return any(parameter["name"] == "If-Match" for parameter in operation.get("parameters", ()))


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield path, method, operation


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    from meetings.api import api

    return JsonResponse(openapi_document(api), json_dumps_params={"ensure_ascii": False})


@require_safe
@ensure_csrf_cookie
def docs(request: HttpRequest) -> HttpResponse:
    from meetings.api import api

    settings = {"url": reverse("api-schema"), "layout": "BaseLayout", "deepLinking": True}
    context = {"swagger_settings": json.dumps(settings), "api": api, "add_csrf": True}
    return render(request, "ninja/swagger.html", context)
