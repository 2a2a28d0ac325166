"""The clock of a session is stored with what gets its times by it, and maps the same ever after."""

from dataclasses import replace
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from meetings.errors import Superseded
from meetings.models import AudioSession, MeetingEvent, Segment
from meetings.selectors import ledger, session_clock
from meetings.services.sessions import session_commit, session_open
from meetings.session_clock import ClockCorrection, SessionClock
from meetings.values import Committed, SessionOwner, Span, WordTiming
from tests.integration.api_calls import get, guest
from tests.integration.made import admitted, gap, meeting_made, opened, silence, speech, stored

SECOND = 16_000


def corrected(
    owner: SessionOwner, *spans: Span, settled_from: int, offset_ms: int | None, start: int | None = None
) -> Committed:
    start = settled_from if start is None else start
    correction = None if offset_ms is None else ClockCorrection(start=start, offset_ms=offset_ms)
    return session_commit(owner=owner, settled_from=settled_from, received=0, spans=spans, correction=correction)


def with_words(span: Span) -> Span:
    final = span.segment
    assert final is not None
    middle = (final.start + final.end) // 2
    words = (
        WordTiming(text="hello", start=final.start, end=middle, confidence=1.0),
        WordTiming(text="there", start=middle, end=final.end, confidence=1.0),
    )
    return replace(span, segment=replace(final, words=words))


@pytest.mark.django_db
def test_segments_words_and_gaps_of_a_commit_have_the_times_that_the_clock_says() -> None:
    session = opened(meeting_made())
    corrected(session.owner, silence(SECOND), settled_from=0, offset_ms=0)
    spans = [with_words(speech(2 * SECOND, 3 * SECOND)), gap(4 * SECOND)]
    line, lost = corrected(session.owner, *spans, settled_from=SECOND, offset_ms=-40).messages
    clock = SessionClock(origin_ms=0).corrected(ClockCorrection(start=SECOND, offset_ms=-40))
    assert line["type"] == "segment"
    assert lost["type"] == "event"
    times = [line["segment"]["start_ms"], *(word[edge] for word in line["segment"]["words"] for edge in ("s", "e"))]
    edges = (2 * SECOND, 2 * SECOND, 5 * SECOND // 2, 5 * SECOND // 2, 3 * SECOND)
    assert times == [clock.meeting_ms(position) for position in edges]
    assert line["segment"]["end_ms"] == lost["event"]["start_ms"] == clock.meeting_ms(3 * SECOND) == 2_960
    assert lost["event"]["end_ms"] == clock.meeting_ms(4 * SECOND)
    assert session_clock(session_id=session.owner.session_id) == clock


@pytest.mark.django_db
def test_what_was_committed_keeps_its_times_and_what_follows_never_lies_before_it() -> None:
    session = opened(meeting_made())
    corrected(session.owner, speech(0, SECOND), settled_from=0, offset_ms=0)
    corrected(session.owner, speech(SECOND, 2 * SECOND), settled_from=SECOND, offset_ms=-300)
    first, second = Segment.objects.order_by("start")
    assert (first.start_ms, first.end_ms) == (0, 1_000)
    assert (second.start_ms, second.end_ms) == (1_000, 1_700)
    clock = stored(session.owner).clock
    assert clock is not None
    assert [clock.meeting_ms(each) for each in (first.start, second.start, second.end)] == [0, 1_000, 1_700]


@pytest.mark.django_db
def test_what_is_learnt_in_silence_holds_from_the_last_line_before_it() -> None:
    """Else what is said next could not have its right time: it would have to wait until time goes on."""
    session = opened(meeting_made())
    corrected(session.owner, speech(0, SECOND), silence(3 * SECOND), settled_from=0, offset_ms=0)
    corrected(session.owner, speech(3 * SECOND, 4 * SECOND), settled_from=3 * SECOND, offset_ms=-500, start=SECOND)
    assert [segment.start_ms for segment in Segment.objects.order_by("start")] == [0, 2_500]


@pytest.mark.django_db
def test_a_commit_without_news_stores_none() -> None:
    session = opened(meeting_made())
    corrected(session.owner, silence(SECOND), settled_from=0, offset_ms=20)
    corrected(session.owner, silence(2 * SECOND), settled_from=SECOND, offset_ms=20)
    corrected(session.owner, silence(3 * SECOND), settled_from=2 * SECOND, offset_ms=None)
    assert stored(session.owner).corrections == [[0, 20]]


@pytest.mark.django_db
def test_a_takeover_is_told_the_clock() -> None:
    session = opened(meeting_made())
    corrected(session.owner, silence(SECOND), settled_from=0, offset_ms=0)
    corrected(session.owner, silence(2 * SECOND), settled_from=SECOND, offset_ms=30)
    again = session_open(session_id=session.owner.session_id, node="node-2", resume_token=None)
    assert again.clock == SessionClock(origin_ms=0, corrections=(ClockCorrection(start=SECOND, offset_ms=30),))


@pytest.mark.django_db
def test_who_does_not_own_the_session_corrects_nothing() -> None:
    session = opened(meeting_made())
    session_open(session_id=session.owner.session_id, node="node-2", resume_token=None)
    with pytest.raises(Superseded):
        corrected(session.owner, silence(SECOND), settled_from=0, offset_ms=30)
    assert stored(session.owner).corrections == []


@pytest.mark.django_db
def test_a_commit_whose_answer_was_lost_is_not_corrected_again() -> None:
    """Meanwhile more may have been learnt: what was stored stands."""
    session = opened(meeting_made())
    spans = [speech(0, SECOND)]
    first = corrected(session.owner, *spans, settled_from=0, offset_ms=30)
    second = corrected(session.owner, *spans, settled_from=0, offset_ms=50)
    assert (second.was_already, second.messages) == (True, first.messages)
    assert stored(session.owner).corrections == [[0, 30]]


@pytest.mark.django_db
def test_a_commit_that_fails_corrects_nothing() -> None:
    session = opened(meeting_made())
    taken = uuid4()
    corrected(session.owner, speech(0, SECOND, segment_id=taken), settled_from=0, offset_ms=0)
    with pytest.raises(IntegrityError), transaction.atomic():
        corrected(session.owner, speech(SECOND, 2 * SECOND, segment_id=taken), settled_from=SECOND, offset_ms=30)
    assert stored(session.owner).corrections == []


@pytest.mark.django_db
def test_a_gap_before_the_first_frame_has_no_times_and_no_clock() -> None:
    admission = admitted(meeting_made())
    session = session_open(session_id=admission.session_id, node="n", resume_token=None)
    corrected(session.owner, gap(SECOND), settled_from=0, offset_ms=30)
    event = MeetingEvent.objects.get(type=MeetingEvent.Type.AUDIO_GAP)
    assert (event.payload["start_ms"], event.payload["end_ms"]) == (None, None)
    assert session_clock(session_id=session.owner.session_id) is None
    assert session_clock(session_id=uuid4()) is None


@pytest.mark.django_db
def test_the_ledger_tells_the_corrections() -> None:
    meeting = meeting_made()
    session = opened(meeting)
    corrected(session.owner, silence(SECOND), settled_from=0, offset_ms=0)
    corrected(session.owner, silence(2 * SECOND), settled_from=SECOND, offset_ms=30)
    (account,) = ledger(meeting_id=session.meeting_id)
    assert (account.origin_ms, account.corrections) == (0, (ClockCorrection(start=SECOND, offset_ms=30),))
    (told,) = get(guest(), f"/meetings/{meeting.code}/ledger").json()["sessions"]
    assert (told["origin_ms"], told["corrections"]) == (0, [{"from": SECOND, "offset_ms": 30}])


@pytest.mark.django_db
def test_a_row_from_before_there_were_corrections_maps_by_its_origin() -> None:
    session = opened(meeting_made())
    AudioSession.objects.filter(pk=session.owner.session_id).update(origin_ms=250)
    assert session_clock(session_id=session.owner.session_id) == SessionClock(origin_ms=250)


@pytest.mark.django_db
def test_a_node_of_the_version_before_can_still_admit_people() -> None:
    """While both versions run, it makes sessions without saying anything of columns that it does not know."""
    known = opened(meeting_made()).owner.session_id
    columns = [each.column for each in AudioSession._meta.local_fields if each.column not in ("id", "corrections")]
    names, new_id = ", ".join(f'"{column}"' for column in columns), uuid4()
    table = AudioSession._meta.db_table
    copy = f'INSERT INTO {table} ("id", {names}) SELECT %s, {names} FROM {table}'  # noqa: S608 - our own names
    with connection.cursor() as cursor:
        cursor.execute(copy, [new_id.hex if connection.vendor == "sqlite" else new_id])
    assert AudioSession.objects.get(pk=new_id).clock == AudioSession.objects.get(pk=known).clock
