"""One voice in two microphones: stored twice, shown once, and put back where that was wrong."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from meetings.errors import Conflict, Invalid, NotFound
from meetings.levels import N_BANDS
from meetings.levels_stored import levels_of_meeting
from meetings.models import AuditEvent, Meeting, MeetingEvent, Segment, SegmentRevision, SessionLevels
from meetings.selectors import events_after, ledger, transcript
from meetings.services.audit import audit_verify
from meetings.services.segments import segment_restore, segment_retract
from meetings.services.sessions import session_open
from meetings.values import FinalSegment, OpenedSession, Span
from tests.integration.made import all_at_once, commit, meeting_made, opened, silence, speech, stored

SENTENCE = "we should move the meeting to friday"
N = 64_000  # 4 s


def bleed(start: int, end: int, *, text: str = SENTENCE) -> Span:
    segment = FinalSegment(
        segment_id=uuid4(),
        rev=1,
        start=start,
        end=end,
        text=text,
        language="en",
        confidence=0.5,
        engine="test",
        is_bleed=True,
    )
    return Span(kind="speech", end=end, segment=segment)


def said(*, text: str = SENTENCE, level: int | None = None, start: int = 0, end: int = N) -> Span:
    span = speech(start, end, text=text)
    levels = b"" if level is None else bytes([level]) * (N_BANDS * (end // 320 - start // 320))
    return Span(kind="speech", end=end, segment=span.segment, levels=levels)


def lines(meeting: Meeting) -> list[tuple[str, str]]:
    return sorted((each["speaker"], each["text"]) for each in transcript(meeting=meeting).segments)


def two(meeting: Meeting) -> tuple[OpenedSession, OpenedSession]:
    return opened(meeting, display_name="Ada"), opened(meeting, display_name="Grace")


@pytest.mark.django_db
@pytest.mark.parametrize("text", [SENTENCE, ""])
def test_bleed_is_settled_as_speech_and_shown_to_nobody(text: str) -> None:
    meeting = meeting_made()
    session = opened(meeting)
    (message,) = commit(session.owner, silence(8_000), bleed(8_000, N, text=text)).messages
    assert (stored(session.owner).speech, stored(session.owner).segments) == (N - 8_000, 0)
    assert message["type"] == "segment"
    shown = message["segment"]
    assert (shown["state"], shown["text"], shown["words"]) == ("retracted", "", [])
    (row,) = ledger(meeting_id=meeting.pk)
    assert (row.speech, row.nonspeech, row.gap) == (N - 8_000, 8_000, 0)
    assert lines(meeting) == []
    assert Segment.objects.get().text == text


@pytest.mark.django_db
def test_only_bleed_may_be_without_text() -> None:
    session = opened(meeting_made())
    with pytest.raises(Invalid):
        commit(session.owner, speech(0, N, text=" "))


@pytest.mark.django_db
def test_of_two_lines_with_the_same_words_the_later_one_goes() -> None:
    meeting = meeting_made()
    ada, grace = two(meeting)
    commit(ada.owner, said())
    seq = Meeting.objects.get().last_seq
    commit(grace.owner, said())
    assert lines(meeting) == [("Ada", SENTENCE)]
    assert lines_at(meeting, seq + 1) == [("Ada", SENTENCE), ("Grace", SENTENCE)]
    messages = events_after(meeting_id=meeting.pk, after_seq=seq, limit=9).messages
    shown = [each["segment"] for each in messages if each["type"] == "segment"]
    assert [(each["rev"], each["state"], each["text"]) for each in shown] == [
        (1, "final", SENTENCE),
        (2, "retracted", ""),
    ]
    before = SegmentRevision.objects.get()
    assert (before.rev, before.state, before.text) == (1, "final", SENTENCE)
    assert (before.reason, before.actor) == ("bleed", "system")
    entry = AuditEvent.objects.get(action="segment.retracted")
    assert (entry.data["reason"], entry.data["rev"], SENTENCE in str(entry.data)) == ("bleed", 2, False)
    assert audit_verify(meeting_id=meeting.pk) is None


def lines_at(meeting: Meeting, seq: int) -> list[tuple[str, str]]:
    return sorted((each["speaker"], each["text"]) for each in transcript(meeting=meeting, as_of_seq=seq).segments)


@pytest.mark.django_db
@pytest.mark.parametrize(("first", "second", "left"), [(200, 220, "Grace"), (220, 200, "Ada"), (200, 204, "Ada")])
def test_where_one_is_clearly_louder_it_is_that_ones_voice(first: int, second: int, left: str) -> None:
    """Half a decibel a level: 3 dB decide."""
    meeting = meeting_made()
    ada, grace = two(meeting)
    commit(ada.owner, said(level=first))
    commit(grace.owner, said(level=second))
    assert lines(meeting) == [(left, SENTENCE)]


@pytest.mark.django_db
def test_the_part_that_was_committed_first_goes_for_the_whole_that_comes_later() -> None:
    meeting = meeting_made()
    ada, grace = two(meeting)
    commit(ada.owner, said(text="we should move the", end=N // 2))
    commit(grace.owner, said())
    assert lines(meeting) == [("Grace", SENTENCE)]


@pytest.mark.django_db
def test_people_who_say_something_else_at_once_are_all_heard() -> None:
    meeting = meeting_made()
    ada, grace = two(meeting)
    commit(ada.owner, said(text="no I would rather not do that"))
    commit(grace.owner, said(), said(text="yes of course", start=N, end=2 * N))
    commit(ada.owner, said(text="yes of course", start=N, end=2 * N), settled_from=N)
    assert len(lines(meeting)) == 4
    assert not SegmentRevision.objects.exists()


@pytest.mark.django_db
def test_nobody_says_the_same_in_another_meeting_or_at_another_time() -> None:
    meeting, other = meeting_made(), meeting_made()
    ada, grace = two(meeting)
    commit(opened(other).owner, said())
    commit(ada.owner, said())
    commit(grace.owner, silence(N), said(start=N, end=2 * N))
    commit(ada.owner, silence(2 * N), said(start=2 * N, end=3 * N), settled_from=N)
    assert len(lines(meeting)) == 3
    assert len(lines(other)) == 1


@pytest.mark.django_db
def test_a_line_that_is_put_back_stays_and_tells_who_did_it() -> None:
    meeting = meeting_made()
    ada, grace = two(meeting)
    commit(ada.owner, said())
    commit(grace.owner, said())
    segment = Segment.objects.get(state="retracted")
    restored = segment_restore(segment_id=segment.pk, actor="user:1")
    assert (restored.rev, restored.state) == (3, "final")
    assert lines(meeting) == [("Ada", SENTENCE), ("Grace", SENTENCE)]
    commit(ada.owner, said(text="we should move the meeting", start=N, end=N + 8_000), settled_from=N)
    assert Segment.objects.get(pk=segment.pk).state == "final"
    assert AuditEvent.objects.get(action="segment.restored").actor == "user:1"
    with pytest.raises(Conflict):
        segment_restore(segment_id=segment.pk, actor="user:1")
    with pytest.raises(NotFound):
        segment_restore(segment_id=uuid4(), actor="user:1")


@pytest.mark.django_db
def test_bleed_that_never_stood_can_be_put_back_too_and_a_line_is_taken_out_once() -> None:
    meeting = meeting_made()
    session = opened(meeting)
    commit(session.owner, bleed(0, N))
    segment = segment_restore(segment_id=Segment.objects.get().pk, actor="user:1")
    assert lines(meeting) == [("Ada", SENTENCE)]
    segment_retract(segment_id=segment.pk, actor="user:1", reason="asked for")
    with pytest.raises(Conflict):
        segment_retract(segment_id=segment.pk, actor="user:1", reason="asked for")
    assert segment_restore(segment_id=segment.pk, actor="user:1").state == "final"


@pytest.mark.django_db
def test_a_commit_that_fails_retracts_nothing() -> None:
    meeting = meeting_made()
    ada, grace = two(meeting)
    commit(ada.owner, said(text="we should move the", end=N // 2))
    with transaction.atomic():
        commit(grace.owner, said())
        transaction.set_rollback(True)
    assert lines(meeting) == [("Ada", "we should move the")]


@pytest.mark.django_db(transaction=True)
def test_of_two_commits_at_once_one_line_is_left() -> None:
    meeting = meeting_made()
    sessions = two(meeting)
    outcomes = all_at_once(*(partial(commit, each.owner, said()) for each in sessions))
    assert [each for each in outcomes if isinstance(each, Exception)] == []
    assert len(lines(meeting)) == 1
    assert [*MeetingEvent.objects.values_list("seq", flat=True)] == [*range(1, Meeting.objects.get().last_seq + 1)]


@pytest.mark.django_db
def test_levels_are_stored_with_their_commit_and_read_by_whoever_takes_over() -> None:
    meeting = meeting_made()
    ada, grace = two(meeting)
    commit(
        ada.owner, said(level=200, end=1_000), Span(kind="muted", end=2_000), said(level=210, start=2_000, end=3_300)
    )
    commit(grace.owner, said(text="something else", level=90, end=3_200))
    assert [
        (row.first, bytes(row.levels)) for row in SessionLevels.objects.filter(audio_session=ada.owner.session_id)
    ] == [
        (0, bytes([200]) * 12),
        (6, bytes([210]) * 16),
    ]
    again = session_open(session_id=ada.owner.session_id, node="node-2", resume_token=None)
    assert [(each.session_id, each.first, len(each.levels)) for each in again.levels] == [
        (ada.owner.session_id, 0, 12),
        (ada.owner.session_id, 6, 16),
        (grace.owner.session_id, 0, 40),
    ]


@pytest.mark.django_db
def test_levels_of_many_sessions_are_read_at_once(django_assert_num_queries: Callable[[int], Any]) -> None:
    """And not those of whoever has been gone for long."""
    meeting = meeting_made()
    gone, *others = (opened(meeting, display_name=name) for name in ("Ada", "Ben", "Eva", "Leo", "Mia"))
    for each in (gone, *others):
        commit(each.owner, said(text=each.display_name, level=80))
    since_ms = N // 16 + 1
    for each in others:
        commit(each.owner, said(text="again", level=80, start=N, end=2 * N), settled_from=N)
    with django_assert_num_queries(2):
        found = levels_of_meeting(meeting_id=meeting.pk, since_ms=since_ms, until_ms=10_000)
    assert [each.session_id for each in found] == [each.owner.session_id for each in others]
    assert {each.first for each in found} == {N // 320}


@pytest.mark.django_db
def test_levels_are_as_many_as_end_in_their_span() -> None:
    session = opened(meeting_made())
    span = said(level=200)
    with pytest.raises(Invalid):
        commit(session.owner, Span(kind="speech", end=N, segment=span.segment, levels=span.levels[:-1]))
