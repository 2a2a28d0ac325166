"""HTTP connections as we take them: so many, with requests that arrive in time and bodies that fit.

Importing this module installs Twisted's reactor: only `streaming/server.py` does.
"""

import json
from http import HTTPStatus
from typing import Any

from daphne.http_protocol import WebRequest
from twisted.protocols.basic import LineReceiver
from twisted.web.http import HTTPChannel

from streaming.backpressure import WritePressure
from streaming.errors import problem_wire

MAX_BODY_BYTES = 2_097_152
REQUEST_WITHIN_S = 20.0  # from the beginning of the connection, or its first byte, to the last of its body
IDLE_S = 60.0  # between an answer and the next request; as long as browsers keep a connection
API = b"/api/"
ROOT_PATH_HEADER = b"daphne-root-path"
# What is refused here, before the application hears of it, by its status: code and detail.
REFUSALS = {
    400: ("bad_request", "The request could not be read as HTTP."),
    413: ("body_too_large", "The request body is larger than this server accepts."),
    500: ("internal_error", "Something went wrong on our side; it has been logged."),
    503: ("unavailable", "There was no answer in time; try again."),
}


def problem_bytes(status: int) -> bytes:
    """As the interface refuses, which answers below `/api/` in no other way."""
    code, detail = REFUSALS[status]
    return json.dumps(
        {**problem_wire(code=code, title=HTTPStatus(status).phrase, detail=detail), "status": status}
    ).encode()


def last_answer(status: int) -> bytes:
    """What is written where there is no request to answer, or none any more; then the connection is closed."""
    body = problem_bytes(status)
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: application/problem+json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


class BoundedRequest(WebRequest):
    """An HTTP request. Stock Daphne spools bodies of any size to disk before the application hears of them."""

    _n_body_bytes = 0
    _pressure: WritePressure | None = None

    def process(self) -> Any:
        # A proxy could tell Daphne by it below which path it is; ours does not, and everybody else can send it too.
        self.requestHeaders.removeHeader(ROOT_PATH_HEADER)
        if not self.method.isascii():
            return self.basic_error(400, b"Bad Request", "Invalid method")
        return super().process()

    def basic_error(self, status: int, status_text: bytes, body: str) -> None:
        if not self.uri.startswith(API) or status not in REFUSALS:
            super().basic_error(status, status_text, body)
            return
        problem = problem_bytes(status)
        headers = [
            (b"Content-Type", b"application/problem+json"),
            (b"Content-Length", str(len(problem)).encode()),
            (b"Cache-Control", b"no-store"),
        ]
        self.handle_reply({"type": "http.response.start", "status": status, "headers": headers})
        self.handle_reply({"type": "http.response.body", "body": problem})

    def handle_reply(self, message: dict[str, Any]) -> None:
        """Stock Daphne leaves out the first part of a body that nobody asked for, and sends the rest."""
        if self.method == b"HEAD" and message["type"] == "http.response.body":
            message = {"type": "http.response.body", "body": b""}  # the last one, so that no stream goes on for nobody
        super().handle_reply(message)

    async def writable(self) -> None:
        """Returns when the peer has read nearly all that was written, or is gone. Bound it with a timeout.

        Only long answers ask: without it, all of a file would wait in our memory for a reader who takes a minute.
        """
        if self.finished or self.channel is None or self._disconnected:
            return
        if self._pressure is None:
            self._pressure = WritePressure()
            self.registerProducer(self._pressure, True)
        await self._pressure.wait_writable()

    def finish(self) -> None:
        if self._pressure is not None and self.channel is not None:
            self.unregisterProducer()
        super().finish()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802  Twisted's name
        if self._pressure is not None:
            self._pressure.stopProducing()
        super().connectionLost(reason)

    def gotLength(self, length: int | None) -> None:  # noqa: N802  Twisted's name
        super().gotLength(length)
        if length is not None and length > MAX_BODY_BYTES:
            self._refuse()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802  Twisted's name
        self._n_body_bytes += len(data)
        if self._n_body_bytes <= MAX_BODY_BYTES:
            super().handleContentChunk(data)
        else:
            self._refuse()

    def _refuse(self) -> None:
        self.channel.transport.write(last_answer(413))
        self.channel.loseConnection()


class BoundedChannel(HTTPChannel):
    """One connection, until it may become a WebSocket.

    Stock Twisted lets every byte of a request restart its clock, so one byte a minute holds a connection for good.
    Here a request has a deadline; no clock runs while it is being answered (a long poll, a stream).
    """

    _is_receiving = False

    def connectionMade(self) -> None:  # noqa: N802  Twisted's name
        self.factory.server.open_transports.add(self.transport)
        super().connectionMade()
        self.setTimeout(REQUEST_WITHIN_S)

    def connectionLost(self, reason: Any) -> None:  # noqa: N802  Twisted's name
        self.factory.server.open_transports.discard(self.transport)
        super().connectionLost(reason)

    def _respondToBadRequestAndDisconnect(self) -> None:  # noqa: N802  Twisted's name
        """Of what is no HTTP: stock Twisted says 400 and not a word more."""
        self.transport.write(last_answer(400))
        self.loseConnection()

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  Twisted's name
        if not (self._is_receiving or self._handlingRequest):
            self._is_receiving = True
            self.setTimeout(REQUEST_WITHIN_S)
        LineReceiver.dataReceived(self, data)  # not HTTPChannel's, which would restart the clock

    def allContentReceived(self) -> None:  # noqa: N802  Twisted's name
        self._is_receiving = False
        self.setTimeout(IDLE_S)  # what Twisted suspends now, and goes back to after the answer
        super().allContentReceived()
