"""Liveness and readiness for proxies and orchestrators."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, JsonResponse
from django.middleware.common import CommonMiddleware
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

PROBES = ("/healthz", "/readyz", "/metrics")


class HostCheckExceptForProbes(CommonMiddleware):
    """Django's, which refuses foreign host names: probes come to an address, whatever ALLOWED_HOSTS says."""

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        return None if request.path_info in PROBES else super().process_request(request)


def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers. Says nothing about what it depends on: restarting would not mend that."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """New work may be sent here: 200 when everything it needs is there, 503 with what is not."""
    found = {"database": _is_database_reachable(), "recognizers": _is_recognizing()}
    problems = [name for name, is_there in found.items() if not is_there]
    status = 503 if problems else 200
    return JsonResponse({"status": "unavailable" if problems else "ok", "problems": problems}, status=status)


def _is_database_reachable() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _is_recognizing() -> bool:
    """Known speech goes through the recognizers and is understood: `streaming.health` asks all the time."""
    from streaming.runtime import runtime  # here: commands and the worker read the addresses without the live half

    try:
        return runtime().is_ready
    except RuntimeError:  # this process serves no sockets
        return False


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text. Counts and durations only, so that it may be read without an account."""
    from meetings.metrics import STORED
    from streaming.metrics import REGISTRY  # as above

    return HttpResponse(generate_latest(REGISTRY) + generate_latest(STORED), content_type=CONTENT_TYPE_LATEST)
