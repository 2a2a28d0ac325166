"""One WebSocket as we serve it: pressure in both directions, a heartbeat, no floods, closes that arrive.

Importing this module installs Twisted's reactor: only `streaming/server.py` does.
"""

import asyncio
import random
from typing import Any

from autobahn.websocket.types import ConnectionDeny
from daphne.server import twisted_loop
from daphne.ws_protocol import WebSocketProtocol

from meetings.limits import HEARTBEAT_MS
from streaming.backpressure import FRAMES_BURST, FRAMES_HZ, FrameRate, InputQueue, WritePressure, unsent_limit
from streaming.round_trip import RoundTrip

HEARTBEAT_S = HEARTBEAT_MS / 1000
SILENCE_S = 2 * HEARTBEAT_S - 1  # a peer is gone, and known to be, within two heartbeats: checks come once a second
CUT_WITHIN_S = 1.0
EMPTY_PING = b"\x89\x00"
EMPTY_PONG = b"\x8a\x80"  # and four bytes of mask
LENGTH_OF_PONG = 6


class SocketProtocol(WebSocketProtocol):
    """One WebSocket. Its scope holds a `WritePressure` and a `RoundTrip`; pings go out also while the peer sends."""

    maxMessagePayloadSize: int  # noqa: N815  Autobahn's name
    pressure: WritePressure
    round_trip: RoundTrip
    gone: asyncio.Future[None]
    inbox: InputQueue | None = None
    _is_flooding = False

    def connectionMade(self) -> None:  # noqa: N802  Twisted's name
        self._heard_at = twisted_loop.time()
        # Thousands may come at the same moment, after a deployment; their pings need not go out at the same one. None
        # comes so soon that it could be mistaken for the one that measures the round trip.
        self._pinged_at = self._heard_at - random.uniform(0, HEARTBEAT_S - 2)  # noqa: S311 - protects nothing
        self._frames = FrameRate(burst=FRAMES_BURST, refill_hz=FRAMES_HZ, now_s=self._heard_at)
        self.pressure = WritePressure()
        self.round_trip = RoundTrip()
        self.gone = twisted_loop.create_future()
        self.factory.server_class.n_sockets += 1
        # The HTTP half of the connection is still registered, for a request that has ended.
        self.transport.unregisterProducer()
        self.transport.registerProducer(self.pressure, True)
        unsent_limit(self.transport.getHandle())
        super().connectionMade()

    def onConnect(self, request: Any) -> Any:  # noqa: N802  Twisted's name
        """Stock Daphne answers headers that are not ASCII with a traceback, and tells it to the peer."""
        try:
            return super().onConnect(request)
        except UnicodeError:
            raise ConnectionDeny(400, "Bad Request") from None

    def onOpen(self) -> None:  # noqa: N802  Autobahn's name
        super().onOpen()
        self._ping()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802  Twisted's name
        self.factory.server_class.open_transports.discard(self.transport)
        self.pressure.stopProducing()
        if not self.gone.done():
            self.gone.set_result(None)
            self.factory.server_class.n_sockets -= 1
        super().connectionLost(reason)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  Twisted's name
        if self._is_flooding:
            return
        self._heard_at = twisted_loop.time()
        if self._is_pong(data) and self._frames.admits(now_s=self._heard_at):
            self.round_trip.answered(now_s=self._heard_at)
            return  # all that those who only listen ever send; the long way costs ten times as much
        super().dataReceived(data)

    def _is_pong(self, data: bytes) -> bool:
        """Nothing but the answer to our ping: a whole, masked, empty pong between two frames."""
        return (
            len(data) == LENGTH_OF_PONG
            and data.startswith(EMPTY_PONG)
            and not self.data
            and self.state == self.STATE_OPEN
            and self.current_frame is None
        )

    def onFrameBegin(self) -> None:  # noqa: N802  Autobahn's name
        """Pings and fragments never reach the application, so nobody else would count them."""
        super().onFrameBegin()
        if not self._frames.admits(now_s=twisted_loop.time()):
            self._is_flooding = True
            self.data = b""
            if self.state == self.STATE_OPEN:
                self._fail_connection(4529, "rate_exceeded")
            self._cut_soon()

    def onPing(self, payload: bytes) -> None:  # noqa: N802  Autobahn's name
        if not self.pressure.is_paused:  # else somebody who pings and never reads fills the memory with our pongs
            super().onPing(payload)

    def onPong(self, payload: bytes) -> None:  # noqa: N802  Autobahn's name
        if not payload:
            self.round_trip.answered(now_s=self._heard_at)

    def sendMessage(self, payload: bytes, isBinary: bool = False) -> None:  # noqa: N802, N803  Autobahn's names
        """Stock Autobahn holds us to what a peer may send; the snapshot of a large meeting is larger."""
        of_peer = self.maxMessagePayloadSize
        self.maxMessagePayloadSize = 0
        super().sendMessage(payload, isBinary)
        self.maxMessagePayloadSize = of_peer

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:  # noqa: N802  Autobahn's name
        if sync or chopsize or self.send_queue or self.state != self.STATE_OPEN:
            super().sendData(data, sync, chopsize)
        else:
            self._write(data)

    def _write(self, data: bytes) -> None:
        """At once if nothing waits: asking the network first whether it takes them costs more than most messages."""
        transport, n_sent = self.transport, 0
        if transport.connected and not (transport.disconnecting or transport.dataBuffer or transport._tempDataBuffer):
            try:
                n_sent = transport.getHandle().send(data)
            except OSError:  # full, or broken: Twisted finds out in its own time
                n_sent = 0
        if n_sent < len(data):
            transport.write(data[n_sent:])

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
        if self.inbox is not None and self.inbox.is_reading_paused:
            self._heard_at = now  # it is we who do not listen
        if now - self._heard_at > SILENCE_S:
            self.sendClose(code=4504, reason="heartbeat")
            self.dropConnection(abort=self.pressure.is_paused)
            self._cut_soon()
        elif now - self._pinged_at >= HEARTBEAT_S - 0.5:  # half the interval of the checks
            self._pinged_at = now
            self._ping()
        elif self.round_trip.wants_more:
            self._ping()

    def _ping(self) -> None:
        self.round_trip.asked(now_s=twisted_loop.time())
        self._write(EMPTY_PING)

    def say_goodbye(self, *, code: int) -> None:
        if self.state == self.STATE_OPEN:
            self.sendCloseFrame(code=code)

    def _max_message_size_exceeded(self, msg_size: int, max_msg_size: int, reason: str) -> None:
        self._fail_connection(4413, "frame_too_large")
        self._cut_soon()

    def _cut_soon(self) -> None:
        """Not waiting for an answer to our close: nobody would hear it, or send it."""
        twisted_loop.call_later(CUT_WITHIN_S, self.transport.abortConnection)
