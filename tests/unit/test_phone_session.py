"""A telephone keeps nothing: whatever fails on the node while a call lasts, what the caller said is committed once."""

import asyncio

import numpy as np
import pytest

from meetings.errors import Superseded
from streaming.errors import ConsentMissing, SupersededStream
from streaming.phone_session import MOST_FAILURES
from streaming.recording_shelf import RecordingMeans
from tests.unit.phone_world import (
    CallDatabase,
    SlowDatabase,
    pieces,
    undisturbed,
    world,
)
from tests.unit.session_fakes import SECOND, SPEECH
from tests.unit.test_recorder import ON, MemoryShelf, Switchboard
from tests.unit.test_rooms import until


async def test_a_call_is_committed_to_its_last_sample_and_then_is_over() -> None:
    spans = await undisturbed()
    assert spans[-1][2] == SPEECH.size
    assert {kind for kind, _, _ in spans} == {"speech", "nonspeech"}


async def test_a_session_that_fails_is_opened_again_and_everything_unsettled_is_said_again() -> None:
    async with world() as here:
        session = here.make()
        await session.begin()
        session.hear(pieces(SPEECH[: 2 * SECOND]))
        here.database.failure = RuntimeError("a defect")
        session.hear(pieces(SPEECH[2 * SECOND : 8 * SECOND], position=2 * SECOND))
        await until(lambda: here.database.generation >= 2)
        here.database.failure = None
        session.hear(pieces(SPEECH[8 * SECOND :], position=8 * SECOND))
        session.finish()
        await until(lambda: "over" in here.line.told)
        session.leave()
        assert sum(end - start for _, start, end in here.database.spans) == here.database.settled == SPEECH.size
        assert here.database.counted("gap") == 0
        assert len(here.line.pipelines) == here.database.generation
    speech = [span for span in here.database.spans if span[0] == "speech"]
    assert speech == [span for span in await undisturbed() if span[0] == "speech"]


async def test_a_session_that_fails_after_the_caller_has_hung_up_is_brought_to_its_end_all_the_same() -> None:
    async with world() as here:
        session = here.make()
        await session.begin()
        here.database.failure = RuntimeError("a defect")
        session.hear(pieces(SPEECH))
        session.finish()
        await until(lambda: here.database.generation >= 2)
        here.database.failure = None
        await until(lambda: "over" in here.line.told)
        session.leave()
    assert here.database.settled == SPEECH.size


async def test_a_session_that_fails_again_and_again_ends_the_call() -> None:
    async with world() as here:
        session = here.make()
        await session.begin()
        here.database.failure = RuntimeError("a defect")
        session.hear(pieces(SPEECH))
        await until(lambda: "unavailable" in here.line.told)
        session.leave()
    assert here.database.generation == MOST_FAILURES + 1


async def test_a_newer_connection_of_the_call_ends_this_one() -> None:
    async with world() as here:
        old, new = here.make(), here.make()
        await old.begin()
        await new.begin()
        assert here.line.told[-1] == "superseded"
        old.leave()
        new.leave()
        await asyncio.sleep(0)


async def test_a_call_whose_socket_is_lost_has_everything_committed_that_it_said() -> None:
    """In the middle of an utterance: nobody will send its beginning again."""
    async with world() as here:
        session = here.make()
        await session.begin()
        session.hear(pieces(SPEECH[: 2 * SECOND]))
        session.leave()
        await until(lambda: here.database.settled == 2 * SECOND)
        assert here.broadcast.n_subscribed == 0


async def test_a_call_that_comes_back_waits_for_that_and_goes_on_behind_it() -> None:
    async with world() as here:
        first = here.make()
        await first.begin()
        first.hear(pieces(SPEECH[: 2 * SECOND]))
        first.leave()
        second = here.make()
        position = await second.begin()
        assert here.database.settled == 2 * SECOND <= position
        second.hear(pieces(SPEECH[4 * SECOND :], position=position))
        second.finish()
        await until(lambda: "over" in here.line.told)
        second.leave()
    gap = position - 2 * SECOND
    assert here.database.counted("gap") == gap
    assert here.database.settled == SPEECH.size - 2 * SECOND + gap


async def test_what_is_missing_is_a_gap_in_the_account() -> None:
    async with world() as here:
        session = here.make()
        await session.begin()
        session.hear(pieces(SPEECH[:SECOND]))
        session.hear(pieces(SPEECH[:SECOND], position=2 * SECOND, is_after_gap=True))
        session.finish()
        await until(lambda: "over" in here.line.told)
        session.leave()
    assert [span for span in here.database.spans if span[0] == "gap"] == [("gap", SECOND, 2 * SECOND)]


async def test_while_nothing_is_stored_what_a_caller_says_waits_and_nothing_is_lost() -> None:
    """Two minutes, of which a pipeline takes one before something is settled."""
    database = SlowDatabase()
    audio = np.tile(SPEECH, 12)[: 120 * SECOND]
    async with world(database) as here:
        session = here.make()
        await session.begin()
        for piece in pieces(audio):
            session.hear([piece])
        [pipeline] = here.line.pipelines
        await until(lambda: pipeline.received > 59 * SECOND)
        for _ in range(200):
            await asyncio.sleep(0)
        assert pipeline.received <= 61 * SECOND
        database.release.set()
        session.finish()
        await until(lambda: "over" in here.line.told)
        session.leave()
    assert (here.database.settled, here.database.counted("gap")) == (audio.size, 0)


async def test_without_the_declared_consent_nothing_is_taken() -> None:
    async with world(CallDatabase(granted=("captions",))) as here:
        with pytest.raises(ConsentMissing):
            await here.make().begin()
        assert here.line.pipelines == []


async def test_a_call_whose_key_agrees_to_it_is_recorded_from_its_first_sample() -> None:
    """The agreement is younger than what was read when the session was opened, and nobody may have heard of it yet."""
    shelf, switchboard = MemoryShelf(), Switchboard(answers=[ON])
    async with world(recording=RecordingMeans(shelf=shelf, store=switchboard)) as here:
        session = here.make()
        await session.begin()
        session.hear(pieces(SPEECH))
        session.finish()
        await until(lambda: "over" in here.line.told)
        session.leave()
    assert switchboard.asked == [(0, 0)]
    assert sum(samples.size for samples in shelf.files.values()) == SPEECH.size


async def test_a_meeting_that_is_over_is_known_at_once() -> None:
    async with world(CallDatabase(is_meeting_ended=True)) as here:
        session = here.make()
        await session.begin()
        assert session.is_meeting_over
        session.leave()


async def test_a_superseded_commit_ends_the_call_and_is_not_tried_again() -> None:
    async with world() as here:
        session = here.make()
        await session.begin()
        here.database.failure = Superseded()
        session.hear(pieces(SPEECH))
        await until(lambda: SupersededStream.code in here.line.told)
        session.leave()
    assert here.database.generation == 1
