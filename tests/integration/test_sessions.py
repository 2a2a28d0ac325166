"""The life of an audio session, and what the log says of it."""

from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.utils import timezone

from meetings.errors import Conflict, Forbidden, MeetingOver, NotFound, NotResumable, Superseded
from meetings.models import Meeting, MeetingEvent
from meetings.selectors import participants_present
from meetings.services.meetings import meeting_end
from meetings.services.sessions import (
    session_counters,
    session_detach,
    session_end,
    session_leave,
    session_open,
    sessions_received_note,
)
from tests.integration.made import (
    admitted,
    all_at_once,
    commit,
    gap,
    host_made,
    log_types,
    meeting_made,
    opened,
    silence,
    speech,
    stored,
)


@pytest.mark.django_db
def test_the_first_hello_makes_the_meeting_live() -> None:
    meeting = meeting_made()
    assert meeting.state == "scheduled"
    first = opened(meeting)
    second = opened(meeting, display_name="Grace")
    meeting.refresh_from_db()
    assert meeting.state == "live"
    assert first.meeting_started_at == second.meeting_started_at == meeting.started_at
    assert log_types(meeting) == ["meeting.started", "participant.joined", "participant.joined"]
    assert (first.resumed, first.settled, first.owner.generation) == (False, 0, 1)
    assert first.last_seq == 2


@pytest.mark.django_db
def test_a_session_begins_with_its_first_hello_and_never_again() -> None:
    first = opened(meeting_made())
    assert first.begun_at == stored(first.owner).connected_at
    again = session_open(session_id=first.owner.session_id, node="n", resume_token=None)
    assert again.begun_at == first.begun_at == stored(first.owner).begun_at
    assert again.begun_at != stored(first.owner).connected_at


@pytest.mark.django_db
def test_the_ledger_shows_what_is_in_flight_and_never_goes_back() -> None:
    meeting = meeting_made()
    ada, grace, gone = (opened(meeting, display_name=name) for name in ("Ada", "Grace", "Gone"))
    commit(gone.owner, silence(8_000))
    session_end(owner=gone.owner)
    commit(grace.owner, silence(8_000), received=50_000)
    newer = session_open(session_id=ada.owner.session_id, node="n", resume_token=None)
    progress = [(ada.owner, 90_000), (newer.owner, 16_000), (grace.owner, 20_000), (gone.owner, 9_000)]
    assert sessions_received_note(progress=progress) == 2
    assert [stored(each.owner).received for each in (ada, grace, gone)] == [16_000, 50_000, 8_000]
    assert [stored(each.owner).settled for each in (ada, grace, gone)] == [0, 8_000, 8_000]
    assert sessions_received_note(progress=()) == 0


@pytest.mark.django_db(transaction=True)
def test_of_first_hellos_at_once_one_starts_the_meeting() -> None:
    meeting = meeting_made()
    session_ids = [admitted(meeting, display_name=f"Speaker {n}").session_id for n in range(4)]
    outcomes = all_at_once(
        *(partial(session_open, session_id=session_id, node="n", resume_token=None) for session_id in session_ids)
    )
    started = {outcome.meeting_started_at for outcome in outcomes if not isinstance(outcome, Exception)}
    assert len(started) == 1
    assert sorted(log_types(meeting)) == ["meeting.started"] + ["participant.joined"] * 4


@pytest.mark.django_db
def test_a_wrong_resume_token_takes_nothing_over() -> None:
    session = opened(meeting_made())
    other = opened(meeting_made())
    for token in ("", "nonsense", f"x:{session.resume_token}", other.resume_token):
        with pytest.raises(Forbidden):
            session_open(session_id=session.owner.session_id, node="n", resume_token=token)
    assert stored(session.owner).generation == 1


@pytest.mark.django_db
def test_an_unknown_session_is_not_resumable() -> None:
    with pytest.raises(NotResumable):
        session_open(session_id=uuid4(), node="n", resume_token=None)


@pytest.mark.django_db
def test_a_late_detach_of_an_older_connection_does_nothing() -> None:
    session = opened(meeting_made())
    newer = session_open(session_id=session.owner.session_id, node="node-2", resume_token=session.resume_token)
    assert session_detach(owner=session.owner) is False
    assert stored(session.owner).state == "open"
    assert session_detach(owner=newer.owner) is True
    assert session_detach(owner=newer.owner) is False
    assert stored(session.owner).state == "detached"


@pytest.mark.django_db
def test_leaving_and_coming_back_are_facts_in_the_log() -> None:
    meeting = meeting_made()
    session = opened(meeting)
    session_detach(owner=session.owner)
    session_leave(owner=session.owner, reason="resume_window_over")
    session_leave(owner=session.owner, reason="resume_window_over")
    assert participants_present(meeting_id=meeting.pk) == []
    back = session_open(session_id=session.owner.session_id, node="n", resume_token=session.resume_token)
    assert back.resumed
    assert [one["display_name"] for one in participants_present(meeting_id=meeting.pk)] == ["Ada"]
    assert log_types(meeting)[1:] == ["participant.joined", "participant.left", "participant.joined"]


@pytest.mark.django_db
def test_a_reconnect_within_the_window_is_no_news() -> None:
    meeting = meeting_made()
    session = opened(meeting)
    session_detach(owner=session.owner)
    session_open(session_id=session.owner.session_id, node="n", resume_token=session.resume_token)
    assert log_types(meeting) == ["meeting.started", "participant.joined"]


@pytest.mark.django_db
def test_an_abandoned_session_still_delivers_what_was_kept() -> None:
    session = opened(meeting_made())
    session_leave(owner=session.owner, reason="resume_window_over")
    back = session_open(session_id=session.owner.session_id, node="n", resume_token=session.resume_token)
    commit(back.owner, speech(0, 8_000))
    assert stored(back.owner).segments == 1


@pytest.mark.django_db
def test_an_ended_session_answers_with_its_counters_and_keeps_its_generation() -> None:
    meeting = meeting_made()
    session = opened(meeting)
    commit(session.owner, speech(0, 8_000), gap(9_000))
    ended = session_end(owner=session.owner)
    assert (ended.received, ended.speech, ended.gap, ended.segments) == (9_000, 8_000, 1_000, 1)
    assert session_end(owner=session.owner) == ended == session_counters(session_id=session.owner.session_id)
    again = session_open(session_id=session.owner.session_id, node="n", resume_token=session.resume_token)
    assert (again.is_ended, again.resumed, again.owner.generation) == (True, True, 1)
    assert log_types(meeting)[-1] == "participant.left"
    assert ended.last_seq == MeetingEvent.objects.filter(meeting=meeting).count()


@pytest.mark.django_db
def test_a_session_with_samples_in_flight_does_not_end() -> None:
    session = opened(meeting_made())
    commit(session.owner, silence(8_000), received=9_000)
    with pytest.raises(Conflict) as refusal:
        session_end(owner=session.owner)
    assert refusal.value.code == "session_unsettled"


@pytest.mark.django_db
def test_a_superseded_connection_cannot_end_the_session() -> None:
    session = opened(meeting_made())
    session_open(session_id=session.owner.session_id, node="n", resume_token=None)
    with pytest.raises(Superseded):
        session_end(owner=session.owner)


@pytest.mark.django_db
def test_counters_of_an_unknown_session() -> None:
    with pytest.raises(NotFound):
        session_counters(session_id=uuid4())


@pytest.mark.django_db
def test_kept_audio_is_taken_for_a_day_after_the_end_of_the_meeting() -> None:
    host = host_made()
    meeting = meeting_made(actor=host)
    session = opened(meeting)
    meeting_end(meeting=meeting, actor=host)
    back = session_open(session_id=session.owner.session_id, node="n", resume_token=session.resume_token)
    assert back.is_meeting_ended
    commit(back.owner, speech(0, 8_000))
    Meeting.objects.update(ended_at=timezone.now() - timedelta(hours=24, minutes=1))
    with pytest.raises(MeetingOver):
        session_open(session_id=session.owner.session_id, node="n", resume_token=session.resume_token)
    assert stored(session.owner).generation == 2


@pytest.mark.django_db
def test_a_meeting_that_ended_before_it_began_has_no_clock_to_join() -> None:
    host = host_made()
    meeting = meeting_made(actor=host)
    admission = admitted(meeting)
    meeting_end(meeting=meeting, actor=host)
    with pytest.raises(MeetingOver):
        session_open(session_id=admission.session_id, node="n", resume_token=None)
