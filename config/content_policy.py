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
# The admin's look is made with Alpine.js, which reads expressions from attributes: staff's own pages alone may do that.
ADMIN_POLICY = POLICY.replace("script-src 'self'", "script-src 'self' 'unsafe-eval'").replace(
    "style-src 'self'", "style-src 'self' 'unsafe-inline'"
)
PERMISSIONS = "microphone=(self), camera=(), geolocation=(), payment=()"


@sync_and_async_middleware
def content_policy(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Sets the headers where a view has not set its own. Django brings the like from version 6.0 on."""
    if iscoroutinefunction(get_response):

        async def answer_later(request: HttpRequest) -> HttpResponseBase:
            return with_policy(request, await get_response(request))

        return answer_later

    def answer(request: HttpRequest) -> HttpResponseBase:
        return with_policy(request, get_response(request))

    return answer


def with_policy(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    match = request.resolver_match
    is_admin = match is not None and match.app_name == "admin"
    response.headers.setdefault(HEADER, ADMIN_POLICY if is_admin else POLICY)
    response.headers.setdefault("Permissions-Policy", PERMISSIONS)
    return response
