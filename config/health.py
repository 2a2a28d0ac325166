"""Liveness and readiness for proxies and orchestrators."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponsePermanentRedirect, JsonResponse
from django.middleware.common import CommonMiddleware

PROBES = ("/healthz", "/readyz")


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
    """At least one recognizer process lives; each has proved itself on known speech before it counts."""
    from streaming.runtime import runtime  # here: commands and the worker read the addresses without the live half

    try:
        return runtime().pool.n_ready > 0
    except RuntimeError:  # this process serves no sockets, or the recognizers are being replaced at this instant
        return False
