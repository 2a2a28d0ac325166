"""The live half of one meeting on this node: who streams into it, and what outlives a lost socket."""

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from meetings.errors import Superseded
from meetings.limits import RESUME_WINDOW_S
from meetings.values import OpenedSession, SessionOwner
from streaming.agent_voice import AgentVoice, Tell
from streaming.conversation import Ear
from streaming.errors import StoreUnavailable, StreamError, SupersededStream, Unavailable
from streaming.patience import until_stored
from streaming.pipeline import SessionPipeline
from streaming.protocol.frames import AudioFrame
from streaming.protocol.server_messages import partials_reset_message
from streaming.reopening import Reopening
from streaming.room_levels import RoomLevels
from streaming.room_voices import RoomVoices
from streaming.session_items import Abandon, Finalize, Record
from streaming.surroundings import SessionStore, Sink, Surroundings
from streaming.tasks import TaskScope

logger = logging.getLogger(__name__)

RETRY_EVERY_S = 1.0


class RoomStore(SessionStore, Protocol):
    async def session_detach(self, owner: SessionOwner, *, received: int = 0) -> bool: ...
    async def sessions_received_note(self, progress: Sequence[tuple[SessionOwner, int]]) -> int: ...
    async def meeting_words(self, meeting_id: UUID) -> tuple[str, ...]: ...


class Room:
    """The sessions of one meeting. A fault in one of them ends that one alone."""

    def __init__(self, meeting_id: UUID, *, around: Surroundings, store: RoomStore) -> None:
        self.meeting_id = meeting_id
        self._around = around
        self._store = store
        self._sessions: dict[UUID, SessionPipeline] = {}
        self._running: dict[SessionPipeline, asyncio.Task[None]] = {}
        self._lingering: dict[SessionPipeline, asyncio.Task[None]] = {}
        self._reopening: dict[UUID, Reopening] = {}
        self._levels = RoomLevels()
        self._scope = TaskScope("room")
        self._are_words_stale = self._is_reading_words = False
        self._voices = RoomVoices(scope=self._scope, around=around)

    @property
    def is_empty(self) -> bool:
        return not self._sessions and self._scope.is_idle

    @property
    def is_at_rest(self) -> bool:
        """No socket streams, and nothing that was heard is still on its way to being committed."""
        return not self._reopening and all(each.sink is None and each.is_at_rest for each in self.sessions)

    @property
    def sessions(self) -> Collection[SessionPipeline]:
        return self._sessions.values()

    def session(self, session_id: UUID) -> SessionPipeline | None:
        return self._sessions.get(session_id)

    def attach(self, opened: OpenedSession, *, sink: Sink, round_trip_s: float) -> SessionPipeline:
        """Begin, or take over, a session. What an older connection had in memory is replayed by the client.

        Raises SupersededStream: of two hellos at once, this one reached the database first and comes here last.
        """
        known = self._sessions.get(opened.owner.session_id)
        if known is not None and known.opened.owner.generation > opened.owner.generation:
            raise SupersededStream
        self.supersede(opened.owner.session_id, opened.owner.generation)
        self._levels.recall(opened.levels)
        pipeline = SessionPipeline(
            opened=opened,
            around=self._around,
            round_trip_s=round_trip_s,
            sink=sink,
            voices=self._levels.voices(opened.owner.session_id),
            overheard=self._overheard,
        )
        self._sessions[opened.owner.session_id] = pipeline
        self._voices.join(opened)
        self._running[pipeline] = self._scope.spawn(self._run(pipeline), name="session")
        if opened.resumed:
            self._void_partials(opened)
        return pipeline

    def detach(self, pipeline: SessionPipeline) -> None:
        """The socket is gone; the session goes on with what it has until it is resumed or the resume window is over.

        The late disconnect of a superseded socket finds another pipeline here, and another generation in the database.
        """
        pipeline.sink = None
        if self._owns(pipeline):
            self._voices.leave(pipeline.opened.owner.session_id)
            pipeline.agent = None
        self._scope.spawn(self._linger(pipeline), name="linger")

    def listen(self, pipeline: SessionPipeline, ear: Ear) -> None:
        """Hand the others' voices to `ear` until the pipeline's socket goes, or `stop_listening`."""
        if self._owns(pipeline):
            self._voices.listen(pipeline.opened, ear)

    def stop_listening(self, pipeline: SessionPipeline) -> None:
        if self._owns(pipeline):
            self._voices.stop_listening(pipeline.opened.owner.session_id)

    def _overheard(self, pipeline: SessionPipeline, frame: AudioFrame) -> None:
        if not self._owns(pipeline):  # its socket has not heard yet that it is over
            return
        self._voices.speak(pipeline.opened, frame, at=pipeline.times.meeting_samples(frame.position))

    def admit_agent(self, pipeline: SessionPipeline, *, tell: Tell) -> AgentVoice:
        """What the pipeline's client says is an agent's, until its socket goes."""
        pipeline.agent = agent = self._voices.admit(pipeline, tell=tell)
        return agent

    def flush(self, session_id: UUID) -> None:
        """Commit what came so far: another node waits for that, and for how much it is, before it takes over."""
        if (pipeline := self._sessions.get(session_id)) is not None:
            pipeline.enqueue(Finalize(cid=None))
            self._scope.spawn(self._note_received(pipeline), name="note-received")

    async def _note_received(self, pipeline: SessionPipeline) -> None:
        progress = [(pipeline.opened.owner, pipeline.arrived)]
        await until_stored(lambda: self._store.sessions_received_note(progress))

    def let_go(self, opened: OpenedSession) -> None:
        """A session that was opened for a socket which never came to use it."""
        self._scope.spawn(self._say_detached(opened.owner), name="let-go")

    def reopen(self, session_id: UUID, reopening: Reopening) -> None:
        """Have a session that failed opened again, also once its socket has gone."""
        self._reopening[session_id] = reopening
        self._scope.spawn(self._reopen(session_id, reopening), name="reopen")

    def is_reopening(self, session_id: UUID) -> bool:
        return session_id in self._reopening

    def supersede(self, session_id: UUID, generation: int) -> None:
        """A connection of this generation exists, here or on another node: older ones are over."""
        if (reopening := self._reopening.get(session_id)) is not None:
            reopening.supersede(generation)
        pipeline = self._sessions.get(session_id)
        if pipeline is not None and pipeline.opened.owner.generation < generation:
            self._remove(pipeline, SupersededStream("a newer connection took over this session"))

    async def close(self) -> None:
        await self._scope.close()

    def heard(self, event: Mapping[str, Any]) -> None:
        """A durable event of this meeting, whoever stored it: what sessions go by may have changed."""
        match event:
            case {"type": "participant.language", "participant_id": who, "language": language}:
                for pipeline in self._sessions_of(who):
                    if pipeline.language != language:
                        pipeline.follow()
            case {"type": "participant.changed", "participant": {"id": who, "display_name": name}}:
                for pipeline in self._sessions_of(who):
                    pipeline.rename(name)
                self._words_changed()
            case {"type": "participant.joined"}:
                self._words_changed()
            case {"type": "meeting.recording"}:
                for pipeline in self._sessions.values():
                    pipeline.follow(Record())
            case {"type": "meeting.changed", "changed": changed}:
                for pipeline in self._sessions.values() if "language" in changed else ():
                    pipeline.follow()
                if "vocabulary" in changed:
                    self._words_changed()

    def catch_up(self, session_id: UUID) -> None:
        """Events that this session should have heard of may have passed between its opening and its coming here."""
        if (pipeline := self._sessions.get(session_id)) is not None:
            pipeline.follow()
            pipeline.follow(Record())
        self._words_changed()

    def _sessions_of(self, participant_id: str) -> list[SessionPipeline]:
        return [each for each in self._sessions.values() if str(each.opened.participant_id) == participant_id]

    def _words_changed(self) -> None:
        """They are read once for all who come while they are being read, not once for each of a crowd."""
        self._are_words_stale = True
        if not self._is_reading_words:
            self._is_reading_words = True
            self._scope.spawn(self._read_words(), name="words")

    async def _read_words(self) -> None:
        try:
            while self._are_words_stale:
                self._are_words_stale = False
                words = await until_stored(lambda: self._store.meeting_words(self.meeting_id))
                for pipeline in self._sessions.values():
                    pipeline.expect_words(words)
        finally:
            self._is_reading_words = False

    def _owns(self, pipeline: SessionPipeline) -> bool:
        return self._sessions.get(pipeline.opened.owner.session_id) is pipeline

    def _remove(self, pipeline: SessionPipeline, error: StreamError | None = None) -> None:
        if not self._owns(pipeline):
            return
        self._voices.leave(pipeline.opened.owner.session_id)
        pipeline.agent = None  # what is in flight would be played as its successor's
        del self._sessions[pipeline.opened.owner.session_id]
        task = self._running.pop(pipeline)
        if task is not asyncio.current_task():
            task.cancel()
        if (lingering := self._lingering.pop(pipeline, None)) is not None:
            lingering.cancel()  # or a client that comes and goes would leave its old buffers here for minutes
        if error is not None:
            pipeline.silence()
            self._void_partials(pipeline.opened)
            if pipeline.sink is not None:
                pipeline.sink.fail(error)

    def _void_partials(self, opened: OpenedSession) -> None:
        message = partials_reset_message(participant_id=opened.participant_id)
        self._around.publish(self.meeting_id, f"partials_reset {opened.participant_id}", message)

    async def _run(self, pipeline: SessionPipeline) -> None:
        try:
            await pipeline.run()
        except* Superseded:
            self._remove(pipeline, SupersededStream("a newer connection took over this session"))
        except* Exception as errors:  # a session's border: the others in the room go on
            logger.exception("a session failed", exc_info=errors)
            # The client resumes from what is settled, with a fresh pipeline; nothing of it was only here.
            self._remove(pipeline, Unavailable("the session failed on the server; resume it"))
        else:
            self._remove(pipeline)

    async def _reopen(self, session_id: UUID, reopening: Reopening) -> None:
        try:
            await reopening.run()
        finally:
            if self._reopening.get(session_id) is reopening:
                del self._reopening[session_id]

    async def _linger(self, pipeline: SessionPipeline) -> None:
        await self._say_detached(pipeline.opened.owner, received=pipeline.arrived)
        if not self._owns(pipeline):
            return
        self._lingering[pipeline] = self._scope.spawn(self._abandon(pipeline), name="abandon")

    async def _abandon(self, pipeline: SessionPipeline) -> None:
        await asyncio.sleep(RESUME_WINDOW_S)
        self._lingering.pop(pipeline, None)
        pipeline.enqueue(Abandon())  # however much waits there: else this room would never empty

    async def _say_detached(self, owner: SessionOwner, *, received: int = 0) -> None:
        """Also for a pipeline that failed: else its session would look open for as long as this node lives."""
        while True:
            try:
                await self._store.session_detach(owner, received=received)
            except StoreUnavailable:
                await asyncio.sleep(RETRY_EVERY_S)
            except StreamError:  # asking again does not help; the resume window is over some time all the same
                logger.exception("a session could not be shown as detached")
                return
            else:
                return
