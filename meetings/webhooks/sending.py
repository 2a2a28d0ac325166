"""One request to an address that somebody else chose: where it really goes is looked at before it goes there."""

import logging
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Protocol

import httpcore

from meetings.webhooks.addresses import Address, is_public

logger = logging.getLogger(__name__)

DEADLINE_S = 15.0  # for all of it, however slowly it drips
CONNECT_S = 5.0
ANSWER_MAX_BYTES = 65_536  # what counts is the status


class Resolver(Protocol):
    def __call__(self, host: str, port: int) -> Sequence[Address]:
        """All addresses of a name. Raises OSError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`status` is None where there was none; then `error` says why."""

    status: int | None
    error: str
    duration_ms: int
    retry_after_s: float | None = None

    @property
    def is_delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class _Refused(Exception):
    """The name stands for an address that may not be connected to."""


def addresses_of(host: str, port: int) -> Sequence[Address]:
    """By the system's resolver, which also reads the odd spellings of numbers that other programs would connect to."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(ip_address(str(each[4][0]).partition("%")[0]) for each in found))


class Sender:
    """Connects to what it has checked: a name is resolved once, every address it has is judged, and one of those is
    connected to. TLS still asks for a certificate of the name. No redirects, no proxies, no cookies.
    """

    def __init__(
        self,
        *,
        is_private_allowed: bool,
        resolver: Resolver = addresses_of,
        clock: Callable[[], float] = time.monotonic,
        deadline_s: float = DEADLINE_S,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._is_private_allowed = is_private_allowed
        self._resolver = resolver
        self._clock = clock
        self._deadline_s = deadline_s
        self._tls = tls or httpcore.default_ssl_context()

    def send(self, request: Request) -> Answer:
        """Never raises for what the other side does. Safe in any thread; knows no database."""
        started_s = self._clock()
        deadline = _Deadline(at_s=started_s + self._deadline_s, clock=self._clock)
        status, error, asked_s = None, "", None
        try:
            status, asked_s = self._ask(request, deadline)
        except _Refused:
            error = "address_not_allowed"
        except (socket.gaierror, UnicodeError):
            error = "name_unknown"
        except httpcore.TimeoutException:
            error = "timeout"
        except (httpcore.NetworkError, OSError) as failure:
            error = "tls" if isinstance(failure.__context__, ssl.SSLError) else "no_connection"
        except (httpcore.ProtocolError, httpcore.UnsupportedProtocol):
            error = "bad_answer"
        except Exception:  # of one request, whatever the library makes of it: the others go on
            logger.warning("a webhook could not be sent", exc_info=True)
            error = "internal"
        return Answer(
            status=status,
            error=error or _error_of(status),
            duration_ms=round((self._clock() - started_s) * 1_000),
            retry_after_s=asked_s,
        )

    def _ask(self, request: Request, deadline: "_Deadline") -> tuple[int, float | None]:
        backend = _Pinned(resolver=self._resolver, is_private_allowed=self._is_private_allowed, deadline=deadline)
        headers = [(name.encode(), value.encode()) for name, value in request.headers.items()]
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), self._deadline_s)
        with (
            httpcore.ConnectionPool(ssl_context=self._tls, network_backend=backend, max_connections=1) as pool,
            pool.stream(
                "POST", request.url, headers=headers, content=request.body, extensions={"timeout": timeouts}
            ) as answer,
        ):
            n_bytes = 0
            for part in answer.iter_stream():
                n_bytes += len(part)
                if n_bytes > ANSWER_MAX_BYTES:
                    break
            return answer.status, _retry_after_s(answer.headers)


def _error_of(status: int | None) -> str:
    if status is None or 200 <= status < 300:
        return ""
    return "redirect" if 300 <= status < 400 else "refused"


def _retry_after_s(headers: Iterable[tuple[bytes, bytes]]) -> float | None:
    """Seconds only; dates are rare, and then our own back-off is as good."""
    for name, value in headers:
        if name.lower() == b"retry-after" and value.strip().isdigit():
            return float(value)
    return None


class _Deadline:
    def __init__(self, *, at_s: float, clock: Callable[[], float]) -> None:
        self._at_s = at_s
        self._clock = clock

    def left(self, wanted_s: float | None) -> float:
        """Raises ReadTimeout when nothing is left."""
        left_s = self._at_s - self._clock()
        if left_s <= 0:
            raise httpcore.ReadTimeout("the deadline of the request is over")
        return left_s if wanted_s is None else min(left_s, wanted_s)


class _Pinned(httpcore.NetworkBackend):
    """Resolves a name once, judges all of its addresses, connects to one of them."""

    def __init__(self, *, resolver: Resolver, is_private_allowed: bool, deadline: _Deadline) -> None:
        self._resolver = resolver
        self._is_private_allowed = is_private_allowed
        self._deadline = deadline
        self._system = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = self._resolver(host.strip("[]"), port)
        if not addresses:
            raise socket.gaierror("the name has no address")
        # One bad address refuses the name: otherwise whoever owns it would try until we took that one.
        if not self._is_private_allowed and not all(is_public(address) for address in addresses):
            raise _Refused
        failure: Exception | None = None
        for address in addresses:
            try:
                left_s = self._deadline.left(CONNECT_S)
                stream = self._system.connect_tcp(str(address), port, timeout=left_s, socket_options=socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Bounded(stream, self._deadline)
        assert failure is not None
        raise failure


class _Bounded(httpcore.NetworkStream):
    """A stream of which every read and write ends with the deadline of the whole."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left(timeout))
        return _Bounded(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
