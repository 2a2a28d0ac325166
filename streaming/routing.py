"""The WebSocket addresses."""

from django.urls import path, re_path

from streaming.consumers.audio import AudioConsumer
from streaming.consumers.base import UnknownPath
from streaming.consumers.captions import CaptionsConsumer

websocket_urlpatterns = [
    path("ws/v1/audio", AudioConsumer.as_asgi()),
    path("ws/v1/meetings/<str:reference>/captions", CaptionsConsumer.as_asgi()),
    re_path("", UnknownPath.as_asgi()),
]
