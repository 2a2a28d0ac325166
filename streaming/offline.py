"""Transcribe recordings without a server: the same pipeline, over a store in memory and as fast as it goes."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from meetings.limits import SAMPLES_PER_MS
from meetings.session_clock import ClockCorrection, SessionClock
from meetings.values import (
    Committed,
    EndedSession,
    FinalSegment,
    LanguageSpan,
    OpenedSession,
    SessionCounters,
    SessionOwner,
    Span,
)
from streaming.audio.pcm import pcm_encode
from streaming.clocks import SystemClock
from streaming.load import HearAgain
from streaming.pipeline import SessionPipeline
from streaming.protocol.frames import AudioFrame
from streaming.recognition_pool import Pool
from streaming.recognizers.base import Float32
from streaming.room_levels import RoomLevels
from streaming.scheduler import Scheduler
from streaming.session_items import End, Frame
from streaming.surroundings import Surroundings
from streaming.vad import SileroDetector

FRAME_SAMPLES = 100 * SAMPLES_PER_MS
RECORDING_CLOCK = SessionClock(origin_ms=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A segment of a transcript that no database knows."""

    segment_id: UUID
    speaker: str
    start_ms: int
    end_ms: int
    text: str
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A stretch that could not be transcribed."""

    speaker: str
    start_ms: int
    end_ms: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcription:
    """Lines and losses in order of their start."""

    lines: list[Line]
    lost: list[Lost]


@dataclass(slots=True)
class MemoryStore:
    """Keeps one session's segments and its account; every recording begins at meeting time 0."""

    segments: list[FinalSegment] = field(default_factory=list)
    settled: int = 0
    n_samples: Counter[str] = field(default_factory=Counter)
    gaps: list[tuple[int, int, str]] = field(default_factory=list)

    async def session_commit(
        self,
        owner: SessionOwner,
        *,
        settled_from: int,
        received: int,
        spans: Sequence[Span],
        correction: ClockCorrection | None,
    ) -> Committed:
        for span in spans:
            self.n_samples[span.kind] += span.end - self.settled
            if span.kind == "gap":
                self.gaps.append((self.settled, span.end, span.reason))
            self.settled = span.end
            if span.segment is not None:
                self.segments.append(span.segment)
        return Committed(settled=self.settled, messages=(), was_already=False, counters=self._counters())

    def _counters(self) -> SessionCounters:
        return SessionCounters(received=self.settled, settled=self.settled, **self.n_samples)

    async def session_origin_set(self, owner: SessionOwner, origin_ms: int) -> int:
        return 0

    async def session_language_set(
        self, owner: SessionOwner, *, position: int, language: str | None
    ) -> tuple[LanguageSpan, ...]:
        raise NotImplementedError("a recording is in one language")

    async def session_leave(self, owner: SessionOwner, *, reason: str) -> None:
        return None

    async def session_end(self, owner: SessionOwner, *, reason: str) -> EndedSession:
        return EndedSession(
            received=self.settled,
            speech=self.n_samples["speech"],
            nonspeech=self.n_samples["nonspeech"],
            muted=self.n_samples["muted"],
            gap=self.n_samples["gap"],
            segments=sum(not segment.is_bleed for segment in self.segments),
            last_seq=0,
        )


async def recordings_transcribe(recordings: Mapping[str, Float32], *, pool: Pool, language: str) -> Transcription:
    """One recording (float32 mono 16 kHz) per speaker, on a common clock."""
    stores = await _stores(recordings, pool=pool, language=language)
    results = [_transcription(speaker, store) for speaker, store in stores.items()]
    return Transcription(
        lines=sorted((line for each in results for line in each.lines), key=lambda line: (line.start_ms, line.end_ms)),
        lost=sorted((lost for each in results for lost in each.lost), key=lambda lost: lost.start_ms),
    )


async def segments_transcribe(
    recordings: Mapping[str, Float32], *, pool: Pool, language: str
) -> dict[str, list[FinalSegment]]:
    """The same as the lines that a server would store, in samples and with their words, by speaker."""
    stores = await _stores(recordings, pool=pool, language=language)
    return {
        speaker: [segment for segment in store.segments if not segment.is_bleed] for speaker, store in stores.items()
    }


async def _stores(recordings: Mapping[str, Float32], *, pool: Pool, language: str) -> dict[str, MemoryStore]:
    scheduler, levels = Scheduler(pool=pool, clock=SystemClock(), hear_again=HearAgain.ALWAYS), RoomLevels()
    scheduler.start()
    sessions = {
        speaker: _session(speaker, scheduler=scheduler, levels=levels, language=language) for speaker in recordings
    }
    try:
        async with asyncio.TaskGroup() as group:
            for pipeline, _ in sessions.values():
                group.create_task(pipeline.run())
            await _stream({sessions[speaker][0]: audio for speaker, audio in recordings.items()})
    finally:
        await scheduler.close()
    return {speaker: store for speaker, (_, store) in sessions.items()}


def _session(
    speaker: str, *, scheduler: Scheduler, levels: RoomLevels, language: str
) -> tuple[SessionPipeline, MemoryStore]:
    store = MemoryStore()
    around = Surroundings(
        store=store,
        scheduler=scheduler,
        publish=_publish_nothing,
        clock=SystemClock(),
        detector=SileroDetector,
        has_partials=False,
    )
    opened = _opened(speaker, language)
    voices = levels.voices(opened.owner.session_id)
    return SessionPipeline(opened=opened, around=around, voices=voices), store


def _transcription(speaker: str, store: MemoryStore) -> Transcription:
    lines = [
        Line(
            segment_id=segment.segment_id,
            speaker=speaker,
            start_ms=RECORDING_CLOCK.meeting_ms(segment.start),
            end_ms=RECORDING_CLOCK.meeting_ms(segment.end),
            text=segment.text,
            confidence=segment.confidence,
        )
        for segment in store.segments
        if not segment.is_bleed
    ]
    lost = [
        Lost(
            speaker=speaker,
            start_ms=RECORDING_CLOCK.meeting_ms(start),
            end_ms=RECORDING_CLOCK.meeting_ms(end),
            reason=reason,
        )
        for start, end, reason in store.gaps
    ]
    return Transcription(lines=lines, lost=lost)


async def _stream(recordings: Mapping[SessionPipeline, Float32]) -> None:
    """All side by side, as they were recorded: whose voice a microphone hears is told by the others."""
    clock = SystemClock()
    for position in range(0, max((audio.size for audio in recordings.values()), default=0), FRAME_SAMPLES):
        for pipeline, audio in recordings.items():
            if (samples := audio[position : position + FRAME_SAMPLES]).size:
                frame = AudioFrame(n_samples=samples.size, position=position, payload=pcm_encode(samples))
                await pipeline.put_in_turn(Frame(frame=frame, arrived_at=clock.now(), arrived_s=clock.monotonic_s()))
    for pipeline, audio in recordings.items():
        await pipeline.put_in_turn(End(position=audio.size))


def _opened(speaker: str, language: str) -> OpenedSession:
    return OpenedSession(
        owner=SessionOwner(session_id=uuid4(), generation=1),
        meeting_id=uuid4(),
        meeting_started_at=SystemClock().now(),
        participant_id=uuid4(),
        display_name=speaker,
        role="speaker",
        resumed=False,
        settled=0,
        received=0,
        origin_ms=None,
        consent=(),
        language=language,
        last_seq=0,
        is_ended=False,
        resume_token="",
        is_meeting_ended=False,
    )


def _publish_nothing(meeting_id: UUID, key: str, message: Mapping[str, Any]) -> None:
    return None
