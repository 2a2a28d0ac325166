"""Where the calls of an ingest key go, as absolute addresses for telephone services."""

from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from meetings.api.shapes import ws_url


def stream_url(request: HttpRequest, *, service: str, key: str, **query: str) -> str:
    """`query` where it is not empty."""
    said = urlencode({name: value for name, value in query.items() if value})
    return ws_url(request, f"/ws/v1/ingest/{service}/{key}" + (f"?{said}" if said else ""))


def flow_url(request: HttpRequest, *, key: str) -> str:
    return request.build_absolute_uri(reverse("ingest:teler-flow", args=[key]))


def twiml_url(request: HttpRequest, *, key: str, again: int = 0) -> str:
    """`again`: how often the call has asked before."""
    address = request.build_absolute_uri(reverse("ingest:twilio-twiml", args=[key]))
    return f"{address}?again={again}" if again else address
