"""How loud sessions were, as it was stored with their commits."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q

from meetings.levels import N_BANDS, NOT_HEARD
from meetings.limits import LEVEL_SAMPLES, SAMPLES_PER_MS
from meetings.models import AudioSession, SessionLevels
from meetings.services.spans import spans_with_starts
from meetings.session_clock import SessionClock
from meetings.values import Span, StoredLevels

LEVEL_MS = LEVEL_SAMPLES // SAMPLES_PER_MS
LONGEST_ROW_LEVELS = 4_096  # what one row holds at most; longer commits make several rows


def levels_store(session_id: UUID, *, settled_from: int, spans: Sequence[Span]) -> None:
    """Inside the transaction that settles the spans. Rows hold whole runs of spans that have levels."""
    rows: list[SessionLevels] = []
    for start, span in spans_with_starts(settled_from=settled_from, spans=spans):
        first = start // LEVEL_SAMPLES
        for at in range(0, _n_levels(span.levels), LONGEST_ROW_LEVELS):
            part = span.levels[at * N_BANDS : (at + LONGEST_ROW_LEVELS) * N_BANDS]
            last = rows[-1] if rows else None
            if last is not None and _end(last) == first + at and _has_room(last, part):
                last.levels = bytes(last.levels) + part
            else:
                rows.append(SessionLevels(audio_session_id=session_id, first=first + at, levels=part))
    SessionLevels.objects.bulk_create(rows)


def levels_between(*, session: AudioSession, start_ms: int, end_ms: int) -> bytes:
    """Of meeting time [start_ms, end_ms), NOT_HEARD where nothing is stored; empty without an origin."""
    if (clock := session.clock) is None:
        return b""
    first = clock.position_at(start_ms) // LEVEL_SAMPLES
    end = max(first, -(-clock.position_at(end_ms) // LEVEL_SAMPLES))
    found = bytearray([NOT_HEARD]) * ((end - first) * N_BANDS)
    for row in _rows(session.pk, first=first, end=end):
        _put(found, row, first)
    return bytes(found)


def levels_of_meeting(*, meeting_id: UUID, since_ms: int, until_ms: int) -> list[StoredLevels]:
    """Of all sessions of the meeting, as far as they touch meeting time [since_ms, until_ms). Two queries."""
    sessions = AudioSession.objects.filter(participant__meeting=meeting_id, origin_ms__isnull=False)
    clocks: dict[UUID, SessionClock] = {}
    firsts: dict[UUID, int] = {}
    near = Q()
    for session in sessions.order_by("created_at", "id").only("origin_ms", "corrections", "settled"):
        clock = session.clock or SessionClock(origin_ms=0)
        if clock.meeting_ms(session.settled) < since_ms or clock.meeting_ms(0) >= until_ms:
            continue  # of a long meeting, most: each time that somebody joins anew makes one
        first, end = (clock.position_at(at_ms) // LEVEL_SAMPLES for at_ms in (since_ms, until_ms))
        clocks[session.pk], firsts[session.pk] = clock, first
        near |= Q(audio_session=session.pk) & _near(first=first, end=end)
    rows = SessionLevels.objects.filter(near).order_by("first") if clocks else ()
    found: dict[UUID, list[StoredLevels]] = {session_id: [] for session_id in clocks}
    for row in rows:
        if _end(row) > firsts[row.audio_session_id]:
            found[row.audio_session_id].append(_on_clock(row, clocks[row.audio_session_id]))
    return [each for levels in found.values() for each in levels]


def _on_clock(row: SessionLevels, clock: SessionClock) -> StoredLevels:
    return StoredLevels(
        session_id=row.audio_session_id,
        zero_ms=clock.meeting_ms(row.first * LEVEL_SAMPLES) - row.first * LEVEL_MS,
        first=row.first,
        levels=bytes(row.levels),
    )


def _n_levels(levels: bytes | bytearray | memoryview) -> int:
    return len(levels) // N_BANDS


def _end(row: SessionLevels) -> int:
    return row.first + _n_levels(row.levels)


def _has_room(row: SessionLevels, part: bytes) -> bool:
    return _n_levels(row.levels) + _n_levels(part) <= LONGEST_ROW_LEVELS


def _rows(session_id: UUID, *, first: int, end: int) -> list[SessionLevels]:
    """Those that touch levels [first, end)."""
    near = SessionLevels.objects.filter(_near(first=first, end=end), audio_session=session_id)
    return [row for row in near.order_by("first") if _end(row) > first]


def _near(*, first: int, end: int) -> Q:
    """Those that may touch levels [first, end): where a row ends, only its bytes say."""
    return Q(first__gt=first - LONGEST_ROW_LEVELS, first__lt=end)


def _put(found: bytearray, row: SessionLevels, first: int) -> None:
    start, end = max(row.first, first), min(_end(row), first + _n_levels(found))
    part = bytes(row.levels)[(start - row.first) * N_BANDS : (end - row.first) * N_BANDS]
    found[(start - first) * N_BANDS : (end - first) * N_BANDS] = part
