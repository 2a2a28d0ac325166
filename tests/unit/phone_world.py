"""A telephone call's surroundings in memory: its database, its line, and a meeting in which nothing happens."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

from meetings.errors import MeetingsError
from meetings.limits import REQUIRED_CONSENT
from meetings.phone import AdmittedCall
from meetings.session_clock import ClockCorrection
from meetings.values import Committed, OpenedSession, SessionOwner, Span
from streaming.audio.pcm import Float32
from streaming.clocks import SystemClock
from streaming.errors import StoreUnavailable, StreamError
from streaming.feeds import Subscription
from streaming.ingest.call_timeline import CallPiece
from streaming.phone_session import PhoneSession
from streaming.pipeline import SessionPipeline
from streaming.recording_shelf import RecordingMeans
from streaming.rooms import Rooms
from streaming.runtime import Runtime
from streaming.scheduler import Scheduler
from streaming.tasks import TaskScope
from tests.unit.session_fakes import SPEECH, InstantPool, MemoryDatabase, Node
from tests.unit.test_rooms import RoomDatabase, until

CALL = AdmittedCall(meeting_id=uuid4(), participant_id=uuid4(), session_id=uuid4())


@dataclass(slots=True)
class CallDatabase(RoomDatabase):
    granted: tuple[str, ...] = REQUIRED_CONSENT
    is_meeting_ended: bool = False
    is_away: bool = False
    is_elsewhere: bool = False  # the session is open on another node
    may_open: asyncio.Event | None = None  # set when openings are answered; they are counted at once

    async def session_open(self, session_id: UUID, *, node: str, resume_token: str | None) -> OpenedSession:
        await asyncio.sleep(0)
        if self.is_away:
            raise StoreUnavailable
        opened = self.opened()
        if self.may_open is not None:
            await self.may_open.wait()
        owner = replace(opened.owner, session_id=session_id)
        return replace(opened, owner=owner, meeting_id=CALL.meeting_id, is_meeting_ended=self.is_meeting_ended)

    async def session_is_in_flight(self, session_id: UUID, *, node: str) -> bool | None:
        return self.received > self.settled if self.is_elsewhere else None

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
        self.n_flushes_asked = 0

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

    def publish_flush(self, *_: Any) -> None:
        self.n_flushes_asked += 1


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

    def fail(self, error: StreamError | MeetingsError) -> None:
        self.told.append(error.code)


@dataclass(slots=True)
class World:
    database: CallDatabase
    broadcast: SilentBroadcast
    line: RecordingLine
    rooms: Rooms
    make: Callable[[], PhoneSession]


@asynccontextmanager
async def world(
    database: CallDatabase | None = None, pool: InstantPool | None = None, recording: RecordingMeans | None = None
) -> AsyncIterator[World]:
    database = database or CallDatabase()
    scheduler = Scheduler(pool=pool or InstantPool(), clock=SystemClock())
    scheduler.start()
    around = replace(Node(database=database).around(scheduler), recording=recording)
    rooms = Rooms(around=around, store=database)
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
            rooms=rooms,
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
