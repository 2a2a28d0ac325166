"""A node of the simulation: the real rooms, pipelines and scheduler over a store and recognizers that can fail."""

import asyncio
import zlib
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self, TypeVar
from uuid import UUID

import numpy as np

from meetings.errors import Superseded
from meetings.session_clock import ClockCorrection
from meetings.values import Committed, EndedSession, LanguageSpan, OpenedSession, SessionOwner, Span
from streaming.errors import StoreUnavailable
from streaming.pipeline import SessionPipeline
from streaming.recognizers.base import DecodeOptions, Float32, Hypothesis, RecognizerCrashed
from streaming.rooms import Rooms
from streaming.scheduler import Scheduler
from streaming.surroundings import Sink, Surroundings
from tests.unit.exactly_once_rows import MEETING_BEGAN_AT, Rows

T = TypeVar("T")

WINDOW = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What becomes of one question to the database.

    It happens after `happens_after_s`, or never. Who asked hears of it at once, or gives up after `given_up_after_s`,
    which may be before it happens.
    """

    happens_after_s: float | None = 0.01
    given_up_after_s: float | None = None


@dataclass(slots=True)
class Conditions:
    """What the schedule has drawn for the questions and utterances to come, and what went wrong that never may."""

    fates: deque[Fate] = field(default_factory=deque)
    decoding: deque[float | None] = field(default_factory=deque)  # seconds; None is a crash
    defects: list[str] = field(default_factory=list)


class SometimesStore:
    """One node's way to the rows. Transactions that were asked for happen also when the node has died meanwhile."""

    def __init__(self, rows: Rows, conditions: Conditions) -> None:
        self.rows = rows
        self.is_dead = False
        self._conditions = conditions

    async def session_commit(
        self,
        owner: SessionOwner,
        *,
        settled_from: int,
        received: int,
        spans: Sequence[Span],
        correction: ClockCorrection | None,
    ) -> Committed:
        def commit() -> Committed:
            before = self.rows.account()
            committed = self.rows.commit(
                owner, settled_from=settled_from, received=received, spans=spans, correction=correction
            )
            if owner.generation != before.generation and self.rows.settled() != before.settled:
                self._conditions.defects.append("a connection that was superseded has moved settled")
            return committed

        return await self._ask(commit)

    async def session_origin_set(self, owner: SessionOwner, origin_ms: int) -> int:
        return await self._ask(lambda: self.rows.origin_set(owner, origin_ms))

    async def session_language_set(
        self, owner: SessionOwner, *, position: int, language: str | None
    ) -> tuple[LanguageSpan, ...]:
        raise NotImplementedError("nobody changes a language here")

    async def meeting_words(self, meeting_id: UUID) -> tuple[str, ...]:
        return ()

    async def sessions_received_note(self, progress: Sequence[tuple[SessionOwner, int]]) -> int:
        raise NotImplementedError("no other node asks here")

    async def session_detach(self, owner: SessionOwner, *, received: int = 0) -> bool:
        return await self._ask(lambda: self.rows.detach(owner, received=received))

    async def session_leave(self, owner: SessionOwner, *, reason: str) -> None:
        await self._ask(lambda: self.rows.leave(owner, reason=reason))

    async def session_end(self, owner: SessionOwner, *, reason: str) -> EndedSession:
        return await self._ask(lambda: self.rows.end(owner))

    async def _ask(self, transaction: Callable[[], T]) -> T:
        if self.is_dead:
            raise StoreUnavailable
        fate = self._conditions.fates.popleft() if self._conditions.fates else Fate()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        if fate.happens_after_s is not None:
            loop.call_later(fate.happens_after_s, self._happen, transaction, answer)
        if fate.given_up_after_s is None and fate.happens_after_s is not None:
            return await answer
        await asyncio.sleep(fate.given_up_after_s or 0.0)
        answer.cancel()
        raise StoreUnavailable

    def _happen(self, transaction: Callable[[], T], answer: asyncio.Future[T]) -> None:
        try:
            result = transaction()
        except Exception as error:  # noqa: BLE001 - as a database answers: to who asked, if they still listen
            if not isinstance(error, Superseded):
                self._conditions.defects.append(f"the database was asked for what may not be: {error!r}")
            if not answer.done():
                answer.set_exception(error)
                answer.exception()  # who asked may be killed before they look
        else:
            if not answer.done():
                answer.set_result(result)


class UnevenPool:
    """Two recognizers, so that utterances finish out of order. What is heard is a function of the samples alone."""

    n_processes = 2

    def __init__(self, conditions: Conditions) -> None:
        self._conditions = conditions
        self._slots = asyncio.Semaphore(self.n_processes)
        self._crashed: set[int] = set()

    @asynccontextmanager
    async def slot(self, prefer: str = "") -> AsyncIterator[Self]:
        async with self._slots:
            yield self

    async def check(self, *, timeout_s: float) -> bool:
        return True

    async def transcribe(self, audio: Float32, options: DecodeOptions, *, timeout_s: float) -> Hypothesis:
        decoding = self._conditions.decoding
        takes_s = decoding.popleft() if decoding else 0.1
        content = zlib.crc32(audio.tobytes())
        if takes_s is None and content not in self._crashed:
            self._crashed.add(content)  # once each: what crashes again and again is rightly a gap
            raise RecognizerCrashed
        await asyncio.sleep(takes_s or 0.1)
        return Hypothesis(text=f"heard {content:08x}", confidence=1.0, language=options.language)


class LingeringDetector:
    """Remembers for ever, as the real one does: what it says of a window depends on all windows since the reset."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._memory = 0.1

    def probabilities(self, samples: Float32) -> Float32:
        found = []
        for level in np.abs(samples).reshape(-1, WINDOW).mean(axis=1).tolist():
            self._memory = 0.9 * self._memory + 0.1 * level
            found.append(min(1.0, self._memory))
        return np.array(found, dtype=np.float32)


class JumpingClock:
    """The loop's virtual time, and a wall clock that somebody sets."""

    def __init__(self) -> None:
        self.suspended_s = 0.0
        self.wall_is_off_s = 0.0

    def monotonic_s(self) -> float:
        return asyncio.get_running_loop().time() + self.suspended_s

    def now(self) -> datetime:
        return MEETING_BEGAN_AT + timedelta(seconds=self.monotonic_s() + self.wall_is_off_s)


class SimulatedNode:
    """Made within the running loop. `kill` leaves nothing but what the database was already asked for."""

    def __init__(self, rows: Rows, conditions: Conditions) -> None:
        self.clock = JumpingClock()
        self.published: list[Mapping[str, Any]] = []
        self.store = SometimesStore(rows, conditions)
        self._scheduler = Scheduler(pool=UnevenPool(conditions), clock=self.clock)
        self._scheduler.start()
        around = Surroundings(
            store=self.store,
            scheduler=self._scheduler,
            publish=self._publish,
            clock=self.clock,
            detector=LingeringDetector,
        )
        self._rooms = Rooms(around=around, store=self.store)

    def attach(self, opened: OpenedSession, sink: Sink) -> SessionPipeline:
        """Raises SupersededStream."""
        return self._rooms.attach(opened, sink=sink, round_trip_s=0.1)

    def detach(self, pipeline: SessionPipeline) -> None:
        self._rooms.detach(pipeline)

    def hear_of_takeover(self, owner: SessionOwner) -> None:
        self._rooms.supersede(owner.session_id, owner.generation)

    async def kill(self) -> None:
        self.store.is_dead = True
        await self._rooms.close()
        await self._scheduler.close()

    def _publish(self, meeting_id: UUID, key: str, message: Mapping[str, Any]) -> None:
        self.published.append(message)
