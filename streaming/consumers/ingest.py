"""The sockets of telephone calls: a caller's voice in, the others' voices out."""

import asyncio
from collections.abc import Coroutine
from typing import Any, ClassVar
from urllib.parse import parse_qs

from meetings.phone import PhoneCaller
from meetings.values import Redeemed
from streaming.conditions import FlowState
from streaming.consumers.base import StreamConsumer
from streaming.consumers.call_ear import CallEar
from streaming.errors import CallSilent, FrameTooLarge, Overloaded, ProblemWire, ProtocolError, UnexpectedMessage
from streaming.ingest.call_messages import (
    CallAudio,
    CallMessage,
    CallOther,
    CallStart,
    CallStop,
    Dialect,
    ServiceMessage,
)
from streaming.ingest.call_timeline import CallTimeline
from streaming.ingest.teler import TelerDialect
from streaming.ingest.twilio import TwilioDialect
from streaming.intake import CHEAPEST_FRAME_SAMPLES, DEAREST_SAMPLES
from streaming.phone_session import PhoneSession
from streaming.pipeline import SessionPipeline

START_WITHIN_S = 10.0
SILENT_S = 60.0  # services send silence too; who sends nothing at all has forgotten us
MOST_WAITING_VOICES = 16
# Closes of the service that say that the call is over. After any other the call may come back.
HUNG_UP = frozenset({1000, 1005})


class IngestConsumer(StreamConsumer):
    """One call. The key in the address is its credential; the service's `dialect` says how it speaks.

    What cannot be understood is answered, and survived. Everything about the audio is in `PhoneSession`.
    """

    dialect: ClassVar[Dialect]
    _start: CallStart | None = None
    _session: PhoneSession | None = None
    _timeline: CallTimeline | None = None
    _ear: CallEar | None = None
    _is_over = False
    _is_going = False
    _close_code: int | None = None

    async def redeem(self, offered: list[str]) -> Redeemed | None:
        return None

    async def opened(self, redeemed: Redeemed | None) -> None:
        self._key: str = self.scope["url_route"]["kwargs"]["key"]
        await self.node.store.phone_key_check(self._key)
        self._heard_at_s = self.node.clock.monotonic_s()
        self.tasks.spawn(self._watch(), name="watch")

    async def received_bytes(self, data: bytes) -> None:
        self._answer(UnexpectedMessage("what is said of a call is text"))

    async def received_text(self, text: str) -> None:
        try:
            await self._take(self.dialect.parse(text))
        except (ProtocolError, FrameTooLarge) as error:
            self._answer(error)

    async def _take(self, message: CallMessage) -> None:
        if self._start is not None and message.stream_id not in ("", self._start.stream_id):
            raise UnexpectedMessage("this is the message of another stream")
        match message:
            case _ if self._is_over:
                return
            case CallStart() if self._start is None:
                await self._begin(message)
            case CallStart():
                raise UnexpectedMessage("a call starts once")
            case CallOther(number=number):
                if self._timeline is not None and self._session is not None:
                    self._session.hear(self._timeline.note(number))
            case CallAudio():
                self._hear(message)
            case CallStop() if self._session is None:
                await self.close_normally()
            case CallStop():
                self.hang_up()

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        self._close_code = message.get("code")
        await super().websocket_disconnect(message)

    def closed(self) -> None:
        if self._session is None or self._timeline is None:
            return
        if self._close_code in HUNG_UP:
            self.hang_up()
        elif not self._is_over:
            self._session.hear(self._timeline.end())
        self._session.leave()

    # --- the caller's voice -------------------------------------------------------------------------------

    async def _begin(self, start: CallStart) -> None:
        node = self.node
        caller = PhoneCaller(
            service=self.dialect.service,
            call_id=start.call_id,
            name=start.name,
            caller=start.caller or self._caller_of_address(),
        )
        call = await node.store.phone_call_admit(self._key, caller)
        self._ear = self._ear_of(start)
        session = PhoneSession(node=node, key=self._key, call=call, line=self)
        self._timeline = CallTimeline(format=start.format, position=await session.begin())
        self._timeline.note(start.number)
        self._start, self._session = start, session
        self.listen_to_node()
        if session.is_meeting_over:
            self.hang_up()

    def _hear(self, audio: CallAudio) -> None:
        if self._session is None or self._timeline is None:
            raise UnexpectedMessage("start comes first")
        now_s = self._heard_at_s = self.node.clock.monotonic_s()
        before = self._timeline.position
        pieces = self._timeline.accept(audio)
        n_samples = sum(len(piece.samples) for piece in pieces)
        cost = DEAREST_SAMPLES if self._timeline.position > before + n_samples else 0
        self._pace.spend(max(cost, n_samples - CHEAPEST_FRAME_SAMPLES, 0), now_s=now_s)
        self._session.hear(pieces)

    async def _watch(self) -> None:
        await asyncio.sleep(START_WITHIN_S)
        if self._start is None:
            self.fail(UnexpectedMessage("no start came"))
            return
        while not self._is_over:
            left_s = self._heard_at_s + SILENT_S - self.node.clock.monotonic_s()
            if left_s <= 0:
                self.fail(CallSilent())
                return
            await asyncio.sleep(left_s)

    def _caller_of_address(self) -> str:
        query = parse_qs(self.scope.get("query_string", b"").decode("latin-1"))
        said: list[str] = query.get("caller", [""])
        return said[-1]

    # --- what the session says ----------------------------------------------------------------------------

    def spawn(self, coroutine: Coroutine[Any, Any, None], *, name: str) -> None:
        self.tasks.spawn(self._guarded(coroutine), name=name)

    def attached(self, pipeline: SessionPipeline) -> None:
        assert self._ear is not None
        self.round_trip.tell(pipeline.times.round_trip)
        self.node.rooms.listen(pipeline, self._ear)

    def hang_up(self) -> None:
        """The caller did, or the host has ended the meeting: what was said is committed, then the socket closes."""
        if self._is_over or self._session is None or self._timeline is None:
            return
        self._is_over = True
        self._session.hear(self._timeline.end())
        self._session.finish()

    def flushed(self) -> None:
        if self._is_going:
            self.fail(Overloaded("this node is stopping; call again"))

    def over(self) -> None:
        self.tasks.spawn(self._guarded(self.close_normally()), name="over")

    # --- what is said to the service ----------------------------------------------------------------------

    def describe(self, problem: ProblemWire, *, is_fatal: bool) -> ServiceMessage:
        stream_id = self._start.stream_id if self._start else ""
        return self.dialect.problem(stream_id=stream_id, problem=problem, is_fatal=is_fatal)

    def _answer(self, error: ProtocolError | FrameTooLarge) -> None:
        """Each answer costs as much as a second of audio: who says nothing else is closed with 4529."""
        self._pace.spend(DEAREST_SAMPLES, now_s=self.node.clock.monotonic_s())
        self.say(self.describe(error.as_problem(), is_fatal=False))

    def _ear_of(self, start: CallStart) -> CallEar:
        return CallEar(
            dialect=self.dialect,
            start=start,
            say=self.say,
            is_writable=lambda: not self.pressure.is_paused and len(self._outbox) < MOST_WAITING_VOICES,
            clock=self.node.clock.monotonic_s,
        )

    def flow(self, *, state: FlowState, reason: str) -> None:
        """Calls cannot pause: what they say is kept here meanwhile."""

    def warning(self, *, code: str) -> None:
        """Nobody would understand it."""

    def goaway(self, *, reason: str, deadline_ms: int) -> None:
        """No other node could have what was said here: it is committed first, then the service may call again."""
        self._is_going = True
        if self._session is None:
            self.flushed()
        elif not self._is_over:
            self._session.flush()


class TelerConsumer(IngestConsumer):
    dialect = TelerDialect()


class TwilioConsumer(IngestConsumer):
    dialect = TwilioDialect()
