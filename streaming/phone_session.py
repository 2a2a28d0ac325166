"""The audio session of a telephone call: what a page does for its microphone, done here for a telephone."""

import logging
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from meetings.errors import MeetingsError
from meetings.limits import REQUIRED_CONSENT, RESUME_WINDOW_S, SAMPLE_RATE_HZ
from meetings.phone import AdmittedCall
from meetings.values import EndedSession, OpenedSession
from streaming.call_rest import bring_to_rest
from streaming.errors import ConsentMissing, StreamError, Unavailable
from streaming.feeds import Subscription, Wants
from streaming.ingest.call_timeline import CallPiece
from streaming.ingest.kept_call import KeptCall, KeptFrame
from streaming.ingest.voice_place import VoicePlace
from streaming.pipeline import SessionPipeline
from streaming.protocol.frames import AudioFrame
from streaming.reopening import Reopening
from streaming.runtime import Runtime
from streaming.session_items import End, Finalize, Frame, Lost, Record

logger = logging.getLogger(__name__)

MOST_FAILURES = 5  # of the session, while one socket lasts
AUDIO_MISSING, INTERRUPTED = "call_audio_missing", "call_interrupted"  # as reasons of gaps


class Line(Protocol):
    """The socket of the call; each call only queues."""

    def spawn(self, coroutine: Coroutine[Any, Any, None], *, name: str) -> None: ...
    def hang_up(self) -> None: ...
    def attached(self, pipeline: SessionPipeline) -> None: ...
    def flushed(self) -> None: ...
    def over(self) -> None: ...
    def fail(self, error: StreamError | MeetingsError) -> None: ...


class PhoneSession:
    """Keeps what the caller says until it is settled, and opens the session anew should it fail.

    It lives as long as the call's socket. When that goes, all that is kept has been given to the pipeline; or it is as
    soon as a session that has just failed was opened again, which the room tries for as long as the call may come back.
    """

    def __init__(self, *, node: Runtime, key: str, call: AdmittedCall, line: Line) -> None:
        self.call = call
        self._node = node
        self._key = key
        self._line = line
        self._pipeline: SessionPipeline | None = None  # that may be given something
        self._newest: SessionPipeline | None = None
        self._kept = KeptCall()
        self._position = 0
        self._reason = ""  # why what lies before the next piece is missing
        self._is_finished = False
        self._is_flushing = False
        self._has_left = False
        self._n_failures = 0
        self._place = VoicePlace()
        self._subscription: Subscription | None = None
        self._reopening: Reopening | None = None
        self.is_meeting_over = False

    async def begin(self) -> int:
        """Take the session; the position of what is said from now on.

        Raises Full, MeetingOver, ConsentMissing, SupersededStream, Overloaded, Unavailable (it has just ended).
        """
        came_at = self._node.clock.now()
        await bring_to_rest(node=self._node, call=self.call)
        opened = await self._open()
        try:
            self._subscription = await self._node.broadcast.subscribe(
                opened.meeting_id,
                after_seq=opened.last_seq,
                wants=Wants(captions="none", has_partials=False),
                on_meeting_ended=self._line.hang_up,
            )
            self._attach(opened)
        except BaseException:
            self._node.rooms.let_go(opened)
            self._unsubscribe()
            raise
        self._line.spawn(self._follow(self._subscription), name="follow")
        self.is_meeting_over = opened.is_meeting_ended
        return self._begin_at(opened, came_at=came_at)

    def hear(self, pieces: Iterable[CallPiece]) -> None:
        """The end of the last piece is what was said just now."""
        now_s, heard = self._node.clock.monotonic_s(), list(pieces)
        for piece in heard:
            self._reason = self._reason or (AUDIO_MISSING if piece.is_after_gap else "")
            for frame in piece.frames():
                self._keep(frame, arrived_s=now_s - (heard[-1].end - frame.end) / SAMPLE_RATE_HZ)
            self._position = piece.end
        self._give()
        self._speak(heard)

    def finish(self) -> None:
        """The caller has hung up, or was: nothing more comes."""
        if self._is_finished:
            return
        self._is_finished = True
        self._give()

    def flush(self) -> None:
        """Let everything be committed that was heard: nobody could send it again. The line hears of it."""
        if not self._is_finished:
            self._is_flushing = True
            self._put_rest(Finalize(cid=None))

    def leave(self) -> None:
        """The socket is gone. The room goes on with what it has, and with the opening of what has failed."""
        self._has_left = True
        if self._reopening is not None:
            self._reopening.give_up_after(RESUME_WINDOW_S)
        self._depart()

    def _depart(self) -> None:
        """Also of a session that was opened for what is kept when the socket had gone."""
        self.flush()
        node, call = self._node, self.call
        if self._newest is not None:
            node.rooms.detach(self._newest)
        if not node.rooms.is_connected(call.meeting_id, call.session_id):
            node.admission.release(call.session_id)
        if self._reopening is None:  # which is told through the meeting when a newer connection has the session
            self._unsubscribe()

    # --- what the pipeline says ---------------------------------------------------------------------------

    def ack(self, *, received: int, settled: int, lag_ms: int) -> None:
        self._kept.settle(settled)
        if not self._is_finished:
            self._give()

    def finalized(self, *, cid: str | int | None, position: int, after_seq: int) -> None:
        self._line.flushed()

    def ended(self, counters: EndedSession) -> None:
        self._line.over()

    def warning(self, *, code: str) -> None:
        """Telephone services would not understand it."""

    def fail(self, error: StreamError) -> None:
        self._pipeline = None
        self._n_failures += 1
        if not error.retryable or self._n_failures > MOST_FAILURES:
            self._line.fail(error)
        else:
            self._open_again()

    # --- the session ------------------------------------------------------------------------------------------

    async def _open(self) -> OpenedSession:
        store = self._node.store
        opened = await store.session_open(self.call.session_id, node=self._node.node, resume_token=None)
        if opened.is_ended:
            raise Unavailable("the call has ended; begin another")
        try:
            granted = frozenset(opened.consent)
            if not granted.issuperset(REQUIRED_CONSENT):
                granted = frozenset(await store.phone_call_consent(self._key, self.call.participant_id))
            if not granted.issuperset(REQUIRED_CONSENT):
                raise ConsentMissing
        except BaseException:
            self._node.rooms.let_go(opened)
            raise
        return opened

    def _attach(self, opened: OpenedSession) -> None:
        """Raises SupersededStream, Overloaded."""
        node = self._node
        self._pipeline = self._newest = node.rooms.attach(opened, sink=self, round_trip_s=0.0)
        self._pipeline.follow(Record())  # what was agreed to is younger than what was opened
        if node.broadcast.has_passed(opened.meeting_id, opened.last_seq):
            node.rooms.catch_up(opened)
        if opened.resumed:
            node.broadcast.publish_superseded(opened.meeting_id, opened.owner.session_id, opened.owner.generation)
        if not self._has_left:
            self._line.attached(self._pipeline)

    def _begin_at(self, opened: OpenedSession, *, came_at: datetime) -> int:
        """What lies between, while the call was away, nobody has."""
        self._position = max(opened.received, opened.resume_from)
        if (clock := opened.clock) is not None:
            now_ms = round((came_at - opened.meeting_started_at).total_seconds() * 1_000)
            self._position = max(self._position, clock.position_at(now_ms))
        self._reason = INTERRUPTED if self._position > opened.resume_from else ""
        return self._position

    def _open_again(self) -> None:
        """In the room, which outlives the socket: nobody else has what is kept."""
        assert self._newest is not None
        self._reopening = Reopening(
            generation=self._newest.opened.owner.generation,
            attempt=self._open,
            take=self._opened_again,
            fail=self._not_opened,
            clock=self._node.clock,
        )
        self._node.rooms.reopen(self.call.meeting_id, self.call.session_id, self._reopening)

    def _opened_again(self, opened: OpenedSession) -> None:
        try:
            self._attach(opened)
        except BaseException:
            self._node.rooms.let_go(opened)
            raise
        self._reopening = None
        self._kept.rewind()
        self._give()
        if self._has_left:
            self._depart()
        elif self._is_flushing:
            self.flush()

    def _not_opened(self, error: StreamError | MeetingsError) -> None:
        self._reopening = None
        if self._has_left:
            logger.error("what a call has said is lost with its session", extra={"code": error.code})
            self._unsubscribe()
        else:
            self._line.fail(error)

    async def _follow(self, subscription: Subscription) -> None:
        """Of the meeting's events a telephone hears only that there are no more."""
        async for _ in subscription.messages():
            pass

    def _unsubscribe(self) -> None:
        if self._subscription is not None:
            self._node.broadcast.unsubscribe(self._subscription)
            self._subscription = None

    def _speak(self, pieces: Sequence[CallPiece]) -> None:
        """To the others in the room, as it comes; what is said again after a failure they have heard."""
        pipeline = self._pipeline
        at = pipeline.times.meeting_samples(pieces[0].position) if pipeline is not None and pieces else None
        if pipeline is None or at is None:
            return
        later = self._place.later(
            now=round((self._node.clock.now() - pipeline.opened.meeting_started_at).total_seconds() * SAMPLE_RATE_HZ),
            at=at,
            n_samples=pieces[-1].end - pieces[0].position,
        )
        for piece in pieces:
            for frame in piece.frames():
                pipeline.overhear(replace(frame, position=max(0, frame.position + later)))

    # --- what the pipeline is given -----------------------------------------------------------------------

    def _keep(self, frame: AudioFrame, *, arrived_s: float) -> None:
        if self._reason:
            frame = replace(frame, is_discontinuity=True)
        self._kept.append(KeptFrame(frame=frame, arrived_s=arrived_s, reason=self._reason))
        self._reason = ""

    def _give(self) -> None:
        if self._is_finished:
            self._put_rest(End(position=self._position))
        elif self._pipeline is not None:
            self._put(self._kept.due())

    def _put_rest(self, last: End | Finalize) -> None:
        """Beyond what clients may send ahead: it is kept here or there, and here it would go with the socket."""
        if self._pipeline is not None:
            self._put(self._kept.rest())
            self._pipeline.enqueue(last)

    def _put(self, frames: Iterable[KeptFrame]) -> None:
        """Past the limit on what clients send: what is given here is bounded by what is kept."""
        assert self._pipeline is not None
        now, now_s = self._node.clock.now(), self._node.clock.monotonic_s()
        for kept in frames:
            if kept.reason:
                self._pipeline.enqueue(Lost(reason=kept.reason))
            arrived_at = now - timedelta(seconds=now_s - kept.arrived_s)
            self._pipeline.enqueue(Frame(frame=kept.frame, arrived_at=arrived_at, arrived_s=kept.arrived_s))
