"""A session's surroundings in memory: a database row, a recognizer, a detector and a socket that only remember."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID, uuid4

import numpy as np

from meetings.errors import Superseded
from meetings.session_clock import ClockCorrection, SessionClock
from meetings.values import (
    Committed,
    EndedSession,
    LanguageSpan,
    OpenedSession,
    SessionCounters,
    SessionOwner,
    Span,
    SpeechContext,
)
from streaming.audio.pcm import pcm_encode
from streaming.clocks import Clock, SystemClock
from streaming.errors import StreamError
from streaming.pipeline import SessionPipeline
from streaming.protocol.frames import AudioFrame
from streaming.recognizers.base import DecodeOptions, Float32, Hypothesis
from streaming.scheduler import Scheduler
from streaming.session_items import Frame
from streaming.surroundings import Surroundings

WINDOW = 512
SECOND = 16_000


class LoudnessDetector:
    """Loud is speech. Stateless, so it needs no reset."""

    def reset(self) -> None:
        return None

    def probabilities(self, samples: Float32) -> Float32:
        loud: Float32 = (np.abs(samples).reshape(-1, WINDOW).mean(axis=1) > 0.1).astype(np.float32)
        return loud


class TickingClock(SystemClock):
    """A fifth of a second passes whenever somebody looks."""

    def __init__(self) -> None:
        self._now_s = 0.0

    def monotonic_s(self) -> float:
        self._now_s += 0.2
        return self._now_s


class StandingClock(SystemClock):
    def monotonic_s(self) -> float:
        return 0.0


class InstantPool:
    n_processes = 1

    @asynccontextmanager
    async def slot(self, prefer: str = "") -> AsyncIterator[Self]:
        yield self

    async def transcribe(self, audio: Float32, options: DecodeOptions, *, timeout_s: float) -> Hypothesis:
        return Hypothesis(text=f"{audio.size} samples", confidence=1.0, language=options.language)

    async def check(self, *, timeout_s: float) -> bool:
        return True


@dataclass(slots=True)
class MemoryDatabase:
    """The audio session's row, with its compare-and-swap."""

    settled: int = 0
    context: SpeechContext | None = None
    generation: int = 0
    spans: list[tuple[str, int, int]] = field(default_factory=list)
    origin_ms: int | None = None
    corrections: tuple[ClockCorrection, ...] = ()
    has_left: bool = False
    received: int = 0
    reasons: list[str] = field(default_factory=list)  # of gaps
    texts: list[str] = field(default_factory=list)  # of segments
    miscounted: dict[str, int] = field(default_factory=dict)
    begun_at: datetime | None = None
    languages: tuple[LanguageSpan, ...] = ()
    chosen: str = "en"  # what somebody has set elsewhere

    def opened(self) -> OpenedSession:
        self.generation += 1
        return OpenedSession(
            owner=SessionOwner(session_id=uuid4(), generation=self.generation),
            meeting_id=uuid4(),
            meeting_started_at=datetime(2026, 1, 1, tzinfo=UTC),
            participant_id=uuid4(),
            display_name="Ada",
            role="speaker",
            resumed=self.generation > 1,
            settled=self.settled,
            received=max(self.received, self.settled),
            origin_ms=self.origin_ms,
            consent=(),
            language=self.chosen,
            languages=self.languages,
            last_seq=0,
            is_ended=False,
            resume_token="",
            is_meeting_ended=False,
            begun_at=self.begun_at,
            counters=self.counters(),
            context=self.context,
            corrections=self.corrections,
        )

    async def session_commit(
        self,
        owner: SessionOwner,
        *,
        settled_from: int,
        received: int,
        spans: Sequence[Span],
        correction: ClockCorrection | None,
    ) -> Committed:
        await asyncio.sleep(0)
        if (owner.generation, settled_from) != (self.generation, self.settled):
            raise Superseded
        assert spans[-1].end <= received
        for span in spans:
            self.spans.append((span.kind, self.settled, span.end))
            self.reasons += [span.reason] if span.kind == "gap" else []
            self.texts += [] if span.segment is None else [span.segment.text]
            self.settled = span.end
        self.context = spans[-1].context
        if self.origin_ms is not None and correction is not None:
            clock = SessionClock(origin_ms=self.origin_ms, corrections=self.corrections)
            self.corrections = clock.corrected(correction).corrections
        return Committed(settled=self.settled, messages=(), was_already=False, counters=self.counters())

    async def session_origin_set(self, owner: SessionOwner, origin_ms: int) -> int:
        self.origin_ms = origin_ms
        return origin_ms

    async def session_language_set(
        self, owner: SessionOwner, *, position: int, language: str | None
    ) -> tuple[LanguageSpan, ...]:
        await asyncio.sleep(0)
        if owner.generation != self.generation:
            raise Superseded
        self.chosen = self.chosen if language is None else language
        spans = self.languages or (LanguageSpan(start=0, language="en"),)
        kept = tuple(span for span in spans if span.start < position)
        self.languages = (*kept, LanguageSpan(start=position, language=self.chosen))
        return self.languages

    async def meeting_words(self, meeting_id: UUID) -> tuple[str, ...]:
        return ("Colloquy", "Ada")

    async def session_leave(self, owner: SessionOwner, *, reason: str) -> None:
        self.has_left = True

    async def session_end(self, owner: SessionOwner, *, reason: str) -> EndedSession:
        counters = {kind: self.counted(kind) for kind in ("speech", "nonspeech", "muted", "gap")}
        return EndedSession(received=self.settled, **counters, segments=0, last_seq=0)

    def counters(self) -> SessionCounters:
        counted = {kind: self.counted(kind) for kind in ("speech", "nonspeech", "muted", "gap")}
        return SessionCounters(received=max(self.received, self.settled), settled=self.settled, **counted)

    def counted(self, kind: str) -> int:
        return sum(end - start for each, start, end in self.spans if each == kind) + self.miscounted.get(kind, 0)


@dataclass(slots=True)
class RecordingSink:
    answers: list[tuple[str, int]] = field(default_factory=list)

    def ack(self, *, received: int, settled: int, lag_ms: int) -> None:
        self.answers.append(("ack", settled))

    def finalized(self, *, cid: str | int | None, position: int, after_seq: int) -> None:
        self.answers.append((f"finalized {cid}", position))

    def ended(self, counters: EndedSession) -> None:
        self.answers.append(("ended", counters.received))

    def warning(self, *, code: str) -> None:
        self.answers.append((f"warning {code}", 0))

    def fail(self, error: StreamError) -> None:
        self.answers.append((error.code, 0))


@dataclass(slots=True)
class Node:
    database: MemoryDatabase = field(default_factory=MemoryDatabase)
    published: list[Mapping[str, Any]] = field(default_factory=list)
    clock: Clock = field(default_factory=TickingClock)
    update_every_x: int = 1

    def around(self, scheduler: Scheduler) -> Surroundings:
        def publish(meeting_id: UUID, key: str, message: Mapping[str, Any]) -> None:
            self.published.append(message)

        return Surroundings(
            store=self.database,
            scheduler=scheduler,
            publish=publish,
            clock=self.clock,
            detector=LoudnessDetector,
            update_every_x=lambda language: self.update_every_x,
        )


def loudness(*stretches: tuple[float, bool]) -> Float32:
    """(seconds, is loud) after each other."""
    return np.concatenate([np.full(int(s * SECOND), 0.5 if loud else 0.0, np.float32) for s, loud in stretches])


SPEECH = loudness((1.0, False), (2.0, True), (1.5, False), (1.2, True), (4.0, False), (0.8, True))


def frames(audio: Float32, *, start: int = 0, n_samples: int = 1_600) -> list[Frame]:
    return [
        Frame(
            frame=AudioFrame(
                n_samples=audio[at : at + n_samples].size, position=at, payload=pcm_encode(audio[at : at + n_samples])
            ),
            arrived_at=datetime(2026, 1, 1, tzinfo=UTC),
            arrived_s=0.0,
        )
        for at in range(start, audio.size, n_samples)
    ]


async def run(node: Node, items: list[Any], *, stop_after: int | None = None) -> RecordingSink:
    """Feed one connection's items; with `stop_after`, the node is killed after so many."""
    sink = RecordingSink()
    scheduler = Scheduler(pool=InstantPool(), clock=SystemClock())
    scheduler.start()
    try:
        pipeline = SessionPipeline(opened=node.database.opened(), around=node.around(scheduler), sink=sink)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(pipeline.run())
            for item in items[:stop_after]:
                await pipeline.put_in_turn(item)
            if stop_after is not None:
                for _ in range(20):
                    await asyncio.sleep(0)
                running.cancel()
    finally:
        await scheduler.close()
    return sink
