"""What a page of ours may load and do, told to browsers: nothing from elsewhere, no inline scripts, no frames."""

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

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


class ContentPolicy:
    """Sets the headers where a view has not set its own. Django brings the like from version 6.0 on."""

    sync_capable = async_capable = True

    def __init__(self, get_response: object) -> None:
        self._get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> object:
        assert callable(self._get_response)
        if iscoroutinefunction(self):
            return self._answer_later(request)
        return with_policy(self._get_response(request))

    async def _answer_later(self, request: HttpRequest) -> HttpResponseBase:
        assert callable(self._get_response)
        return with_policy(await self._get_response(request))


def with_policy(response: HttpResponseBase) -> HttpResponseBase:
    response.headers.setdefault(HEADER, POLICY)
    response.headers.setdefault("Permissions-Policy", PERMISSIONS)
    return response
