"""The audio socket: a participant's voice in, the meeting's captions out."""

import asyncio
from typing import Any
from uuid import UUID

from meetings.errors import Invalid
from meetings.limits import AUDIO_CONSENT, HEARTBEAT_MS, RESUME_WINDOW_S, STREAM_LIMITS
from meetings.values import EndedSession, OpenedSession, Redeemed
from streaming.agent_voice import AgentVoice
from streaming.consumers.base import StreamConsumer
from streaming.errors import ConsentMissing, ForbiddenStream, ProtocolError, UnexpectedMessage
from streaming.feeds import Subscription, Wants
from streaming.intake import DEAREST_SAMPLES, MAX_POSITION
from streaming.pipeline import SessionPipeline
from streaming.protocol import client_messages, server_messages
from streaming.protocol.frames import frame_parse
from streaming.session_items import End, Finalize, Lost, Mute, Record
from streaming.spoken import speak_item
from streaming.voices_out import VoicesOut

HELLO_WITHIN_S = 10.0
LONGEST_ROUND_TRIP_S = 2.0
AGENT = "agent"


class AudioConsumer(StreamConsumer):
    """Authenticate, parse, enqueue. Everything that lasts longer than the socket lives in the room."""

    _redeemed: Redeemed
    _session_id: UUID | None = None  # once a ticket has named it
    _pipeline: SessionPipeline | None = None
    _subscription: Subscription | None = None
    _voices: VoicesOut | None = None  # once they were wanted
    _agent: AgentVoice | None = None  # for those who joined as one
    _consent: frozenset[str] = frozenset()
    _has_said_hello = False
    _has_ended = False
    _is_told_to_drain = False

    async def opened(self, redeemed: Redeemed | None) -> None:
        if redeemed is None or redeemed.session_id is None:
            raise ForbiddenStream("this ticket is for a caption feed")
        self._redeemed, self._session_id = redeemed, redeemed.session_id
        self.tasks.spawn(self._expect_hello(), name="expect-hello")

    async def received_bytes(self, data: bytes) -> None:
        frame = frame_parse(data, limits=STREAM_LIMITS)
        if self._has_ended:
            return
        pipeline = self._after_hello()
        says_nothing = frame.is_muted and not frame.n_samples
        if not says_nothing and not self._consent.issuperset(AUDIO_CONSENT):
            raise ConsentMissing
        pipeline.put_frame(frame)

    async def received_text(self, text: str) -> None:
        message = client_messages.message_parse(text)
        match message:
            case None:
                return
            case client_messages.Hello() if not self._has_said_hello:
                self._has_said_hello = True
                await self._hello(message)
            case client_messages.Hello():
                raise UnexpectedMessage("hello is said once")
            case client_messages.Ping(t=t):
                self.say(server_messages.pong_message(t=t))
            case _ if not self._has_ended:
                await self._control(message, self._after_hello())

    async def _control(self, message: client_messages.ClientMessage, pipeline: SessionPipeline) -> None:
        match message:
            case client_messages.Mute(on=is_on):
                pipeline.put(Mute(is_on=is_on))
                self._expect_voice(not is_on)
            case client_messages.Listen(on=is_on):
                self._listen(pipeline, is_on)
            case client_messages.Say() | client_messages.Interrupt() | client_messages.Clear():
                self._direct(message)
            case client_messages.Finalize(cid=cid):
                pipeline.put(Finalize(cid=cid))
            case client_messages.Lost(reason=reason):
                pipeline.put(Lost(reason=reason if reason in client_messages.LOST_REASONS else ""))
            case client_messages.Consent() | client_messages.Language() | client_messages.End() if (
                message.position > MAX_POSITION
            ):
                raise ProtocolError("the position is beyond the longest possible meeting")
            case client_messages.Consent(granted=granted, position=position):
                pipeline.charge(DEAREST_SAMPLES)
                store, before = self.node.store, self._consent
                self._consent = frozenset(await store.consent_record(self._redeemed.participant_id, granted))
                if "recording" in self._consent ^ before:
                    pipeline.put(Record(position=position))
                if before.issuperset(AUDIO_CONSENT) and not self._consent.issuperset(AUDIO_CONSENT):
                    pipeline.put(Finalize(cid=None))  # what was said on other terms: nothing follows it
            case client_messages.Language():
                pipeline.charge(DEAREST_SAMPLES)
                try:
                    pipeline.put(speak_item(message, knows=self.node.pool.supports))
                except Invalid as refusal:
                    self.refuse(refusal)
            case client_messages.End(position=position):
                self._has_ended = True
                self.say(server_messages.draining_message(reason="client"))
                pipeline.put(End(position=position))

    def closed(self) -> None:
        if self._pipeline is not None:
            self.node.rooms.detach(self._pipeline)
        self._make_room()
        if self._subscription is not None:
            self.node.broadcast.unsubscribe(self._subscription)

    def _make_room(self) -> None:
        """Nothing more is expected of who has gone, unless another connection has the session already."""
        session_id = self._session_id
        if session_id is not None and not self.node.rooms.is_connected(self._redeemed.meeting_id, session_id):
            self.node.admission.release(session_id)

    def _expect_voice(self, is_expected: bool) -> None:
        """Whoever is muted takes no room from those who want in to speak, as one who has kept silent for a while."""
        assert self._session_id is not None
        if is_expected:
            self.node.admission.expect(self._session_id)
        else:
            self.node.admission.release(self._session_id)

    def _direct(self, message: client_messages.ForAgents) -> None:
        if self._agent is None:
            raise UnexpectedMessage("only agents say chunks")
        match message:
            case client_messages.Say(id=chunk_id, position=position, n_samples=n_samples):
                self._agent.say(chunk_id, position, n_samples)
            case client_messages.Interrupt(id=chunk_id):
                self._agent.interrupt(chunk_id)
            case client_messages.Clear():
                self._agent.clear()

    def _listen(self, pipeline: SessionPipeline, is_on: bool) -> None:
        if not is_on:
            self.node.rooms.stop_listening(pipeline)
            return
        if self._voices is None:
            self._voices = VoicesOut(send=self.send_bytes, pressure=self.pressure)
            self.tasks.spawn(self._guarded(self._voices.run()), name="voices")
        self.node.rooms.listen(pipeline, self._voices)

    # --- what the pipeline says ---------------------------------------------------------------------------

    def ack(self, *, received: int, settled: int, lag_ms: int) -> None:
        self.say(server_messages.ack_message(received=received, settled=settled, lag_ms=lag_ms))

    def finalized(self, *, cid: str | int | None, position: int, after_seq: int) -> None:
        self.tasks.spawn(self._say_finalized(cid, position, after_seq), name="finalized")

    def ended(self, counters: EndedSession) -> None:
        self.tasks.spawn(self._say_ended(counters), name="ended")

    # --- handshake ----------------------------------------------------------------------------------------

    async def _expect_hello(self) -> None:
        await asyncio.sleep(HELLO_WITHIN_S)
        if not self._has_said_hello:
            self.fail(UnexpectedMessage("no hello came"))

    def _after_hello(self) -> SessionPipeline:
        if self._pipeline is None:
            raise UnexpectedMessage("hello comes first")
        return self._pipeline

    async def _hello(self, hello: client_messages.Hello) -> None:
        node, session_id = self.node, self._session_id
        assert session_id is not None
        said_hello_within_s = node.clock.monotonic_s() - self.accepted_s
        round_trip_s = min(LONGEST_ROUND_TRIP_S, said_hello_within_s, self.round_trip.shortest_s)
        resume_token = hello.resume.token if hello.resume else None
        opened = await node.store.session_open(session_id, node=node.node, resume_token=resume_token)
        after_seq = hello.resume.after_seq if hello.resume else 0
        await self.send_message(self._welcome(opened, after_seq))
        if opened.is_ended:
            self._has_ended = True
            await self._close_ended(await node.store.session_counters(session_id))
            return
        self._consent = frozenset(opened.consent)
        try:
            await self._begin(opened, hello, after_seq=after_seq, round_trip_s=round_trip_s)
        except BaseException:
            node.rooms.let_go(opened)
            raise

    async def _begin(
        self, opened: OpenedSession, hello: client_messages.Hello, *, after_seq: int, round_trip_s: float
    ) -> None:
        node = self.node
        wants = Wants(
            participant_id=str(opened.participant_id),
            captions=hello.want.captions,
            has_partials=hello.want.partials,
        )
        self._subscription = await node.broadcast.subscribe(
            opened.meeting_id, after_seq=after_seq, wants=wants, on_meeting_ended=self._drain
        )
        self._pipeline = node.rooms.attach(opened, sink=self, round_trip_s=round_trip_s)
        self.round_trip.tell(self._pipeline.times.round_trip)
        if opened.role == AGENT:
            self._agent = node.rooms.admit_agent(self._pipeline, tell=self.say)
        if hello.want.listen:
            self._listen(self._pipeline, True)
        if node.broadcast.has_passed(opened.meeting_id, opened.last_seq):
            node.rooms.catch_up(opened)
        if opened.resumed:
            node.broadcast.publish_superseded(opened.meeting_id, opened.owner.session_id, opened.owner.generation)
        self.feed(self._subscription)
        self.listen_to_node()
        if not node.pool.supports(opened.language):
            self.warning(code="language_unsupported")
        if opened.is_meeting_ended:
            self._drain()

    def _welcome(self, opened: OpenedSession, after_seq: int) -> server_messages.Welcome:
        return server_messages.welcome_message(
            session_id=opened.owner.session_id,
            participant_id=opened.participant_id,
            resumed=opened.resumed,
            settled=opened.resume_from,
            resume_token=opened.resume_token,
            resume_window_s=RESUME_WINDOW_S,
            after_seq=after_seq,
            heartbeat_ms=HEARTBEAT_MS,
            limits=STREAM_LIMITS,
            consent=opened.consent,
            language=opened.language,
        )

    # --- the end ------------------------------------------------------------------------------------------

    def _drain(self) -> None:
        """The host ended the meeting: the client stops capturing, sends what it kept, and says `end`."""
        if not self._is_told_to_drain:
            self._is_told_to_drain = True
            self.say(server_messages.draining_message(reason="meeting_ended"))

    async def _say_finalized(self, cid: str | int | None, position: int, after_seq: int) -> None:
        await self._wait_for_feed(after_seq)
        self.say(server_messages.finalized_message(cid=cid, position=position))

    async def _say_ended(self, counters: EndedSession) -> None:
        await self._wait_for_feed(counters.last_seq)
        await self._close_ended(counters)

    async def _close_ended(self, counters: EndedSession) -> None:
        ended: dict[str, Any] = {name: getattr(counters, name) for name in EndedSession.__dataclass_fields__}
        await self.send_message(server_messages.ended_message(**ended))
        await self.close_normally()

    async def _wait_for_feed(self, seq: int) -> None:
        """What an answer speaks of is sent before the answer. Should the feed end, the socket and this task end too."""
        if self._subscription is not None:
            await self._subscription.wait_for(seq)
