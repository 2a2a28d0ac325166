"""What every socket of ours does: ticket, send with back-pressure, errors to close codes, orderly teardown."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any

from channels.consumer import AsyncConsumer, get_handler_name
from channels.exceptions import StopConsumer

from meetings.errors import MeetingsError
from meetings.limits import STREAM_LIMITS
from meetings.values import Redeemed
from streaming.backpressure import PRESSURE_KEY, WritePressure
from streaming.conditions import Conditions, FlowState
from streaming.errors import (
    ForbiddenStream,
    Overloaded,
    ProblemWire,
    ProtocolError,
    SlowConsumer,
    StreamError,
    TicketRejected,
    Unavailable,
    problem_wire,
)
from streaming.feeds import Subscription
from streaming.intake import CHEAPEST_FRAME_SAMPLES, Pace
from streaming.protocol.server_messages import error_message, flow_message, goaway_message, warning_message
from streaming.protocol.text import encode
from streaming.round_trip import ROUND_TRIP_KEY, RoundTrip
from streaming.runtime import Runtime, runtime
from streaming.tasks import TaskScope

logger = logging.getLogger(__name__)

SUBPROTOCOL = "colloquy.v1"
TICKET_PREFIX = "ticket."
WRITABLE_WITHIN_S = 15.0  # less than the heartbeat's patience: who does not read does not answer pings either
MOST_WAITING_MESSAGES = 256

Send = Callable[[dict[str, Any]], Awaitable[None]]


class StreamConsumer(AsyncConsumer):
    """A socket. Subclasses say what happens after the ticket (`opened`), with a message, and at the end (`closed`).

    It overrides `dispatch`, which would hop to a thread before every message to close old database connections: no
    handler here touches the ORM. It also takes no channel of its own: groups are subscribed once per meeting.
    """

    _conditions: Conditions | None = None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Send) -> None:
        self.scope = scope
        self.base_send = send
        self.tasks = TaskScope("socket")
        self.pressure: WritePressure = scope.get(PRESSURE_KEY) or WritePressure()
        self.round_trip: RoundTrip = scope.get(ROUND_TRIP_KEY) or RoundTrip()
        self._outbox: list[str] = []
        self._is_sending = False
        self._is_closed = False
        try:
            while True:
                await self.dispatch(await receive())
        except StopConsumer:
            pass
        finally:
            # Also when a handler failed, or when the server gave up on us: what the socket began, it ends.
            self._is_closed = True
            if self._conditions is not None:
                self._conditions.leave(self)
            self.closed()
            await self.tasks.close()

    async def dispatch(self, message: dict[str, Any]) -> None:
        handler = getattr(self, get_handler_name(message))
        try:
            await handler(message)
        except (StreamError, MeetingsError) as error:
            await self.close_with(error)

    async def websocket_connect(self, message: dict[str, Any]) -> None:
        offered = self.scope.get("subprotocols", [])
        # Accepted even with a bad ticket: browsers show a refused upgrade as 1006, which means "try again".
        chosen = SUBPROTOCOL if SUBPROTOCOL in offered else None
        await self.base_send({"type": "websocket.accept", "subprotocol": chosen})
        try:
            self.node: Runtime = runtime()  # kept: the socket may outlive it by a moment at shutdown
        except RuntimeError:
            raise Overloaded("this node is stopping; resume") from None
        if self.node.conditions.is_going:
            raise Overloaded("this node is stopping; resume")
        self.accepted_s = self.node.clock.monotonic_s()
        self._pace = Pace(limits=STREAM_LIMITS, now_s=self.accepted_s)
        await self.opened(await self.redeem(offered))

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        if self._is_closed:
            return
        if (data := message.get("bytes")) is not None:
            await self.received_bytes(data)
        else:
            self._pace.spend(CHEAPEST_FRAME_SAMPLES, now_s=self.node.clock.monotonic_s())
            await self.received_text(message.get("text") or "")

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        raise StopConsumer

    async def redeem(self, offered: list[str]) -> Redeemed | None:
        """Who this is. Raises TicketInvalid, TicketRejected."""
        for protocol in offered:
            if protocol.startswith(TICKET_PREFIX):
                return await self.node.store.ticket_redeem(protocol.removeprefix(TICKET_PREFIX))
        raise TicketRejected("a ticket is offered as the subprotocol ticket.<TICKET>")

    async def opened(self, redeemed: Redeemed | None) -> None:
        """The socket is accepted and its ticket good."""

    async def received_text(self, text: str) -> None:
        raise ProtocolError("this socket takes no messages")

    async def received_bytes(self, data: bytes) -> None:
        raise ProtocolError("this socket takes no audio")

    def closed(self) -> None:
        """The socket is gone. Runs once; must not disturb a successor."""

    def say(self, message: Mapping[str, Any]) -> None:
        """Queue a control message; a reader with hundreds of them unread is closed."""
        if len(self._outbox) >= MOST_WAITING_MESSAGES:
            self.fail(SlowConsumer("control messages are not being read"))
            return
        self._outbox.append(encode(message))
        if not self._is_sending and not self._is_closed:
            self._is_sending = True
            self.tasks.spawn(self._guarded(self._send_outbox()), name="outbox")

    def refuse(self, refusal: MeetingsError) -> None:
        """What was asked for is not done; the stream goes on."""
        problem = problem_wire(code=refusal.code, title=refusal.title, detail=refusal.detail)
        self.say(self.describe(problem, is_fatal=False))

    def describe(self, problem: ProblemWire, *, is_fatal: bool) -> Mapping[str, Any]:
        """A problem as this kind of socket is told of it."""
        return error_message(problem=problem, is_fatal=is_fatal)

    # --- what the node tells all of its sockets, once they have joined its conditions ----------------------------

    def listen_to_node(self) -> None:
        """Hear of the node's condition from now on, and of what stands already."""
        self._conditions = self.node.conditions
        self._conditions.join(self)

    def flow(self, *, state: FlowState, reason: str) -> None:
        self.say(flow_message(state=state, reason=reason))

    def warning(self, *, code: str) -> None:
        self.say(warning_message(code=code))

    def goaway(self, *, reason: str, deadline_ms: int) -> None:
        self.say(goaway_message(reason=reason, deadline_ms=deadline_ms))

    def fail(self, error: StreamError | MeetingsError) -> None:
        if not self._is_closed:
            self.tasks.spawn(self.close_with(error), name="fail")

    async def close_with(self, error: StreamError | MeetingsError) -> None:
        """The one place where an error becomes a close code. Only the first counts."""
        if self._is_closed:
            return
        self._is_closed = True
        if not self.pressure.is_paused:
            # Both trees of errors have these; the other half's knows nothing of sockets.
            problem = problem_wire(code=error.code, title=error.title, detail=error.detail)
            await self._send(encode(self.describe(problem, is_fatal=True)))
        await self.base_send({"type": "websocket.close", "code": error.close_code, "reason": error.code})

    async def close_normally(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            await self.base_send({"type": "websocket.close", "code": 1000})

    def feed(self, subscription: Subscription) -> None:
        """Send the meeting's messages until the socket goes."""
        self.tasks.spawn(self._guarded(self._send_all(subscription.messages())), name="feed")

    async def _send_outbox(self) -> None:
        """A task while there is something to say: thousands who only listen need none."""
        try:
            while self._outbox:
                await self.send_text(self._outbox[0])
                del self._outbox[0]  # only now: what waits for a slow reader is counted
        finally:
            self._is_sending = False

    async def _send_all(self, texts: AsyncGenerator[str, None]) -> None:
        async with aclosing(texts) as each:
            async for text in each:
                await self.send_text(text)

    async def send_text(self, text: str) -> None:
        """Waits while the peer does not read. Raises SlowConsumer."""
        if self.pressure.is_paused:
            try:
                async with asyncio.timeout(WRITABLE_WITHIN_S):
                    await self.pressure.wait_writable()
            except TimeoutError:
                raise SlowConsumer from None
        if not self._is_closed:
            await self._send(text)

    async def send_message(self, message: Mapping[str, Any]) -> None:
        """Past the queue: for the first message and the last."""
        await self.send_text(encode(message))

    async def send_bytes(self, data: bytes) -> None:
        """At once: whoever calls it sees to `pressure`."""
        if not self._is_closed:
            await self.base_send({"type": "websocket.send", "bytes": data})

    async def _send(self, text: str) -> None:
        await self.base_send({"type": "websocket.send", "text": text})

    async def _guarded(self, work: Awaitable[None]) -> None:
        try:
            await work
        except (StreamError, MeetingsError) as error:
            await self.close_with(error)
        except Exception:
            await self.close_with(Unavailable())
            raise


class ForeignOrigin(StreamConsumer):
    """A page of another site: told so with a close code, because a refused upgrade would look like "try again"."""

    async def redeem(self, offered: list[str]) -> Redeemed | None:
        raise ForbiddenStream("pages of other sites may not open this socket")


class UnknownPath(StreamConsumer):
    """No such socket: said with a close code that browsers can see."""

    async def redeem(self, offered: list[str]) -> Redeemed | None:
        raise ProtocolError("there is no such socket")
