"""Who hears whom in one room: its conversation lives as long as somebody listens."""

import asyncio
from uuid import UUID

from meetings.values import OpenedSession
from streaming.clocks import Clock
from streaming.conversation import Conversation, Ear
from streaming.protocol.frames import AudioFrame
from streaming.tasks import TaskScope


class RoomVoices:
    """People are known by their audio session. The task that mixes belongs to `scope`, and ends with the last ear."""

    def __init__(self, *, scope: TaskScope, clock: Clock) -> None:
        self._scope = scope
        self._clock = clock
        self._conversation: Conversation | None = None
        self._talking: asyncio.Task[None] | None = None

    def listen(self, opened: OpenedSession, ear: Ear) -> None:
        if self._conversation is None:
            self._conversation = Conversation(meeting_started_at=opened.meeting_started_at, clock=self._clock)
        self._conversation.listen(opened.owner.session_id, ear)
        if self._talking is None:
            self._talking = self._scope.spawn(self._conversation.run(), name="conversation")

    def stop_listening(self, session_id: UUID) -> None:
        if self._conversation is not None:
            self._conversation.stop_listening(session_id)
            self._rest()

    def speak(self, session_id: UUID, frame: AudioFrame, *, origin_ms: int | None) -> None:
        if self._conversation is not None:
            self._conversation.speak(session_id, frame, origin_ms=origin_ms)

    def leave(self, session_id: UUID) -> None:
        if self._conversation is not None:
            self._conversation.leave(session_id)
            self._rest()

    def _rest(self) -> None:
        """Where nobody listens nothing is mixed, and the room may end."""
        if self._conversation is not None and self._talking is not None and not self._conversation.has_ears:
            self._conversation.end()
            self._talking.cancel()
            self._talking = self._conversation = None
