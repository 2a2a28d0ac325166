"""The answers to telephone services that ask what to do with a call. The key in the address is the credential."""

import json
import math
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from meetings.api import throttling
from meetings.api.problems import TOO_MANY_REQUESTS, problem_of, problem_response
from meetings.errors import MeetingOver, MeetingsError
from meetings.ingest.addresses import stream_url, twiml_url
from meetings.ingest.twiml import CONTENT_TYPE, twiml_hang_up, twiml_stream
from meetings.phone import last_digits
from meetings.services.phone_calls import phone_key_check

CHUNK_MS = 500
MOST_TIMES_AGAIN = 20  # a call whose socket is lost this often will not get another

View = Callable[[HttpRequest, str], HttpResponse]


def _asked_by_service(view: View) -> Callable[..., HttpResponse]:
    """GET or POST, without a browser's proofs, and not too often."""

    @wraps(view)
    def answer(request: HttpRequest, key: str) -> HttpResponse:
        if not throttling.joins.allow_request(request):
            refusal = problem_response(TOO_MANY_REQUESTS)
            refusal.headers["Retry-After"] = str(math.ceil(throttling.joins.wait() or 1))
            return refusal
        try:
            return view(request, key)
        except MeetingsError as refused:
            return problem_response(problem_of(refused))

    return csrf_exempt(never_cache(require_http_methods(["GET", "HEAD", "POST"])(answer)))


@_asked_by_service
def teler_flow(request: HttpRequest, key: str) -> HttpResponse:
    """Teler's call flow. Its stream does not tell who calls, so the address does: the last digits, no more."""
    try:
        phone_key_check(key=key)
    except MeetingOver:
        return JsonResponse({"action": "hangup"})
    caller = last_digits(_said(request, "from_number"))
    return JsonResponse(
        {
            "action": "stream",
            "ws_url": stream_url(request, service="teler", key=key, caller=caller),
            "chunk_size": CHUNK_MS,
            "sample_rate": "16k",
            "record": False,
        }
    )


@_asked_by_service
def twilio_twiml(request: HttpRequest, key: str) -> HttpResponse:
    try:
        phone_key_check(key=key)
    except MeetingOver:
        return HttpResponse(twiml_hang_up(), content_type=CONTENT_TYPE)
    again = _times_again(request)
    if again > MOST_TIMES_AGAIN:
        return HttpResponse(twiml_hang_up(), content_type=CONTENT_TYPE)
    document = twiml_stream(
        ws_url=stream_url(request, service="twilio", key=key),
        caller=last_digits(_said(request, "From")),
        again_url=twiml_url(request, key=key, again=again + 1),
    )
    return HttpResponse(document, content_type=CONTENT_TYPE)


def _times_again(request: HttpRequest) -> int:
    text = request.GET.get("again", "0")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else MOST_TIMES_AGAIN + 1


def _said(request: HttpRequest, name: str) -> str:
    """A field of the question: in its address, its form, or its JSON. What cannot be read says nothing."""
    value: Any = request.GET.get(name) or request.POST.get(name)
    if value is None and request.content_type == "application/json":
        try:
            body = json.loads(request.body)
        except (ValueError, RecursionError):
            return ""
        value = body.get(name) if isinstance(body, dict) else None
    return value if isinstance(value, str) else ""
