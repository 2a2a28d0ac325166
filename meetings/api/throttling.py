"""How many meetings, joins and tickets one client address gets in a minute, so that floods cost others nothing."""

import threading
import time
from collections.abc import (
    Callable,
    Mapping,
)
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv6Address,
    ip_address,
)
from math import ceil
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from ninja.throttling import BaseThrottle

from meetings.api.problems import CONTENT_TYPE

PERIOD_S = 60.0
IPV6_NETWORK_BITS = 64  # what one subscriber has

DESCRIBED: dict[str, Any] = {
    "responses": {
        429: {
            "description": "Too many requests from this client address; wait.",
            "headers": {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}},
            "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    }
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a bucket held for one request: `wait_s` is None if that was let through, `reset_s` is until it is full."""

    limit: int
    left: int
    reset_s: float
    wait_s: float | None = None

    def headers(self) -> Mapping[str, str]:
        headers = {
            "RateLimit-Policy": f"{self.limit};w={PERIOD_S:.0f}",
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.left),
            "RateLimit-Reset": str(ceil(self.reset_s)),
        }
        return headers if self.wait_s is None else {**headers, "Retry-After": str(ceil(self.wait_s))}


class AddressThrottle(BaseThrottle):
    """A bucket for each client address, whoever asks from there: a minute's worth, refilled evenly.

    What is kept is one number, the instant at which the bucket will be full again (the generic cell rate algorithm);
    ninja's own throttle keeps the time of every request, and loses some when threads meet.
    """

    def __init__(
        self, *, scope: str, per_minute: Callable[[], int], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._scope = scope
        self._per_minute = per_minute
        self._clock = clock
        self._one_at_a_time = threading.Lock()
        self._of_this_thread = threading.local()  # ninja asks `wait` right after a refusal, in the same thread

    def take(self, request: HttpRequest) -> Allowance:
        key = f"throttle:{self._scope}:{client_network(self.get_ident(request) or '')}"
        limit = self._per_minute()
        interval_s = PERIOD_S / limit
        exact_s = interval_s / 1_000  # sums of fractions are never exact
        with self._one_at_a_time:
            now_s = self._clock()
            full_at_s = max(now_s, cache.get(key, now_s)) + interval_s
            over_s = full_at_s - now_s - PERIOD_S
            if over_s > exact_s:
                return Allowance(limit=limit, left=0, reset_s=full_at_s - interval_s - now_s, wait_s=over_s)
            cache.set(key, full_at_s, timeout=PERIOD_S)
        return Allowance(limit=limit, left=int((exact_s - over_s) / interval_s), reset_s=full_at_s - now_s)

    def allow_request(self, request: HttpRequest) -> bool:
        wait_s = self.take(request).wait_s
        if wait_s is not None:
            self._of_this_thread.wait_s = wait_s
        return wait_s is None

    def wait(self) -> float | None:
        """Seconds until this thread's refused request would have been let through."""
        wait_s: float | None = getattr(self._of_this_thread, "wait_s", None)
        return wait_s


def client_network(text: str) -> str:
    """Whom an address stands for. What is no address shares one bucket, so that making some up gains nothing."""
    address = _address(text)
    if address is None:
        return "unknown"
    if not isinstance(address, IPv6Address):
        return str(address)
    return f"{int(address) >> (128 - IPV6_NETWORK_BITS):x}"


def _address(text: str) -> IPv4Address | IPv6Address | None:
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:  # some proxies add the port
        host = host.partition(":")[0]
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped if isinstance(address, IPv6Address) else None) or address


def client_address(request: HttpRequest) -> str:
    """Where a request comes from, for counting wrong passwords: an address, or `::` for what is none."""
    address = _address(joins.get_ident(request) or "")
    return str(address or "::")


LOGINS_PER_MINUTE = 60  # whoever it is that is tried to log in as; people behind one address share it

requests = AddressThrottle(scope="requests", per_minute=lambda: settings.REQUESTS_PER_MINUTE)  # of any kind
joins = AddressThrottle(scope="joins", per_minute=lambda: settings.JOINS_PER_MINUTE)
tickets = AddressThrottle(scope="tickets", per_minute=lambda: settings.TICKETS_PER_MINUTE)
logins = AddressThrottle(scope="logins", per_minute=lambda: LOGINS_PER_MINUTE)
