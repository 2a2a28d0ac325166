"""One audio session on this node: frames in, captions out. The place where queues, time and the pure core meet."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace

from meetings.limits import STREAM_LIMITS
from meetings.values import EndedSession, OpenedSession
from streaming import metrics
from streaming.agent_voice import AgentVoice
from streaming.audio.pcm import pcm_decode
from streaming.captions import SessionCaptions
from streaming.commits import Committer, Mark
from streaming.errors import RateExceeded
from streaming.intake import Intake
from streaming.ledger import ledger_stored
from streaming.patience import until_stored
from streaming.protocol.frames import AudioFrame
from streaming.recorder import Recorder
from streaming.room_levels import RoomLevels, SessionVoices
from streaming.session_items import Abandon, End, Finalize, Frame, Item, Lost, Mute, Record, Speak
from streaming.session_times import SessionTimes
from streaming.spoken import SpokenLanguages
from streaming.surroundings import Sink, Surroundings
from streaming.timeline import Captured, Skipped, Timeline
from streaming.transcriber import Transcriber
from streaming.wakeup import Wakeup

logger = logging.getLogger(__name__)

ACK_EVERY_S = 0.25
# One minute of the shortest frames: more cannot be unsettled, so a fuller inbox is a client that ignores its limits.
MOST_WAITING_ITEMS = STREAM_LIMITS.unsettled_max_ms // STREAM_LIMITS.frame_ms[0] + 200
MOST_ITEMS_IN_TURN = 50


class SessionPipeline:
    """Runs from `welcome` until everything is settled, superseded or abandoned. One task runs `run`."""

    def __init__(
        self,
        *,
        opened: OpenedSession,
        around: Surroundings,
        round_trip_s: float = 0.0,
        sink: Sink | None = None,
        voices: SessionVoices | None = None,
        overheard: Callable[["SessionPipeline", AudioFrame], None] = lambda pipeline, frame: None,
    ) -> None:
        """`voices` are those of the room, if there is one. `overheard` is told of every frame as it arrives."""
        self.opened = opened
        self.sink = sink
        self.agent: AgentVoice | None = None  # through which everything comes that an agent's client says
        self.arrived = max(opened.resume_from, opened.settled)  # the end of what was put, worked on or not
        self._around = around
        self._overheard = overheard
        self._languages = SpokenLanguages(opened=opened, store=around.store)
        self.times = SessionTimes(opened=opened, store=around.store, round_trip_s=round_trip_s)
        self._inbox: deque[Item] = deque()
        self._is_working = False
        self._has_items = Wakeup()
        self._has_room = Wakeup()
        self._has_news = Wakeup()  # something may have changed that `ack` tells
        self._has_news.set()
        self._intake = Intake(limits=STREAM_LIMITS, now_s=around.clock.monotonic_s())
        self._timeline = Timeline(received=opened.resume_from)
        self._captions = SessionCaptions(
            opened=opened, publish=around.publish, clock=around.clock, meeting_ms=self.times.meeting_ms
        )
        self._recorder = Recorder(opened=opened, means=around.recording, clock=around.clock, warn=self._warn)
        self._voices = voices or RoomLevels().voices(opened.owner.session_id)
        self._committer = Committer(
            owner=opened.owner,
            ledger=ledger_stored(settled=opened.settled, counters=opened.counters),
            context=opened.context,
            store=around.store,
            times=self.times,
            received=lambda: self.received,
            retract=self._captions.retract,
            alarm=self._alarm,
            recorder=self._recorder,
            levels=self._voices.stored,
        )
        self._transcriber = Transcriber(
            opened=opened,
            around=around,
            languages=self._languages,
            captions=self._captions,
            committer=self._committer,
            voices=self._voices,
            wake=self._has_items.set,
        )

    @property
    def settled(self) -> int:
        return self._committer.settled

    @property
    def received(self) -> int:
        return max(self._timeline.received, self.opened.settled)

    @property
    def is_at_rest(self) -> bool:
        """Nothing is on its way to being committed; an utterance that is still open may be."""
        is_idle = self.agent is None or self.agent.is_idle
        return is_idle and not self._inbox and not self._is_working and self._committer.is_idle

    def put_frame(self, frame: AudioFrame) -> None:
        """Raises StreamError: over the limits told in `welcome`."""
        now_s = self._around.clock.monotonic_s()
        self._intake.admit(frame, settled=self._committer.settled, now_s=now_s)
        self.put(Frame(frame=frame, arrived_at=self._around.clock.now(), arrived_s=now_s))
        if self.agent is None:
            self.overhear(frame)

    def overhear(self, frame: AudioFrame) -> None:
        self._overheard(self, frame)

    @property
    def language(self) -> str:
        return self._languages.latest

    def follow(self, change: Speak | Record = Speak()) -> None:  # noqa: B008 - an empty value, which never changes
        """Take up what was changed elsewhere. One waiting item does for any number of changes."""
        if not self._inbox or self._inbox[-1] != change:
            self._inbox.append(change)
            self._has_items.set()

    def expect_words(self, vocabulary: tuple[str, ...]) -> None:
        self._transcriber.vocabulary = vocabulary

    def rename(self, display_name: str) -> None:
        self._captions.speaker = display_name

    def charge(self, n_samples: int) -> None:
        """Count something that is no audio against the connection's pace. Raises RateExceeded."""
        self._intake.spend(n_samples, now_s=self._around.clock.monotonic_s())

    def silence(self) -> None:
        """Show nothing more of this session: another connection does, or will."""
        self._captions.silence()
        self._around.scheduler.forget(self.opened.owner)

    async def put_in_turn(self, item: Item) -> None:
        """For a source that can wait: puts once most of what was put before is worked on."""
        while len(self._inbox) >= MOST_ITEMS_IN_TURN:
            self._has_room.clear()
            await self._has_room.wait()
        self.put(item)

    def put(self, item: Item) -> None:
        if len(self._inbox) >= MOST_WAITING_ITEMS:
            raise RateExceeded("more messages are waiting than limits.unsettled_max_ms can fill")
        if self.agent is None:
            self.enqueue(item)
        else:
            self.agent.take(item)

    def enqueue(self, item: Item) -> None:
        """Behind all that was put, `agent` or not; whoever calls it bounds it, as no client is to blame for it."""
        if isinstance(item, Frame):
            self._voices.hear(item.frame.position, pcm_decode(item.frame.payload))
            self.arrived = max(self.arrived, item.frame.end)
        self._inbox.append(item)
        self._has_items.set()
        self._has_news.set()

    async def run(self) -> EndedSession | None:
        """The final counters after `end`; None when abandoned. Raises Superseded."""
        try:
            return await self._run()
        finally:
            self._transcriber.close()

    async def _run(self) -> EndedSession | None:
        async with asyncio.TaskGroup() as group:
            others = [group.create_task(self._committer.run()), group.create_task(self._ack())]
            last = await self._listen()
            await self._settled_everything()
            for task in others:
                task.cancel()
        return await self._close(last)

    async def _close(self, last: End | Abandon) -> EndedSession | None:
        owner, store = self.opened.owner, self._around.store
        self._around.scheduler.forget(owner)
        if isinstance(last, Abandon):
            await until_stored(lambda: store.session_leave(owner, reason="resume_window_over"))
            return None
        ended = await until_stored(lambda: store.session_end(owner, reason="client"))
        if ended.received != ended.speech + ended.nonspeech + ended.muted + ended.gap:
            self._alarm("an ended session has samples in flight")
        if self.sink is not None:
            self.sink.ended(ended)
        return ended

    def _alarm(self, problem: str) -> None:
        """A broken account is a defect of ours: an alarm, and a warning to the one whose words it is about."""
        metrics.LEDGER_VIOLATIONS.inc()
        logger.error("the ledger of a session does not balance", extra={"problem": problem})
        self._warn("ledger")

    def _warn(self, code: str) -> None:
        if self.sink is not None:
            self.sink.warning(code=code)

    async def _settled_everything(self) -> None:
        reached = asyncio.Event()
        self._committer.add(Mark(reached=lambda _seq: reached.set()))
        await reached.wait()

    async def _listen(self) -> End | Abandon:
        while True:
            await self._has_items.wait()
            self._is_working = True
            await self._transcriber.hear_out()  # an answer may have come
            if self._inbox:
                self._has_room.set()
                if (last := await self._work_on(self._inbox.popleft())) is not None:
                    return last
            else:
                self._has_items.clear()
                self._has_news.set()
                self._is_working = False

    async def _work_on(self, item: Item) -> End | Abandon | None:
        """The item itself when it is the last one."""
        match item:
            case Frame():
                await self._hear(item)
            case Mute(is_on=is_on):
                self._timeline.mute(is_on)
                await self._transcriber.flush()
            case Lost(reason=reason):
                self._timeline.explain(reason)
            case Speak():
                await self._languages.change(item, received=self.received)
            case Record():
                await self._recorder.switch(item, received=self.received)
            case Finalize(cid=cid):
                await self._transcriber.flush()
                self._committer.add(Mark(reached=self._finalized(cid, self.received)))
            case End(position=position):
                # What an earlier connection received and nobody sent again is accounted for too.
                await self._skip(self._timeline.end(max(position, self.opened.received)))
                await self._transcriber.flush()
                return item
            case Abandon():
                await self._transcriber.flush()
                return item
        return None

    async def _hear(self, item: Frame) -> None:
        await self.times.hear(item)
        self._voices.place(self.times.zero_ms(item.frame.position))
        await self._skip(self._timeline.accept(item.frame))
        await self._transcriber.hear_out()
        if self._around.has_partials:
            self._transcriber.ask_for_partial()

    async def _skip(self, pieces: Iterable[Captured | Skipped]) -> None:
        """What lies before the settled position is sent again for what follows to be understood by, and no more."""
        settled = self.opened.settled
        for piece in pieces:
            if isinstance(piece, Captured):
                n_settled = min(max(0, settled - piece.position), piece.samples.size)
                if n_settled:
                    self._transcriber.recall(piece.position, piece.samples[:n_settled])
                if n_settled < piece.samples.size:
                    self._recorder.hear(piece.position + n_settled, piece.samples[n_settled:])
                    self._transcriber.feed(piece.samples[n_settled:])
            elif piece.end > settled:
                await self._transcriber.skip(replace(piece, start=max(piece.start, settled)))

    def _finalized(self, cid: str | int | None, position: int) -> Callable[[int], None]:
        def reached(after_seq: int) -> None:
            if self.sink is not None:
                self.sink.finalized(cid=cid, position=position, after_seq=after_seq)

        return reached

    async def _ack(self) -> None:
        told = (-1, -1)
        while True:
            await self._has_news.wait()  # no timer runs for those who only listen
            await asyncio.sleep(ACK_EVERY_S)
            now = (self.received, self._committer.resume_from)
            if now != told and self.sink is not None:
                self.sink.ack(received=now[0], settled=now[1], lag_ms=self._lag_ms())
                told = now
            elif self.is_at_rest:
                self._has_news.clear()

    def _lag_ms(self) -> int:
        """How long the oldest audio has waited, for us to hear it or for a recognizer to decode it."""
        first = self._inbox[0] if self._inbox else None
        waited_s = self._around.clock.monotonic_s() - first.arrived_s if isinstance(first, Frame) else 0.0
        return round(1_000 * max(waited_s, self._around.scheduler.queue_delay_s()))
