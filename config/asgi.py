"""The ASGI application: HTTP to Django, WebSockets to `streaming`."""

import os
from typing import Any
from urllib.parse import urlparse

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import OriginValidator
from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
http = get_asgi_application()

from streaming.consumers.base import ForeignOrigin  # noqa: E402  likewise
from streaming.routing import websocket_urlpatterns  # noqa: E402  needs the applications that the line above loads


class OriginOrProgramValidator(OriginValidator):
    """Refuses pages of other sites, lets programs pass.

    Browsers always send `Origin` and cannot leave it out, so its absence says "not a page"; tickets and
    tokens guard programs.
    """

    def valid_origin(self, parsed_origin: Any) -> bool:
        return parsed_origin is None or super().valid_origin(parsed_origin)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        origin = self._origin(scope)
        application = self.application if self.valid_origin(origin) else ForeignOrigin.as_asgi()
        return await application(scope, receive, send)

    @staticmethod
    def _origin(scope: Any) -> Any:
        """None when there is no such header; one that cannot be read belongs to nobody we know."""
        for name, value in scope.get("headers", []):
            if name == b"origin":
                return urlparse(value.decode("latin-1"))
        return None


application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": OriginOrProgramValidator(URLRouter(websocket_urlpatterns), settings.ALLOWED_HOSTS),
    }
)
