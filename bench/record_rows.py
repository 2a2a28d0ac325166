"""Fills a database with meetings as they would lie there after years: people, lines with word times, events."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, cast
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Model

from bench.record_text import sentences, vocabulary
from meetings.codes import code_new
from meetings.models import AudioSession, Meeting, MeetingEvent, Participant, Segment

SPEAKERS = ("Ada", "Bob", "Chinua", "Dorothea")
LARGE_MEETING_SHARE = 0.01  # one meeting is a whole hearing
BATCH = 20_000
LINE_SAMPLES = 64_000
FIRST_DAY = datetime(2022, 1, 3, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    n_meetings: int
    n_segments: int
    large: UUID
    n_large: int
    staff: User
    member: User
    half: User
    words: list[str]


def filled(*, n_meetings: int, n_segments: int, n_of_member: int = 5) -> Filled:
    """`member` hosts a few of the meetings, `half` takes part in every second one, `staff` sees all."""
    words = vocabulary()
    staff = User.objects.create_user("staff", is_staff=True)
    member = User.objects.create_user("member")
    half = User.objects.create_user("half")
    n_large = max(1, int(n_segments * LARGE_MEETING_SHARE)) if n_meetings > 1 else n_segments
    n_each = (n_segments - n_large) // max(1, n_meetings - 1)
    large = None
    for number in range(n_meetings):
        n_lines = n_large if number == 0 else n_each
        meeting = _meeting(number, n_lines, host=member if 1 <= number <= n_of_member else staff)
        large = large or meeting.pk
        if number % 2:
            Participant.objects.create(meeting=meeting, user=half, display_name="Half", role=Participant.Role.VIEWER)
        sessions = _sessions(meeting, n_lines)
        with transaction.atomic():
            lines = _lines(meeting, sessions, n_lines, words=words, seed=number)
            while batch := list(islice(lines, BATCH)):
                rows_insert(_segment(meeting, sessions[0]), batch)
                rows_insert(_event(meeting), [_event_of(line) for line in batch])
    assert large is not None
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    n_filled = n_large + n_each * (n_meetings - 1)
    return Filled(
        n_meetings=n_meetings,
        n_segments=n_filled,
        large=large,
        n_large=n_large,
        staff=staff,
        member=member,
        half=half,
        words=words,
    )


def _meeting(number: int, n_lines: int, *, host: User) -> Meeting:
    began_at = FIRST_DAY + timedelta(days=number)
    return Meeting.objects.create(
        code=code_new(),
        title=f"Meeting {number}",
        host=host,
        state=Meeting.State.ENDED,
        started_at=began_at,
        ended_at=began_at + timedelta(hours=1),
        last_seq=n_lines,
    )


def _sessions(meeting: Meeting, n_lines: int) -> list[AudioSession]:
    people = [
        Participant.objects.create(meeting=meeting, display_name=name, joined_at=meeting.started_at)
        for name in SPEAKERS
    ]
    n_samples = n_lines * LINE_SAMPLES
    return [
        AudioSession.objects.create(
            participant=person, state="ended", origin_ms=0, settled=n_samples, received=n_samples, speech=n_samples
        )
        for person in people
    ]


def rows_insert(pattern: Model, rows: Sequence[Mapping[str, object]]) -> None:
    """Rows that are like `pattern` but for what they name. Ten times as fast as `bulk_create`."""
    changed = list(rows[0])
    fields = [field for field in pattern._meta.concrete_fields if field.attname != "id" or "id" in changed]
    fields.sort(key=lambda field: field.attname in changed)  # what is the same everywhere comes first
    same = [
        field.get_db_prep_save(field.pre_save(pattern, add=True), connection)
        for field in fields[: len(fields) - len(changed)]
    ]
    order = [field.attname for field in fields[len(same) :]]
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    places = ", ".join("%s" for _ in fields)
    table = connection.ops.quote_name(pattern._meta.db_table)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} ({columns}) VALUES ({places})",  # noqa: S608 - names of models
            [[*same, *(cast("Any", row[name]) for name in order)] for row in rows],
        )


def _segment(meeting: Meeting, session: AudioSession) -> Segment:
    return Segment(
        meeting=meeting,
        participant_id=session.participant_id,
        audio_session=session,
        rev=1,
        start=0,
        end=1,
        start_ms=0,
        end_ms=1,
        language="en",
        confidence=0.9,
        engine="bench",
    )


def _lines(
    meeting: Meeting, sessions: list[AudioSession], n_lines: int, *, words: list[str], seed: int
) -> Iterator[Mapping[str, object]]:
    for number, text in enumerate(sentences(n_lines, words=words, seed=seed)):
        session = sessions[number % len(sessions)]
        start = number * LINE_SAMPLES
        start_ms = start // 16
        yield {
            "id": _stored(uuid4()),
            "participant_id": _stored(session.participant_id),
            "audio_session_id": _stored(session.pk),
            "start": start,
            "end": start + LINE_SAMPLES,
            "start_ms": start_ms,
            "end_ms": start_ms + LINE_SAMPLES // 16,
            "text": text,
            "words": _words(text, start_ms),
        }


def _words(text: str, start_ms: int) -> str:
    """As JSON."""
    said = ", ".join(
        f'{{"w": "{word}", "s": {start_ms + 130 * place}, "e": {start_ms + 130 * place + 120}, "c": 0.9}}'
        for place, word in enumerate(text.split())
    )
    return f"[{said}]"


def _event(meeting: Meeting) -> MeetingEvent:
    return MeetingEvent(meeting=meeting, seq=1, type=MeetingEvent.Type.SEGMENT, payload={}, at=FIRST_DAY)


def _event_of(line: Mapping[str, object]) -> Mapping[str, object]:
    start, segment_id = line["start"], line["id"]
    assert isinstance(start, int)
    return {
        "seq": start // LINE_SAMPLES + 1,
        "payload": f'{{"segment_id": "{UUID(str(segment_id))}", "rev": 1}}',
        "segment_id": segment_id,
    }


def _stored(value: UUID) -> object:
    return value if connection.features.has_native_uuid_field else value.hex
