"""What a page of ours may load and do, told to browsers: nothing from elsewhere, no inline scripts, no frames."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

HEADER = "Content-Security-Policy"
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",  # and so the worklets of capture and playback
        "style-src 'self'",
        "img-src 'self' data:",  # the page of the interface's description has pictures in its style sheet
        "font-src 'self'",
        "media-src 'self' blob:",
        "connect-src 'self'",  # sockets too
        "worker-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    )
)
PERMISSIONS = "microphone=(self), camera=(), geolocation=(), payment=()"


@sync_and_async_middleware
def content_policy(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Sets the headers where a view has not set its own. Django brings the like from version 6.0 on."""
    if iscoroutinefunction(get_response):

        async def answer_later(request: HttpRequest) -> HttpResponseBase:
            return with_policy(await get_response(request))

        return answer_later

    def answer(request: HttpRequest) -> HttpResponseBase:
        return with_policy(get_response(request))

    return answer


def with_policy(response: HttpResponseBase) -> HttpResponseBase:
    response.headers.setdefault(HEADER, POLICY)
    response.headers.setdefault("Permissions-Policy", PERMISSIONS)
    return response
