"""Who hears whom in one room, on this node and across nodes. The room's tasks do the work, while there is any."""

import asyncio
from uuid import UUID

from meetings.values import OpenedSession
from streaming.agent_voice import AgentVoice, Tell
from streaming.conversation import Conversation, Ear
from streaming.pipeline import SessionPipeline
from streaming.protocol.frames import AudioFrame
from streaming.surroundings import Surroundings
from streaming.tasks import TaskScope
from streaming.voice_link import VoiceLink


class RoomVoices:
    """People are known by their audio session. All of it ends with the last of them: a room that is empty rests."""

    def __init__(self, *, scope: TaskScope, around: Surroundings) -> None:
        self._scope = scope
        self._around = around
        self._present: set[UUID] = set()
        self._conversation: Conversation | None = None
        self._link: VoiceLink | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def join(self, opened: OpenedSession) -> None:
        """Somebody is here who may speak or listen."""
        self._present.add(opened.owner.session_id)
        if self._around.link is not None:
            self._begin(opened)

    def listen(self, opened: OpenedSession, ear: Ear) -> None:
        self._begin(opened).listen(opened.owner.session_id, ear)
        if self._link is not None:
            self._link.ask()

    def admit(self, pipeline: SessionPipeline, *, tell: Tell) -> AgentVoice:
        """An agent is played, until it leaves."""
        return self._begin(pipeline.opened).admit(
            pipeline.opened.owner.session_id,
            forward=pipeline.enqueue,
            tell=tell,
            zero_ms=lambda: pipeline.times.zero_ms(pipeline.received) if pipeline.times.is_known else None,
            settled=pipeline.opened.resume_from,
        )

    def stop_listening(self, session_id: UUID) -> None:
        if self._conversation is not None:
            self._conversation.stop_listening(session_id)
            self._rest()

    def speak(self, opened: OpenedSession, frame: AudioFrame, *, at: int | None) -> None:
        """`at` is the meeting time of its first sample, in samples, as soon as that is known."""
        if self._conversation is not None and at is not None:
            who = opened.owner.session_id
            self._conversation.speak(who, frame, at=at, participant_id=opened.participant_id)

    def leave(self, session_id: UUID) -> None:
        self._present.discard(session_id)
        if self._conversation is not None:
            self._conversation.leave(session_id)
            self._rest()

    def _begin(self, opened: OpenedSession) -> Conversation:
        if self._conversation is None:
            around = self._around
            self._conversation = Conversation(
                meeting_started_at=opened.meeting_started_at, clock=around.clock, detector=around.detector
            )
            self._tasks = [self._scope.spawn(self._conversation.run(), name="conversation")]
            if around.link is not None:
                self._link = around.link(opened.meeting_id, self._conversation)
                self._tasks.append(self._scope.spawn(self._link.run(), name="voice-link"))
        return self._conversation

    def _rest(self) -> None:
        """Where nobody listens nothing is mixed; where others may listen, somebody has to be here for it."""
        is_needed = self._present if self._link is not None else self._conversation and self._conversation.is_needed
        if self._conversation is None or is_needed:
            return
        self._conversation.end()
        for task in self._tasks:
            task.cancel()
        self._tasks, self._conversation, self._link = [], None, None
