"""The rooms of this node: the live halves of its meetings."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from meetings.values import OpenedSession, SessionOwner
from streaming.agent_voice import AgentVoice, Tell
from streaming.conversation import Ear
from streaming.errors import Overloaded
from streaming.pipeline import SessionPipeline
from streaming.reopening import Reopening
from streaming.room import Room, RoomStore
from streaming.surroundings import Sink, Surroundings


class Rooms:
    """The rooms of this node; a room exists while it has sessions."""

    def __init__(self, *, around: Surroundings, store: RoomStore) -> None:
        self._around = around
        self._store = store
        self._rooms: dict[UUID, Room] = {}
        self._is_closed = False

    def attach(self, opened: OpenedSession, *, sink: Sink, round_trip_s: float) -> SessionPipeline:
        """Raises Overloaded once the node is stopping."""
        if self._is_closed:
            raise Overloaded("this node is stopping; resume")
        return self._room(opened.meeting_id).attach(opened, sink=sink, round_trip_s=round_trip_s)

    def detach(self, pipeline: SessionPipeline) -> None:
        if not self._is_closed:
            self._room(pipeline.opened.meeting_id).detach(pipeline)

    def listen(self, pipeline: SessionPipeline, ear: Ear) -> None:
        """See `Room.listen`; ends with `detach` at the latest."""
        if not self._is_closed:
            self._room(pipeline.opened.meeting_id).listen(pipeline, ear)

    def admit_agent(self, pipeline: SessionPipeline, *, tell: Tell) -> AgentVoice:
        return self._room(pipeline.opened.meeting_id).admit_agent(pipeline, tell=tell)

    def stop_listening(self, pipeline: SessionPipeline) -> None:
        if (room := self._rooms.get(pipeline.opened.meeting_id)) is not None:
            room.stop_listening(pipeline)

    def session(self, meeting_id: UUID, session_id: UUID) -> SessionPipeline | None:
        """What this node holds of a session, whether or not a socket streams into it."""
        room = self._rooms.get(meeting_id)
        return None if room is None else room.session(session_id)

    def is_connected(self, meeting_id: UUID, session_id: UUID) -> bool:
        """Whether a socket streams into this session here."""
        pipeline = self.session(meeting_id, session_id)
        return pipeline is not None and pipeline.sink is not None

    def let_go(self, opened: OpenedSession) -> None:
        if not self._is_closed:
            self._room(opened.meeting_id).let_go(opened)

    def reopen(self, meeting_id: UUID, session_id: UUID, reopening: Reopening) -> None:
        """See `Room.reopen`."""
        if not self._is_closed:
            self._room(meeting_id).reopen(session_id, reopening)

    def is_reopening(self, meeting_id: UUID, session_id: UUID) -> bool:
        room = self._rooms.get(meeting_id)
        return room is not None and room.is_reopening(session_id)

    def supersede(self, session_id: UUID, generation: int) -> None:
        for room in self._rooms.values():
            room.supersede(session_id, generation)

    def flush(self, session_id: UUID) -> None:
        """See `Room.flush`; wherever the session is."""
        for room in self._rooms.values() if not self._is_closed else ():
            room.flush(session_id)

    def heard(self, meeting_id: UUID, event: Mapping[str, Any]) -> None:
        if not self._is_closed and (room := self._rooms.get(meeting_id)) is not None:
            room.heard(event)

    def catch_up(self, opened: OpenedSession) -> None:
        if not self._is_closed:
            self._room(opened.meeting_id).catch_up(opened.owner.session_id)

    @property
    def n_sessions(self) -> int:
        return sum(len(room.sessions) for room in self._rooms.values())

    @property
    def is_at_rest(self) -> bool:
        """No socket streams, and nothing that was heard is still on its way to being committed."""
        return all(room.is_at_rest for room in self._rooms.values())

    def progress(self) -> list[tuple[SessionOwner, int]]:
        """How far each session was received."""
        return [(each.opened.owner, each.received) for room in self._rooms.values() for each in room.sessions]

    def sweep(self) -> None:
        """Forget rooms that have emptied."""
        self._rooms = {meeting_id: room for meeting_id, room in self._rooms.items() if not room.is_empty}

    async def close(self) -> None:
        """Sockets that go from now on leave nothing behind here: what is not settled is with their clients."""
        self._is_closed = True
        for room in self._rooms.values():
            await room.close()

    def _room(self, meeting_id: UUID) -> Room:
        if meeting_id not in self._rooms:
            self._rooms[meeting_id] = Room(meeting_id, around=self._around, store=self._store)
        return self._rooms[meeting_id]
