"""The web node: Daphne with flow control, a heartbeat and an orderly end, which stock Daphne lacks.

Importing this module installs Twisted's asyncio reactor; nothing may have imported Twisted's before.
"""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from autobahn.websocket.types import ConnectionDeny
from daphne.endpoints import build_endpoint_description_strings
from daphne.http_protocol import WebRequest
from daphne.server import Server, twisted_loop
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.logger import STDLibLogObserver, globalLogPublisher

from meetings.limits import HEARTBEAT_MS
from streaming.backpressure import PRESSURE_KEY, InputQueue, WritePressure

logger = logging.getLogger(__name__)

HEARTBEAT_S = HEARTBEAT_MS / 1000
SILENCE_S = 2.5 * HEARTBEAT_S  # a peer that answered neither of two pings is gone
MAX_MESSAGE_BYTES = 1_048_576
MAX_BODY_BYTES = 2_097_152
UNREAD_HIGH_BYTES = 262_144  # 8 s of audio
UNREAD_HIGH_MESSAGES = 512
FAREWELL_S = 2.0  # between the last close frame and the end of the process

Application = Callable[..., Awaitable[None]]


class ListenFailed(Exception):
    """The port cannot be had. The message says why, in one sentence."""


class BoundedRequest(WebRequest):
    """An HTTP request. Stock Daphne spools bodies of any size to disk before the application hears of them."""

    _n_body_bytes = 0

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
        self.channel.transport.write(
            b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
        self.channel.loseConnection()


class SocketProtocol(WebSocketProtocol):
    """One WebSocket. Its scope holds a `WritePressure`; pings go out whether or not the peer sends."""

    pressure: WritePressure
    gone: asyncio.Event
    inbox: InputQueue | None = None

    def connectionMade(self) -> None:  # noqa: N802  Twisted's name
        self._pinged_at = self._heard_at = twisted_loop.time()
        self.pressure = WritePressure()
        self.gone = asyncio.Event()
        # The HTTP half of the connection is still registered, for a request that has ended.
        self.transport.unregisterProducer()
        self.transport.registerProducer(self.pressure, True)
        super().connectionMade()

    def onConnect(self, request: Any) -> Any:  # noqa: N802  Twisted's name
        """Stock Daphne answers headers that are not ASCII with a traceback, and tells it to the peer."""
        try:
            return super().onConnect(request)
        except UnicodeError:
            raise ConnectionDeny(400, "Bad Request") from None

    def connectionLost(self, reason: Any) -> None:  # noqa: N802  Twisted's name
        self.pressure.stopProducing()
        self.gone.set()
        super().connectionLost(reason)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  Twisted's name
        self._heard_at = twisted_loop.time()
        super().dataReceived(data)

    def handle_reply(self, message: dict[str, Any]) -> None:
        """Stock Daphne sends no empty message and drops the reason of a close."""
        if message["type"] == "websocket.send" and not (message.get("bytes") or message.get("text")):
            self.serverSend(message.get("text") or "", False)
        elif message["type"] == "websocket.close" and self.state == self.STATE_OPEN:
            self.sendClose(code=message.get("code") or 1000, reason=message.get("reason") or None)
        else:
            super().handle_reply(message)

    def check_timeouts(self) -> None:
        if self.state != self.STATE_OPEN:
            super().check_timeouts()
            return
        now = twisted_loop.time()
        is_reading = self.inbox is None or not self.inbox.is_reading_paused
        if is_reading and now - self._heard_at > SILENCE_S:
            self.sendClose(code=4504, reason="heartbeat")
            self.dropConnection(abort=self.pressure.is_paused)
        elif now - self._pinged_at >= HEARTBEAT_S - 0.5:  # half the interval of the checks
            self._pinged_at = now
            self.sendPing()

    def say_goodbye(self, *, code: int) -> None:
        if self.state == self.STATE_OPEN:
            self.sendCloseFrame(code=code)

    def _max_message_size_exceeded(self, msg_size: int, max_msg_size: int, reason: str) -> None:
        self._fail_connection(4413, "frame_too_large")


class NodeServer(Server):
    """Serves `application` between `on_start` and `on_stop`, until SIGTERM or SIGINT.

    `on_start` runs before the port opens, `on_stop` when no new connection is accepted any more and while the
    open ones still work; it has `stop_seconds`. A second signal ends the process without waiting.
    """

    def __init__(
        self,
        *,
        application: Application,
        host: str,
        port: int,
        is_behind_proxy: bool,
        on_start: Callable[[], Awaitable[object]],
        on_stop: Callable[[], Awaitable[object]],
        on_listening: Callable[[], None],
        stop_seconds: float,
    ) -> None:
        super().__init__(
            application=application,
            endpoints=build_endpoint_description_strings(host=host, port=port),
            signal_handlers=False,
            ready_callable=self._prepare,
            server_name="",
            websocket_timeout=-1,  # a meeting may last longer than any limit
            websocket_handshake_timeout=20,
            websocket_max_message_size=MAX_MESSAGE_BYTES,
            websocket_max_frame_size=MAX_MESSAGE_BYTES,
            # Consumers leave at once when their socket is gone; what lasts longer lives in the room.
            application_close_timeout=30,
            proxy_forwarded_address_header="X-Forwarded-For" if is_behind_proxy else None,
            proxy_forwarded_port_header="X-Forwarded-Port" if is_behind_proxy else None,
            proxy_forwarded_proto_header="X-Forwarded-Proto" if is_behind_proxy else None,
        )
        globalLogPublisher.addObserver(STDLibLogObserver("twisted"))  # stock Daphne throws Twisted's errors away
        self._address = f"{host}:{port}"
        self._on_listening = on_listening
        self._on_start, self._on_stop, self._stop_seconds = on_start, on_stop, stop_seconds
        self._ports: list[Any] = []
        self._listen_problem: str | None = None
        self._stopping: asyncio.Task[None] | None = None

    def run(self) -> None:
        """Raises ListenFailed, or whatever `on_start` raised."""
        asyncio.set_event_loop(twisted_loop)
        twisted_loop.run_until_complete(self._on_start())
        for number in (signal.SIGTERM, signal.SIGINT):
            twisted_loop.add_signal_handler(number, self.stop_orderly)
        super().run()
        if self._listen_problem:
            twisted_loop.run_until_complete(self._on_stop_bounded())
            raise ListenFailed(self._listen_problem)

    def _prepare(self) -> None:
        """Called when the factory stands and before the reactor runs: no connection has been accepted yet."""
        self.ws_factory.protocol = SocketProtocol
        self.http_factory.buildProtocol = partial(_bounded, self.http_factory.buildProtocol)
        self.ws_factory.setProtocolOptions(failByDrop=False)  # a peer that errs is told so by a close code
        if not self._listen_problem:
            self._on_listening()

    def timeout_checker(self) -> None:
        for connection in list(self.connections):
            connection.check_timeouts()
        reactor.callLater(1, self.timeout_checker)

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        if not isinstance(protocol, SocketProtocol):
            return super().create_application(protocol, scope)
        if protocol not in self.connections:
            return None
        protocol.inbox = InputQueue(
            pause=protocol.transport.pauseProducing,
            resume=protocol.transport.resumeProducing,
            high_bytes=UNREAD_HIGH_BYTES,
            high_messages=UNREAD_HIGH_MESSAGES,
        )
        scope["asgi"] = {"version": "3.0"}
        scope[PRESSURE_KEY] = protocol.pressure
        task = twisted_loop.create_task(
            self.application(scope, protocol.inbox.get, partial(self.handle_reply, protocol))
        )
        # Nobody would read, close or time out a socket that its application has left.
        task.add_done_callback(lambda _: protocol.say_goodbye(code=1011))
        self.connections[protocol]["application_instance"] = task
        return protocol.inbox

    def listen_success(self, port: Any) -> None:
        super().listen_success(port)
        self._ports.append(port)

    def listen_error(self, failure: Any) -> None:
        reason = getattr(failure.value, "socketError", failure.value)
        self._listen_problem = f"Cannot listen on {self._address} ({getattr(reason, 'strerror', reason)})."
        self.stop()

    def stop_orderly(self) -> None:
        if self._stopping is None:
            self._stopping = twisted_loop.create_task(self._stop_in_order())
        else:
            self.stop()

    async def _stop_in_order(self) -> None:
        try:
            for port in self._ports:
                port.stopListening()
            await self._on_stop_bounded()
            await self._sockets_close()
        finally:
            self.stop()

    async def _sockets_close(self) -> None:
        sockets = [each for each in self.connections if isinstance(each, SocketProtocol)]
        for each in sockets:
            each.say_goodbye(code=1001)
        try:
            async with asyncio.timeout(FAREWELL_S):
                for each in sockets:
                    await each.gone.wait()
        except TimeoutError:
            logger.info("some sockets did not answer the goodbye")

    async def _on_stop_bounded(self) -> None:
        try:
            async with asyncio.timeout(self._stop_seconds):
                await self._on_stop()
        except Exception:  # nothing that fails here may keep the process from ending
            logger.exception("shutdown was not clean")

    def kill_all_applications(self) -> Any:
        """Stock Daphne trips over connections without an application and over having none at all."""
        tasks = [
            task
            for details in self.connections.values()
            if (task := details.get("application_instance")) and not task.done()
        ]
        for task in tasks:
            task.cancel()
        return Deferred.fromFuture(asyncio.ensure_future(_all_ended(tasks), loop=twisted_loop))


def _bounded(build: Callable[[Any], Any], address: Any) -> Any:
    protocol = build(address)
    protocol.requestFactory = BoundedRequest
    return protocol


async def _all_ended(tasks: list[asyncio.Task[Any]]) -> None:
    if tasks:
        await asyncio.wait(tasks, timeout=5)
