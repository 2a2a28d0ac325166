"""Silence what is redacted of one voice where other microphones carry it too, without a line that would say so."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import numpy as np
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from meetings.carried import CONTEXT_MS, TAIL_LEVELS, Range, carried
from meetings.leak import LEVEL_MS, Levels
from meetings.levels import N_BANDS
from meetings.levels_stored import levels_of_meeting
from meetings.models import AudioSession, Meeting, Recording, RecordingChunk, Segment
from meetings.services.audio_redaction import audio_redact
from meetings.services.holds import hold_standing
from meetings.values import StoredLevels


def leaks_redact(*, session: AudioSession, meeting_id: UUID, from_ms: int, to_ms: int, at: datetime) -> list[UUID]:
    """In which sessions something was silenced of what `session` said then, in meeting time.

    Inside the caller's transaction, under the meeting's lock. What a microphone's owner says meanwhile stays.
    """
    listening = _recorded(meeting_id).exclude(pk=session.pk)
    return _redact(session, list(listening), meeting_id=meeting_id, from_ms=from_ms, to_ms=to_ms, at=at)


def late_leaks_redact(session: AudioSession, *, start: int, end: int) -> None:
    """Of what was redacted before these samples of `session` came. Inside the transaction that has stored them.

    Takes the meeting's lock: whoever redacts something just now either sees these samples, or is seen here.
    """
    if (clock := session.clock) is None:
        return
    meeting_id = session.participant.meeting_id
    Meeting.objects.select_for_update(no_key=True).values_list("pk").get(pk=meeting_id)
    tail_ms = TAIL_LEVELS * LEVEL_MS
    redacted = Segment.objects.filter(
        meeting=meeting_id,
        state=Segment.State.REDACTED,
        start_ms__lt=clock.meeting_ms(end),
        end_ms__gt=clock.meeting_ms(start) - tail_ms,
    )
    lines = list(redacted.exclude(audio_session=session.pk).select_related("audio_session"))
    if not lines or hold_standing(meeting_id) is not None:
        return
    at = timezone.now()
    for line in lines:
        _redact(line.audio_session, [session], meeting_id=meeting_id, from_ms=line.start_ms, to_ms=line.end_ms, at=at)


def _recorded(meeting_id: UUID) -> QuerySet[AudioSession]:
    pieces = RecordingChunk.objects.filter(audio_session=OuterRef("pk")).exclude(file="")
    wholes = Recording.objects.filter(audio_session=OuterRef("pk")).exclude(file="")
    sessions = AudioSession.objects.filter(participant__meeting=meeting_id, origin_ms__isnull=False)
    return sessions.filter(Exists(pieces) | Exists(wholes)).order_by("pk")


def _redact(
    speaker: AudioSession,
    listening: Sequence[AudioSession],
    *,
    meeting_id: UUID,
    from_ms: int,
    to_ms: int,
    at: datetime,
) -> list[UUID]:
    if not listening:
        return []
    since_ms, until_ms = from_ms - CONTEXT_MS, to_ms + CONTEXT_MS
    voices = _on_one_clock(
        levels_of_meeting(meeting_id=meeting_id, since_ms=since_ms, until_ms=until_ms),
        since_ms=since_ms,
        n=(until_ms - since_ms) // LEVEL_MS,
    )
    if speaker.pk not in voices:
        return []
    keys = list(voices)
    places = carried(
        list(voices.values()),
        speaker=keys.index(speaker.pk),
        first=CONTEXT_MS // LEVEL_MS,
        end=-(-(CONTEXT_MS + to_ms - from_ms) // LEVEL_MS),
    )
    by_session = dict(zip(keys, places, strict=True))
    silenced: list[UUID] = []
    for session in listening:
        for found in by_session.get(session.pk, []):
            start, end = _samples(session, found, since_ms=since_ms)
            if audio_redact(session=session, meeting_id=meeting_id, start=start, end=end, at=at):
                silenced.append(session.pk)
    return sorted(set(silenced))


def _on_one_clock(stored: Sequence[StoredLevels], *, since_ms: int, n: int) -> dict[UUID, Levels]:
    """The `n` levels from `since_ms` on, of each session."""
    placed: dict[UUID, Levels] = {}
    for row in stored:
        voice = placed.setdefault(row.session_id, np.zeros((n, N_BANDS), np.uint8))
        levels = np.frombuffer(row.levels, np.uint8).reshape(-1, N_BANDS)
        at = round((row.zero_ms - since_ms) / LEVEL_MS) + row.first
        first, end = max(0, at), min(n, at + len(levels))
        if first < end:
            voice[first:end] = levels[first - at : end - at]
    return placed


def _samples(session: AudioSession, levels: Range, *, since_ms: int) -> Range:
    """A level more at both ends, as the clocks of two sessions do not begin their levels together."""
    clock = session.clock
    assert clock is not None  # else there were no levels on the meeting's clock
    start, end = (clock.position_at(max(0, since_ms + each * LEVEL_MS)) for each in (levels[0] - 1, levels[1] + 1))
    return start, max(end, start + 1)
