"""An audio session as the database keeps it: the seam of the simulation, and a model of its rows in memory.

The model decides as `meetings/services/session_commits.py` and `sessions.py` do; the same simulation runs against
those themselves in `tests/integration/test_exactly_once_stored.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol
from uuid import UUID, uuid4

from meetings.errors import Conflict, Invalid, Superseded
from meetings.services.spans import spans_check, spans_with_starts
from meetings.session_clock import ClockCorrection, SessionClock
from meetings.values import (
    Committed,
    EndedSession,
    FinalSegment,
    OpenedSession,
    SessionCounters,
    SessionOwner,
    Span,
)
from meetings.wire import EventMessage, WireMessage

MEETING_BEGAN_AT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class StoredLine:
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """All that is stored of a session at one instant. `gaps` are (start, end, reason)."""

    generation: int
    settled: int
    received: int
    speech: int
    nonspeech: int
    muted: int
    gap: int
    is_ended: bool
    clock: SessionClock | None
    lines: tuple[StoredLine, ...]
    gaps: tuple[tuple[int, int, str], ...]
    seqs: tuple[int, ...]


class Rows(Protocol):
    """Transactions: each happens whole, at one instant, or raises and has not happened."""

    def open(self) -> OpenedSession: ...
    def commit(
        self,
        owner: SessionOwner,
        *,
        settled_from: int,
        received: int,
        spans: Sequence[Span],
        correction: ClockCorrection | None,
    ) -> Committed: ...
    def origin_set(self, owner: SessionOwner, origin_ms: int) -> int: ...
    def detach(self, owner: SessionOwner, *, received: int) -> bool: ...
    def leave(self, owner: SessionOwner, *, reason: str) -> None: ...
    def end(self, owner: SessionOwner) -> EndedSession: ...
    def settled(self) -> int: ...
    def account(self) -> Account: ...


class MemoryRows:
    def __init__(self) -> None:
        self._session_id, self._meeting_id, self._participant_id = uuid4(), uuid4(), uuid4()
        self._generation = self._settled = self._received = self._last_seq = 0
        self._state: Literal["open", "detached", "abandoned", "ended"] = "open"
        self._clock: SessionClock | None = None
        self._counters = dict.fromkeys(("speech", "nonspeech", "muted", "gap"), 0)
        self._segments: dict[UUID, tuple[FinalSegment, WireMessage]] = {}
        self._gaps: dict[tuple[int, int, str], WireMessage] = {}

    def open(self) -> OpenedSession:
        if self._state != "ended":
            self._generation += 1
            self._state = "open"
        return OpenedSession(
            owner=SessionOwner(session_id=self._session_id, generation=self._generation),
            meeting_id=self._meeting_id,
            meeting_started_at=MEETING_BEGAN_AT,
            participant_id=self._participant_id,
            display_name="Ada",
            role="speaker",
            resumed=self._generation > 1,
            settled=self._settled,
            received=self._received,
            origin_ms=self._clock.origin_ms if self._clock else None,
            corrections=self._clock.corrections if self._clock else (),
            consent=(),
            language="en",
            last_seq=self._last_seq,
            is_ended=self._state == "ended",
            resume_token="made-up",
            is_meeting_ended=False,
            counters=self._stored(),
        )

    def _stored(self) -> SessionCounters:
        return SessionCounters(received=self._received, settled=self._settled, **self._counters)

    def commit(
        self,
        owner: SessionOwner,
        *,
        settled_from: int,
        received: int,
        spans: Sequence[Span],
        correction: ClockCorrection | None,
    ) -> Committed:
        spans_check(settled_from=settled_from, spans=spans)
        is_mine = owner.generation == self._generation
        if not is_mine or settled_from != self._settled or self._state == "ended":
            return self._already_committed(owner, settled_from=settled_from, spans=spans)
        if self._clock is None and any(span.segment for span in spans):
            raise Invalid
        if self._clock is not None and correction is not None:
            self._clock = self._clock.corrected(correction)
        messages = [
            self._store(start, span) for start, span in spans_with_starts(settled_from=settled_from, spans=spans)
        ]
        self._settled = spans[-1].end
        self._received = max(self._received, received, self._settled)
        if self._state == "abandoned":
            self._state = "open"
        return Committed(
            settled=self._settled, messages=tuple(filter(None, messages)), was_already=False, counters=self._stored()
        )

    def origin_set(self, owner: SessionOwner, origin_ms: int) -> int:
        if owner.generation != self._generation:
            raise Superseded
        self._clock = self._clock or SessionClock(origin_ms=max(0, origin_ms))
        return self._clock.origin_ms

    def detach(self, owner: SessionOwner, *, received: int) -> bool:
        if owner.generation != self._generation or self._state != "open":
            return False
        self._state = "detached"
        return True

    def leave(self, owner: SessionOwner, *, reason: str) -> None:
        if owner.generation == self._generation and self._state in ("open", "detached"):
            self._state = "abandoned"

    def end(self, owner: SessionOwner) -> EndedSession:
        if owner.generation != self._generation:
            raise Superseded
        if self._state != "ended" and self._settled != self._received:
            raise Conflict
        self._state = "ended"
        return EndedSession(
            received=self._received, **self._counters, segments=len(self._segments), last_seq=self._last_seq
        )

    def settled(self) -> int:
        return self._settled

    def account(self) -> Account:
        segments = [segment for segment, _ in self._segments.values()]
        messages = [message for _, message in self._segments.values()] + list(self._gaps.values())
        return Account(
            generation=self._generation,
            settled=self._settled,
            received=self._received,
            **self._counters,
            is_ended=self._state == "ended",
            clock=self._clock,
            lines=tuple(sorted(StoredLine(start=each.start, end=each.end, text=each.text) for each in segments)),
            gaps=tuple(sorted(self._gaps)),
            seqs=tuple(sorted(message["seq"] or 0 for message in messages)),
        )

    def _store(self, start: int, span: Span) -> WireMessage | None:
        self._counters[span.kind] += span.end - start
        if span.segment is None and span.kind != "gap":
            return None
        self._last_seq += 1
        message: EventMessage = {"type": "event", "seq": self._last_seq, "event": {"type": span.kind}}
        if span.segment is not None:
            assert span.segment.segment_id not in self._segments
            self._segments[span.segment.segment_id] = (span.segment, message)
        else:
            self._gaps[start, span.end, span.reason] = message
        return message

    def _already_committed(self, owner: SessionOwner, *, settled_from: int, spans: Sequence[Span]) -> Committed:
        """The read-back: our own commit landed and only its answer was lost, or somebody else owns the session."""
        own = [span.segment.segment_id for span in spans if span.segment]
        is_at_our_end = owner.generation == self._generation and self._settled == spans[-1].end
        if not is_at_our_end or not all(each in self._segments for each in own):
            raise Superseded
        gaps = [
            (start, span.end, span.reason) for start, span in spans_with_starts(settled_from=settled_from, spans=spans)
        ]
        messages = [self._segments[each][1] for each in own] + [self._gaps[each] for each in gaps if each in self._gaps]
        return Committed(settled=self._settled, messages=tuple(messages), was_already=True, counters=self._stored())
