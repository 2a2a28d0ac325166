"""What is answered where no view could: problem documents below `/api/`, as all there, Django's pages elsewhere."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import defaults

from meetings.api.problems import Problem, problem_response
from meetings.errors import LinkClosed

BAD_REQUEST = Problem(code="bad_request", status=400, detail="The request could not be read.")
INTERNAL_ERROR = Problem(
    code="internal_error", status=500, detail="Something went wrong on our side; it has been logged."
)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A `Host` that is not ours, say: middleware has refused it before any view was asked."""
    return problem_response(BAD_REQUEST) if _is_of_api(request) else defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Who came by a link that works no more is told so: they were invited, and know whom to ask."""
    if isinstance(exception.__cause__, LinkClosed):
        return render(request, "link_closed.html", status=exception.__cause__.status)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    return problem_response(INTERNAL_ERROR) if _is_of_api(request) else defaults.server_error(request)


def _is_of_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")
