"""Recognizers or the database are away and the call ends meanwhile: nobody else has what the caller said."""

import asyncio

import numpy as np
import pytest

from streaming.call_rest import LOOK_EVERY_S
from streaming.pipeline import MOST_WAITING_ITEMS
from tests.unit.phone_world import CALL, SlowDatabase, World, pieces, world
from tests.unit.session_fakes import SECOND, SPEECH
from tests.unit.test_rooms import HeldPool, until

CHUNK_SAMPLES = SECOND // 50  # as Twilio sends them
MINUTES = np.concatenate([SPEECH[: 4 * SECOND], np.zeros(262 * SECOND, np.float32)])


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streaming.patience.FIRST_PAUSE_S", 0)


async def broken(here: World) -> None:
    """The session fails at its first commit, and its opening is under way when the database is well again."""
    before = here.database.generation
    here.database.failure = RuntimeError("a defect")
    here.database.may_open = asyncio.Event()
    await until(lambda: here.database.generation > before)
    here.database.failure = None


def has(here: World) -> bool:
    return here.rooms.session(CALL.meeting_id, CALL.session_id) is not None


@pytest.mark.parametrize("has_hung_up", [True, False], ids=["hung up", "lost"])
async def test_after_minutes_without_recognizers_all_is_given_and_committed(has_hung_up: bool) -> None:
    """More items than clients may have waiting, and what says that nothing follows comes after all of them."""
    pool = HeldPool()
    async with world(pool=pool) as here:
        session = here.make()
        await session.begin()
        for piece in pieces(MINUTES, n_samples=CHUNK_SAMPLES):
            session.hear([piece])
        if has_hung_up:
            session.finish()
        session.leave()
        [pipeline] = here.line.pipelines
        assert len(pipeline._inbox) > MOST_WAITING_ITEMS
        await until(lambda: pool.n_waiting)
        pool.release.set()
        await until(lambda: here.database.settled == MINUTES.size)
        await until(lambda: has(here) is not has_hung_up)
    assert here.database.counted("gap") == 0


async def test_a_call_that_comes_back_to_a_session_with_as_much_waiting_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("streaming.call_rest.REST_WITHIN_S", 0.01)
    pool = HeldPool()
    async with world(pool=pool) as here:
        first, second = here.make(), here.make()
        await first.begin()
        for piece in pieces(MINUTES, n_samples=CHUNK_SAMPLES):
            first.hear([piece])
        first.leave()
        await second.begin()
        second.leave()


@pytest.mark.parametrize("has_hung_up", [True, False], ids=["hung up", "lost"])
async def test_a_socket_that_closes_while_its_session_is_opened_again_takes_nothing_with_it(has_hung_up: bool) -> None:
    async with world() as here:
        session = here.make()
        await session.begin()
        session.hear(pieces(SPEECH))
        await broken(here)
        if has_hung_up:
            session.finish()
        session.leave()
        await here.line.tasks.close()
        assert not here.rooms.is_at_rest
        assert here.database.may_open is not None
        here.database.may_open.set()
        await until(lambda: here.database.settled == SPEECH.size)
        await until(lambda: here.rooms.is_at_rest and has(here) is not has_hung_up)
        await until(lambda: has_hung_up or here.database.detached[-1:] == [here.database.generation])
        assert here.broadcast.n_subscribed == 0
        assert len(here.line.pipelines) == 1
    assert sum(end - start for _, start, end in here.database.spans) == SPEECH.size
    assert (here.database.generation, here.database.counted("gap")) == (2, 0)


async def test_a_session_that_cannot_be_opened_while_the_call_may_come_back_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("streaming.phone_session.RESUME_WINDOW_S", 0)
    async with world() as here:
        session = here.make()
        await session.begin()
        here.database.failure, here.database.is_away = RuntimeError("a defect"), True
        session.hear(pieces(SPEECH))
        await until(lambda: here.rooms.is_reopening(CALL.meeting_id, CALL.session_id))
        session.leave()
        await until(lambda: here.rooms.is_at_rest)
        assert (here.database.detached, here.broadcast.n_subscribed) == ([1], 0)
    assert here.database.generation == 1


async def test_a_call_that_comes_back_waits_for_that_too() -> None:
    async with world() as here:
        first, second = here.make(), here.make()
        await first.begin()
        first.hear(pieces(SPEECH[: 4 * SECOND]))
        await broken(here)
        first.leave()
        coming = asyncio.ensure_future(second.begin())
        await asyncio.sleep(0)
        assert here.database.may_open is not None
        here.database.may_open.set()
        assert await coming >= here.database.settled == 4 * SECOND
        second.leave()


async def test_what_is_opened_again_takes_nothing_from_a_connection_on_another_node() -> None:
    async with world() as here:
        session = here.make()
        await session.begin()
        here.database.failure, here.database.is_away = RuntimeError("a defect"), True
        session.hear(pieces(SPEECH))
        await until(lambda: here.rooms.is_reopening(CALL.meeting_id, CALL.session_id))
        here.database.generation += 1
        here.rooms.supersede(CALL.session_id, here.database.generation)
        here.database.is_away = False
        await until(lambda: here.line.told == ["superseded"])
        session.leave()
        assert here.broadcast.n_subscribed == 0
    assert here.database.generation == 2


async def test_a_node_that_stops_meanwhile_has_everything_committed_before_the_line_hears_of_it() -> None:
    async with world() as here:
        session = here.make()
        await session.begin()
        session.hear(pieces(SPEECH[: 4 * SECOND]))
        await broken(here)
        session.flush()
        assert here.database.may_open is not None
        here.database.may_open.set()
        await until(lambda: "flushed" in here.line.told)
        assert here.database.settled == 4 * SECOND
        session.leave()


async def test_a_call_that_comes_back_to_another_node_waits_for_what_the_first_is_still_committing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only that one has it. The socket is gone, and the database says at once how much came through it."""
    monkeypatch.setattr("streaming.call_rest.REST_WITHIN_S", 60.0)
    database = SlowDatabase()
    async with world(database) as here, world(database) as there:
        first, second = here.make(), there.make()
        await first.begin()
        first.hear(pieces(SPEECH[: 4 * SECOND]))
        first.leave()
        await until(lambda: database.detached)
        assert (database.received, database.settled) == (4 * SECOND, 0)
        database.is_elsewhere = True
        coming = asyncio.ensure_future(second.begin())
        await asyncio.sleep(0.2)
        assert not coming.done()
        database.release.set()
        assert await coming >= database.settled == 4 * SECOND
        assert (database.generation, database.counted("gap")) == (2, 0)
        second.leave()


async def test_a_node_that_has_not_noticed_that_a_call_has_left_is_asked_for_what_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the middle of an utterance, which nothing would end there; and how much it is shows before it is committed."""
    monkeypatch.setattr("streaming.call_rest.REST_WITHIN_S", 60.0)
    database = SlowDatabase()
    async with world(database) as here, world(database) as there:
        first, second = here.make(), there.make()
        await first.begin()
        first.hear(pieces(SPEECH[: 4 * SECOND]))
        database.is_elsewhere = True
        coming = asyncio.ensure_future(second.begin())
        await until(lambda: there.broadcast.n_flushes_asked)
        here.rooms.flush(CALL.session_id)
        await until(lambda: database.received == 4 * SECOND)
        await asyncio.sleep(10 * LOOK_EVERY_S)
        assert not coming.done()
        database.release.set()
        assert await coming >= database.settled == 4 * SECOND
        assert (database.counted("gap"), there.broadcast.n_flushes_asked) == (0, 1)
        first.leave()
        second.leave()


async def test_a_node_that_cannot_commit_is_not_waited_for_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streaming.call_rest.REST_WITHIN_S", 0.01)
    async with world() as here:
        here.database.is_elsewhere, here.database.received = True, SECOND
        session = here.make()
        async with asyncio.timeout(60):
            await session.begin()
        session.leave()


async def test_what_nobody_has_of_the_time_that_a_call_was_away_is_a_gap_that_says_so() -> None:
    """By the meeting's clock: what is said afterwards lies where it was said."""
    async with world() as here:
        first, second = here.make(), here.make()
        await first.begin()
        first.hear(pieces(SPEECH[: 4 * SECOND]))
        first.leave()
        await until(lambda: here.database.settled == 4 * SECOND)
        assert here.database.origin_ms is not None
        here.database.origin_ms -= 5_000  # as if that had been five seconds earlier
        position = await second.begin()
        assert position >= 9 * SECOND
        second.hear(pieces(SPEECH[4 * SECOND : 5 * SECOND], position=position))
        second.finish()
        await until(lambda: "over" in here.line.told)
        second.leave()
    [gap] = [(start, end) for kind, start, end in here.database.spans if kind == "gap"]
    assert (gap, here.database.reasons) == ((4 * SECOND, position), ["call_interrupted"])
