"""The page that the `type` of every problem leads to."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from meetings.api.problem_types import PROBLEM_TYPES


@require_safe
def problems(request: HttpRequest) -> HttpResponse:
    return render(request, "problems.html", {"problems": PROBLEM_TYPES.items()})


@require_safe
def problem(request: HttpRequest, code: str) -> HttpResponse:
    if code not in PROBLEM_TYPES:
        raise Http404
    return render(request, "problems.html", {"problems": [(code, PROBLEM_TYPES[code])]})
