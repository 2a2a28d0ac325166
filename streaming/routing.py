"""The WebSocket addresses."""

from django.urls import path, re_path

from streaming.consumers.audio import AudioConsumer
from streaming.consumers.base import UnknownPath
from streaming.consumers.captions import CaptionsConsumer
from streaming.consumers.ingest import TelerConsumer, TwilioConsumer

websocket_urlpatterns = [
    path("ws/v1/audio", AudioConsumer.as_asgi()),
    path("ws/v1/meetings/<str:reference>/captions", CaptionsConsumer.as_asgi()),
    path("ws/v1/ingest/teler/<str:key>", TelerConsumer.as_asgi()),
    path("ws/v1/ingest/twilio/<str:key>", TwilioConsumer.as_asgi()),
    re_path("", UnknownPath.as_asgi()),
]
