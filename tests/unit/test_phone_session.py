"""A telephone keeps nothing: whatever fails on the node while a call lasts, what the caller said is committed once."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

import numpy as np
import pytest

from meetings.errors import Superseded
from meetings.limits import REQUIRED_CONSENT
from meetings.phone import AdmittedCall
from meetings.session_clock import ClockCorrection
from meetings.values import Committed, OpenedSession, SessionOwner, Span
from streaming.audio.pcm import Float32
from streaming.clocks import SystemClock
from streaming.errors import ConsentMissing, StreamError, SupersededStream
from streaming.feeds import Subscription
from streaming.ingest.call_timeline import CallPiece
from streaming.phone_session import MOST_FAILURES, PhoneSession
from streaming.pipeline import SessionPipeline
from streaming.rooms import Rooms
from streaming.runtime import Runtime
from streaming.scheduler import Scheduler
from streaming.tasks import TaskScope
from tests.unit.session_fakes import SECOND, SPEECH, InstantPool, MemoryDatabase, Node
from tests.unit.test_rooms import RoomDatabase, until

CALL = AdmittedCall(meeting_id=uuid4(), participant_id=uuid4(), session_id=uuid4())


@dataclass(slots=True)
class CallDatabase(RoomDatabase):
    granted: tuple[str, ...] = REQUIRED_CONSENT
    is_meeting_ended: bool = False

    async def session_open(self, session_id: UUID, *, node: str, resume_token: str | None) -> OpenedSession:
        await asyncio.sleep(0)
        opened = self.opened()
        owner = replace(opened.owner, session_id=session_id)
        return replace(opened, owner=owner, meeting_id=CALL.meeting_id, is_meeting_ended=self.is_meeting_ended)

    async def phone_call_consent(self, key: str, participant_id: UUID) -> tuple[str, ...]:
        return self.granted


@dataclass(slots=True)
class SlowDatabase(CallDatabase):
    """Stores nothing until released."""

    release: asyncio.Event = field(default_factory=asyncio.Event)

    async def session_commit(
        self,
        owner: SessionOwner,
        *,
        settled_from: int,
        received: int,
        spans: Sequence[Span],
        correction: ClockCorrection | None,
    ) -> Committed:
        await self.release.wait()
        return await MemoryDatabase.session_commit(
            self, owner, settled_from=settled_from, received=received, spans=spans, correction=correction
        )


class SilentBroadcast:
    """A meeting in which nothing happens."""

    def __init__(self) -> None:
        self.n_subscribed = 0

    async def subscribe(self, meeting_id: UUID, **_: Any) -> Subscription:
        self.n_subscribed += 1
        return cast("Subscription", SimpleNamespace(messages=self._messages))

    async def _messages(self) -> AsyncIterator[str]:
        await asyncio.Event().wait()
        yield ""

    def unsubscribe(self, subscription: Subscription) -> None:
        self.n_subscribed -= 1

    def has_passed(self, meeting_id: UUID, seq: int) -> bool:
        return False

    def publish_superseded(self, *_: Any) -> None:
        return None


@dataclass(slots=True)
class RecordingLine:
    tasks: TaskScope
    told: list[str] = field(default_factory=list)
    pipelines: list[SessionPipeline] = field(default_factory=list)

    def spawn(self, coroutine: Coroutine[Any, Any, None], *, name: str) -> None:
        self.tasks.spawn(coroutine, name=name)

    def attached(self, pipeline: SessionPipeline) -> None:
        self.pipelines.append(pipeline)

    def hang_up(self) -> None:
        self.told.append("hang_up")

    def flushed(self) -> None:
        self.told.append("flushed")

    def over(self) -> None:
        self.told.append("over")

    def fail(self, error: StreamError) -> None:
        self.told.append(error.code)


@dataclass(slots=True)
class World:
    database: CallDatabase
    broadcast: SilentBroadcast
    line: RecordingLine
    make: Callable[[], PhoneSession]


@asynccontextmanager
async def world(database: CallDatabase | None = None) -> AsyncIterator[World]:
    database = database or CallDatabase()
    scheduler = Scheduler(pool=InstantPool(), clock=SystemClock())
    scheduler.start()
    rooms = Rooms(around=Node(database=database).around(scheduler), store=database)
    line, broadcast = RecordingLine(TaskScope("line")), SilentBroadcast()
    node = SimpleNamespace(
        node="node",
        clock=SystemClock(),
        store=database,
        rooms=rooms,
        broadcast=broadcast,
        admission=SimpleNamespace(release=lambda session_id: None),
    )
    try:
        yield World(
            database=database,
            broadcast=broadcast,
            line=line,
            make=lambda: PhoneSession(node=cast("Runtime", node), key="key", call=CALL, line=line),
        )
    finally:
        await line.tasks.close()
        await rooms.close()
        await scheduler.close()


def pieces(audio: Float32, *, position: int = 0, n_samples: int = 3_200, is_after_gap: bool = False) -> list[CallPiece]:
    return [
        CallPiece(
            position=position + start,
            samples=audio[start : start + n_samples],
            is_after_gap=is_after_gap and start == 0,
        )
        for start in range(0, audio.size, n_samples)
    ]


async def undisturbed() -> list[tuple[str, int, int]]:
    async with world() as here:
        session = here.make()
        await session.begin()
        session.hear(pieces(SPEECH))
        session.finish()
        await until(lambda: "over" in here.line.told)
        session.leave()
        return here.database.spans


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
