"""Who hears whom in one room: its conversation lives as long as somebody listens."""

import asyncio
from collections.abc import Callable
from uuid import UUID

from meetings.values import OpenedSession
from streaming.agent_voice import AgentVoice, Tell
from streaming.clocks import Clock
from streaming.conversation import Conversation, Ear
from streaming.pipeline import SessionPipeline
from streaming.protocol.frames import AudioFrame
from streaming.tasks import TaskScope
from streaming.vad import SpeechDetector


class RoomVoices:
    """People are known by their audio session. The task that mixes belongs to `scope`, and ends when nobody listens."""

    def __init__(self, *, scope: TaskScope, clock: Clock, detector: Callable[[], SpeechDetector]) -> None:
        self._scope = scope
        self._clock = clock
        self._detector = detector
        self._conversation: Conversation | None = None
        self._talking: asyncio.Task[None] | None = None

    def listen(self, opened: OpenedSession, ear: Ear) -> None:
        self._begin(opened).listen(opened.owner.session_id, ear)

    def admit(self, pipeline: SessionPipeline, *, tell: Tell) -> AgentVoice:
        """An agent is played, until it leaves."""
        return self._begin(pipeline.opened).admit(
            pipeline.opened.owner.session_id,
            forward=pipeline.enqueue,
            tell=tell,
            origin_ms=lambda: pipeline.origin_ms,
        )

    def _begin(self, opened: OpenedSession) -> Conversation:
        if self._conversation is None:
            self._conversation = Conversation(
                meeting_started_at=opened.meeting_started_at, clock=self._clock, detector=self._detector
            )
        if self._talking is None:
            self._talking = self._scope.spawn(self._conversation.run(), name="conversation")
        return self._conversation

    def stop_listening(self, session_id: UUID) -> None:
        if self._conversation is not None:
            self._conversation.stop_listening(session_id)
            self._rest()

    def speak(self, opened: OpenedSession, frame: AudioFrame, *, origin_ms: int | None) -> None:
        if self._conversation is not None:
            who = opened.owner.session_id
            self._conversation.speak(who, frame, origin_ms=origin_ms, participant_id=opened.participant_id)

    def leave(self, session_id: UUID) -> None:
        if self._conversation is not None:
            self._conversation.leave(session_id)
            self._rest()

    def _rest(self) -> None:
        """Where nobody listens nothing is mixed, and the room may end."""
        if self._conversation is not None and self._talking is not None and not self._conversation.is_needed:
            self._conversation.end()
            self._talking.cancel()
            self._talking = self._conversation = None
