"""Who listens in a room is handed the others, and what is in flight of a connection that is over is not played."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from meetings.values import OpenedSession
from streaming.conversation import Heard
from streaming.pipeline import SessionPipeline
from tests.unit.session_fakes import SECOND, SPEECH, RecordingSink, frames
from tests.unit.test_rooms import RoomDatabase, again, rooms_over, until


@dataclass(slots=True)
class Hearing:
    positions: list[int] = field(default_factory=list)

    def interrupt(self) -> None:
        """Nothing waits here."""

    def hear(self, heard: Heard) -> None:
        self.positions.append(heard.position)


async def test_who_listens_is_handed_the_others_and_a_room_without_ears_comes_to_rest() -> None:
    """The late end of an older socket takes nothing from the newer connection; the last ear ends the mixing."""
    database, ear = RoomDatabase(), Hearing()
    async with rooms_over(database) as rooms:
        first = database.opened()
        older = rooms.attach(first, sink=RecordingSink(), round_trip_s=0)
        rooms.listen(older, ear)
        newer = rooms.attach(again(first, database), sink=RecordingSink(), round_trip_s=0)
        rooms.listen(newer, ear)
        rooms.detach(older)
        (room,) = rooms._rooms.values()
        (talking,) = room._voices._tasks
        rooms.stop_listening(newer)
        await asyncio.wait([talking], timeout=60)
        assert talking.cancelled()
        rooms.listen(newer, ear)
        rooms.detach(newer)
        assert room._voices._tasks == []


@pytest.mark.parametrize("is_agent", [True, False], ids=["agent", "person"])
async def test_what_is_in_flight_of_a_superseded_voice_is_not_played_as_its_successor_s(is_agent: bool) -> None:
    database = RoomDatabase()
    first, second, *_ = frames(SPEECH[SECOND:])
    async with rooms_over(database) as rooms:

        async def come(opened: OpenedSession) -> SessionPipeline:
            pipeline = rooms.attach(opened, sink=RecordingSink(), round_trip_s=0)
            pipeline.enqueue(first)  # the first of all tells when the others were said
            await until(lambda: pipeline.times.is_known)
            if is_agent:
                rooms.admit_agent(pipeline, tell=lambda message: None)
            return pipeline

        rooms.listen(rooms.attach(database.opened(), sink=RecordingSink(), round_trip_s=0), Hearing())
        (room,) = rooms._rooms.values()
        conversation = room._voices._conversation
        assert conversation is not None
        opened = replace(database.opened(), meeting_id=room.meeting_id)
        older = await come(opened)
        newer = await come(again(opened, database))
        older.put_frame(second.frame)
        assert not conversation._mixer.is_sounding
        newer.put_frame(second.frame)
        assert conversation._mixer.is_sounding


async def test_an_agent_that_comes_back_hears_that_what_is_settled_is_over() -> None:
    database = RoomDatabase()
    database.settled = SECOND
    told: list[Mapping[str, Any]] = []
    async with rooms_over(database) as rooms:
        pipeline = rooms.attach(database.opened(), sink=RecordingSink(), round_trip_s=0)
        agent = rooms.admit_agent(pipeline, tell=told.append)
        agent.say("c1", 0, SECOND)
        agent.say("c2", SECOND, SECOND)
        assert [(each["id"], each["state"]) for each in told] == [("c1", "done")]
