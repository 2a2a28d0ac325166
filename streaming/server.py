"""The web node: Daphne with flow control, a heartbeat and an orderly end, which stock Daphne lacks.

Importing this module installs Twisted's asyncio reactor; nothing may have imported Twisted's before.
"""

import asyncio
import logging
import math
import signal
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from daphne.endpoints import build_endpoint_description_strings
from daphne.server import Server, twisted_loop
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.logger import STDLibLogObserver, globalLogPublisher

from meetings.long_answers import WRITABLE_KEY
from streaming.backpressure import PRESSURE_KEY, InputQueue
from streaming.file_limit import file_budget
from streaming.http_channel import BoundedChannel, BoundedRequest
from streaming.round_trip import ROUND_TRIP_KEY
from streaming.socket_protocol import SocketProtocol

logger = logging.getLogger(__name__)

CLOSE_WITHIN_S = 10.0  # what a peer has to read and answer a close; then the connection is cut
MAX_MESSAGE_BYTES = 1_048_576
UNREAD_HIGH_BYTES = 262_144  # 8 s of audio
UNREAD_HIGH_MESSAGES = 512
CHECK_EVERY_S = 0.1  # a share of the connections, so that each is looked at about once a second
BACKLOG = 1_024  # Twisted's 50 would let the rest of a crowd that comes back at once wait for seconds
FAREWELL_S = 2.0  # between the last close frame and the end of the process

Application = Callable[..., Awaitable[None]]


class ListenFailed(Exception):
    """The port cannot be had. The message says why, in one sentence."""


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
        max_connections: int,
        on_start: Callable[[], Awaitable[object]],
        on_stop: Callable[[], Awaitable[object]],
        on_listening: Callable[[], None],
        stop_seconds: float,
    ) -> None:
        super().__init__(
            application=application,
            endpoints=[
                f"{each}:backlog={BACKLOG}" for each in build_endpoint_description_strings(host=host, port=port)
            ],
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
        self.open_transports: set[Any] = set()
        self.n_sockets = 0
        self._budget = file_budget(wanted=max_connections)
        self._is_full = False
        self._listen_problem: str | None = None
        self._unchecked: list[Any] = []
        self._n_checked_at_once = 0
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
        self.http_factory.protocol = BoundedChannel
        self.http_factory.buildProtocol = partial(self._channel_build, self.http_factory.buildProtocol)
        # A peer that errs is told so by a close code.
        self.ws_factory.setProtocolOptions(failByDrop=False, closeHandshakeTimeout=CLOSE_WITHIN_S)
        if not self._listen_problem:
            self._on_listening()

    def _channel_build(self, build: Callable[[Any], Any], address: Any) -> Any:
        """None makes Twisted close the new connection at once."""
        n_connections = len(self.open_transports)
        was_full = self._is_full
        self._is_full = not self._budget.has_room(n_connections=n_connections, n_sockets=self.n_sockets)
        if self._is_full:
            if not was_full:
                logger.warning("no more connections are taken", extra={"n_connections": n_connections})
            return None
        protocol = build(address)
        protocol.requestFactory = BoundedRequest
        return protocol

    def timeout_checker(self) -> None:
        reactor.callLater(CHECK_EVERY_S, self.timeout_checker)  # first: nothing that fails below may end the checks
        if not self._unchecked:
            self._unchecked = list(self.connections)
            self._n_checked_at_once = math.ceil(len(self._unchecked) * CHECK_EVERY_S)
        due, self._unchecked = (
            self._unchecked[: self._n_checked_at_once],
            self._unchecked[self._n_checked_at_once :],
        )
        for connection in due:
            if connection in self.connections:
                connection.check_timeouts()

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        if not isinstance(protocol, SocketProtocol):
            scope[WRITABLE_KEY] = protocol.writable
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
        scope[ROUND_TRIP_KEY] = protocol.round_trip
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
        if sockets:
            _, staying = await asyncio.wait([each.gone for each in sockets], timeout=FAREWELL_S)
            if staying:
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


async def _all_ended(tasks: list[asyncio.Task[Any]]) -> None:
    if tasks:
        await asyncio.wait(tasks, timeout=5)
