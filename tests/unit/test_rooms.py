"""What outlives a lost socket, what a newer connection ends, and that one session's fault stays its own."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from meetings.errors import Superseded
from meetings.session_clock import ClockCorrection
from meetings.values import Committed, OpenedSession, SessionOwner, Span
from streaming.clocks import SystemClock
from streaming.errors import Overloaded, RateExceeded, StoreRefused, SupersededStream
from streaming.recognizers.base import DecodeOptions, Float32, Hypothesis
from streaming.rooms import Rooms
from streaming.scheduler import Scheduler
from streaming.session_items import End, Item, Lost
from tests.unit.session_fakes import SECOND, SPEECH, InstantPool, MemoryDatabase, Node, RecordingSink, frames


@dataclass(slots=True)
class RoomDatabase(MemoryDatabase):
    detached: list[int] = field(default_factory=list)
    failure: Exception | None = None
    is_refusing: bool = False

    async def sessions_received_note(self, progress: Sequence[tuple[SessionOwner, int]]) -> int:
        for owner, received in progress:
            if owner.generation == self.generation:
                self.received = max(self.received, received)
        return len(progress)

    async def session_detach(self, owner: SessionOwner, *, received: int = 0) -> bool:
        if self.is_refusing:
            raise StoreRefused
        is_mine = owner.generation == self.generation
        if is_mine:
            self.detached.append(owner.generation)
            self.received = max(self.received, received)
        return is_mine

    async def session_commit(
        self,
        owner: SessionOwner,
        *,
        settled_from: int,
        received: int,
        spans: Sequence[Span],
        correction: ClockCorrection | None,
    ) -> Committed:
        if self.failure is not None:
            raise self.failure
        # Not super(): a slotted dataclass is made anew, which its methods' own super() does not know.
        return await MemoryDatabase.session_commit(
            self,
            owner,
            settled_from=settled_from,
            received=received,
            spans=spans,
            correction=correction,
        )


class HeldPool(InstantPool):
    """Decodes nothing until released."""

    def __init__(self) -> None:
        self.release = asyncio.Event()
        self.n_waiting = 0

    async def transcribe(self, audio: Float32, options: DecodeOptions, *, timeout_s: float) -> Hypothesis:
        self.n_waiting += 1
        await self.release.wait()
        return await super().transcribe(audio, options, timeout_s=timeout_s)


class WatchedRooms(Rooms):
    published: list[Mapping[str, Any]]


@asynccontextmanager
async def rooms_over(database: RoomDatabase, pool: InstantPool | None = None) -> AsyncIterator[WatchedRooms]:
    scheduler = Scheduler(pool=pool or InstantPool(), clock=SystemClock())
    scheduler.start()
    node = Node(database=database)
    rooms = WatchedRooms(around=node.around(scheduler), store=database)
    rooms.published = node.published
    try:
        yield rooms
    finally:
        await rooms.close()
        await scheduler.close()


async def until(condition: Any) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0)


def again(opened: OpenedSession, database: RoomDatabase) -> OpenedSession:
    """The same session, opened by a newer connection."""
    newer = database.opened()
    owner = replace(newer.owner, session_id=opened.owner.session_id)
    return replace(newer, owner=owner, meeting_id=opened.meeting_id)


async def test_a_session_goes_on_after_its_socket_and_its_words_are_committed() -> None:
    database = RoomDatabase()
    async with rooms_over(database) as rooms:
        pipeline = rooms.attach(database.opened(), sink=RecordingSink(), round_trip_s=0)
        for item in frames(SPEECH[: 4 * SECOND]):
            pipeline.put(item)
        rooms.detach(pipeline)
        await until(lambda: any(kind == "speech" for kind, _, _ in database.spans))
        assert database.detached == [1]
        assert not database.has_left


@pytest.mark.parametrize("is_refusing", [False, True], ids=["", "not shown as detached"])
async def test_nobody_comes_back_within_the_window(monkeypatch: pytest.MonkeyPatch, is_refusing: bool) -> None:
    """What was received is committed, the participant is gone, and nothing beyond is settled."""
    monkeypatch.setattr("streaming.room.RESUME_WINDOW_S", 0)
    database = RoomDatabase(is_refusing=is_refusing)
    async with rooms_over(database) as rooms:
        pipeline = rooms.attach(database.opened(), sink=RecordingSink(), round_trip_s=0)
        for item in frames(SPEECH[: 2 * SECOND]):
            pipeline.put(item)
        rooms.detach(pipeline)
        await until(lambda: database.has_left)
    assert database.settled == 2 * SECOND


async def test_a_session_with_as_much_waiting_as_clients_may_send_is_abandoned_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its room would never empty."""
    monkeypatch.setattr("streaming.room.RESUME_WINDOW_S", 0)
    database, pool = RoomDatabase(), HeldPool()
    async with rooms_over(database, pool) as rooms:
        pipeline = rooms.attach(database.opened(), sink=RecordingSink(), round_trip_s=0)
        for item in frames(SPEECH):
            pipeline.put(item)
        await until(lambda: pool.n_waiting)
        for _ in range(500):
            await asyncio.sleep(0)
        with suppress(RateExceeded):
            while True:
                pipeline.put(Lost(reason=""))
        rooms.detach(pipeline)
        (room,) = rooms._rooms.values()
        await until(lambda: database.detached and not room._lingering)
        assert pipeline._inbox
        pool.release.set()
        await until(lambda: database.has_left)
        await until(lambda: room.is_empty)


async def test_of_a_session_that_was_taken_over_nothing_lingers() -> None:
    """A client that comes and goes would leave all its old buffers here for as long as the resume window."""
    database = RoomDatabase()
    async with rooms_over(database) as rooms:
        first = database.opened()
        older = rooms.attach(first, sink=RecordingSink(), round_trip_s=0)
        rooms.detach(older)
        (room,) = rooms._rooms.values()
        await until(lambda: room._lingering)
        lingering = room._lingering[older]
        rooms.attach(again(first, database), sink=RecordingSink(), round_trip_s=0)
        await asyncio.wait([lingering], timeout=60)
        assert lingering.cancelled()


async def test_the_newest_connection_wins_and_a_late_disconnect_does_not_disturb_it() -> None:
    database = RoomDatabase()
    async with rooms_over(database) as rooms:
        old_sink, new_sink = RecordingSink(), RecordingSink()
        opened = database.opened()
        old = rooms.attach(opened, sink=old_sink, round_trip_s=0)
        new = rooms.attach(again(opened, database), sink=new_sink, round_trip_s=0)
        assert old_sink.answers == [("superseded", 0)]
        rooms.detach(old)
        assert rooms.is_connected(opened.meeting_id, opened.owner.session_id)
        items: list[Item] = [*frames(SPEECH), End(position=SPEECH.size)]
        for item in items:
            await new.put_in_turn(item)
        await until(lambda: ("ended", SPEECH.size) in new_sink.answers)
    assert database.detached == []


async def test_of_two_hellos_at_once_the_newer_stays_whichever_arrives_last() -> None:
    database = RoomDatabase()
    async with rooms_over(database) as rooms:
        older = database.opened()
        newer_sink = RecordingSink()
        newer = rooms.attach(again(older, database), sink=newer_sink, round_trip_s=0)
        with pytest.raises(SupersededStream):
            rooms.attach(older, sink=RecordingSink(), round_trip_s=0)
        items: list[Item] = [*frames(SPEECH), End(position=SPEECH.size)]
        for item in items:
            await newer.put_in_turn(item)
        await until(lambda: ("ended", SPEECH.size) in newer_sink.answers)


async def test_a_taken_over_session_shows_nothing_more_and_its_partials_are_void() -> None:
    """Else a partial that was being decoded would stand on every page for ever, under an id that no final takes."""
    database, pool = RoomDatabase(), HeldPool()
    async with rooms_over(database, pool) as rooms:
        opened = database.opened()
        old = rooms.attach(opened, sink=RecordingSink(), round_trip_s=0)
        for item in frames(SPEECH[: 2 * SECOND]):
            await old.put_in_turn(item)
        await until(lambda: pool.n_waiting)
        rooms.attach(again(opened, database), sink=RecordingSink(), round_trip_s=0)
        pool.release.set()
        for _ in range(50):
            await asyncio.sleep(0)
        kinds = [message["type"] for message in rooms.published]
    assert "segment" not in kinds
    assert kinds[-1] == "partials_reset"


async def test_a_socket_that_never_came_to_use_its_session_leaves_it_detached() -> None:
    database = RoomDatabase()
    async with rooms_over(database) as rooms:
        rooms.let_go(database.opened())
        await until(lambda: database.detached == [1])


async def test_a_connection_elsewhere_ends_the_one_here() -> None:
    database = RoomDatabase()
    async with rooms_over(database) as rooms:
        sink = RecordingSink()
        opened = database.opened()
        rooms.attach(opened, sink=sink, round_trip_s=0)
        rooms.supersede(opened.owner.session_id, 1)
        assert sink.answers == []
        rooms.supersede(opened.owner.session_id, 2)
        assert sink.answers == [("superseded", 0)]


@pytest.mark.parametrize(("failure", "code"), [(Superseded(), "superseded"), (ValueError("a defect"), "unavailable")])
async def test_a_session_that_fails_is_told_and_leaves_no_task(failure: Exception, code: str) -> None:
    database = RoomDatabase(failure=failure)
    async with rooms_over(database) as rooms:
        sink = RecordingSink()
        pipeline = rooms.attach(database.opened(), sink=sink, round_trip_s=0)
        for item in frames(SPEECH):
            pipeline.put(item)
        await until(lambda: sink.answers)
    assert sink.answers[0] == (code, 0)


async def test_a_failed_session_whose_client_went_is_detached_in_the_database() -> None:
    """Otherwise it would be shown as present for as long as this node lives."""
    database = RoomDatabase(failure=ValueError("a defect"))
    async with rooms_over(database) as rooms:
        sink = RecordingSink()
        pipeline = rooms.attach(database.opened(), sink=sink, round_trip_s=0)
        for item in frames(SPEECH):
            pipeline.put(item)
        await until(lambda: sink.answers)
        rooms.detach(pipeline)
        await until(lambda: database.detached == [1])
        rooms.sweep()


async def test_a_stopping_node_takes_nobody() -> None:
    database = RoomDatabase()
    async with rooms_over(database) as rooms:
        await rooms.close()
        with pytest.raises(Overloaded):
            rooms.attach(database.opened(), sink=RecordingSink(), round_trip_s=0)
