"""The interface's addresses below `/api/`. Whatever happens below it is answered as a problem document."""

from collections.abc import Awaitable, Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.urls import URLPattern, include, path, re_path
from django.views.decorators.csrf import csrf_exempt

from meetings.api import throttling
from meetings.api.interface import api
from meetings.api.openapi import docs, schema
from meetings.api.problems import NOTHING_HERE, TOO_MANY_REQUESTS, Problem, problem_response

View = Callable[..., HttpResponseBase]


@csrf_exempt
def nothing_here(request: HttpRequest) -> HttpResponse:
    return problem_response(NOTHING_HERE)


def edge(view: Callable[..., Any]) -> Callable[..., Any]:
    """HEAD wherever there is GET, a problem document instead of the bare refusal of a method, and so many requests."""
    if iscoroutinefunction(view):

        @wraps(view)
        async def answer_async(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            _head_as_get(request)
            allowance = throttling.requests.take(request)
            if allowance.wait_s is not None:
                return _counted(problem_response(TOO_MANY_REQUESTS), allowance)
            call: Awaitable[HttpResponseBase] = view(request, *args, **kwargs)
            return _counted(_explained(await call), allowance)

        return answer_async

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        _head_as_get(request)
        allowance = throttling.requests.take(request)
        if allowance.wait_s is not None:
            return _counted(problem_response(TOO_MANY_REQUESTS), allowance)
        return _counted(_explained(view(request, *args, **kwargs)), allowance)

    return answer


def described(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """For the descriptions, which are not counted: a problem document instead of the bare refusal of a method."""

    @csrf_exempt  # nothing is done here, so there is nothing to forge
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return _explained(view(request, *args, **kwargs))

    return answer


def _counted(response: HttpResponseBase, allowance: throttling.Allowance) -> HttpResponseBase:
    """A call with a limit of its own has said already when to come back."""
    for name, value in allowance.headers().items():
        response.headers.setdefault(name, value)
    return response


def _head_as_get(request: HttpRequest) -> None:
    if request.method == "HEAD":  # the server leaves the body out
        request.method = "GET"


def _explained(response: HttpResponseBase) -> HttpResponseBase:
    if not isinstance(response, HttpResponseNotAllowed):
        return response
    return problem_response(
        Problem(
            code="method_not_allowed",
            status=405,
            detail="This address does not take this method.",
            headers={"Allow": response.headers["Allow"]},
        )
    )


calls, _, namespace = api.urls
for pattern in calls:
    if isinstance(pattern, URLPattern):
        pattern.callback = nothing_here if pattern.name == "api-root" else edge(pattern.callback)

urlpatterns = [
    path("v1/", include((calls, "ninja"), namespace=namespace)),
    path("schema/", described(schema), name="api-schema"),
    path("docs/", described(docs), name="api-docs"),
    path("schema", described(schema)),
    path("docs", described(docs)),
    re_path(r"", nothing_here),
]
