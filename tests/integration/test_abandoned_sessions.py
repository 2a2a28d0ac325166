"""Sessions that nobody comes back to: participants leave, and at last the books are closed, exactly once."""

from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db.models import Q
from django.utils import timezone

from meetings import tasks
from meetings.errors import MeetingOver, Superseded
from meetings.limits import DELIVERY_WINDOW_S
from meetings.models import AudioSession, AuditEvent, Meeting, MeetingEvent, Node, Participant
from meetings.selectors import ledger, participants_present, transcript
from meetings.services import orphans, undelivered
from meetings.services.audit import audit_verify
from meetings.services.meetings import meeting_end
from meetings.services.nodes import node_heartbeat
from meetings.services.orphans import sessions_abandoned_finalize
from meetings.services.sessions import session_detach, session_end, session_leave, session_open, sessions_received_note
from meetings.services.undelivered import sessions_undelivered_end
from meetings.values import Committed, OpenedSession, SessionOwner
from tests.integration.made import (
    admitted,
    all_at_once,
    commit,
    host_made,
    log_types,
    meeting_made,
    opened,
    silence,
    speech,
    stored,
)


@pytest.mark.django_db
def test_orphans_leave_after_the_resume_window_and_settled_stays() -> None:
    meeting = meeting_made()
    now = timezone.now()
    detached, on_dead_node, on_live_node, waiting = (
        opened(meeting, display_name=name, node=name) for name in ("detached", "dead", "live", "waiting")
    )
    commit(detached.owner, silence(8_000), received=9_000)
    session_detach(owner=detached.owner)
    session_detach(owner=waiting.owner)
    AudioSession.objects.update(connected_at=now - timedelta(seconds=300))
    AudioSession.objects.filter(pk=detached.owner.session_id).update(detached_at=now - timedelta(seconds=121))
    AudioSession.objects.filter(pk=waiting.owner.session_id).update(detached_at=now - timedelta(seconds=100))
    Node.objects.create(name="dead", seen_at=now - timedelta(seconds=200))
    node_heartbeat(name="live")

    assert sessions_abandoned_finalize(now=now) == 2
    assert sessions_abandoned_finalize(now=now) == 0
    states = {session.display_name: stored(session.owner).state for session in (detached, on_dead_node, waiting)}
    assert states == {"detached": "abandoned", "dead": "abandoned", "waiting": "detached"}
    assert stored(on_live_node.owner).state == "open"
    assert stored(detached.owner).settled == 8_000
    assert Participant.objects.filter(left_at__isnull=False).count() == 2
    assert audit_verify(meeting_id=meeting.pk) is None


@pytest.mark.django_db
def test_a_session_that_was_never_opened_is_no_orphan() -> None:
    admitted(meeting_made())
    assert sessions_abandoned_finalize(now=timezone.now() + timedelta(days=1)) == 0


def seemingly_orphaned(meeting: Meeting) -> OpenedSession:
    """The node could not tell the database that it lives; its sockets do."""
    session = opened(meeting, node="silent")
    AudioSession.objects.update(connected_at=timezone.now() - timedelta(seconds=300))
    assert sessions_abandoned_finalize(now=timezone.now()) == 1
    assert stored(session.owner).state == "abandoned"
    assert participants_present(meeting_id=meeting.pk) == []
    return session


@pytest.mark.django_db
def test_a_commit_brings_back_a_session_whose_node_only_seemed_dead() -> None:
    meeting = meeting_made()
    session = seemingly_orphaned(meeting)
    commit(session.owner, speech(0, 8_000))
    back = stored(session.owner)
    assert (back.state, back.detached_at, back.close_reason, back.settled) == ("open", None, "", 8_000)
    assert [one["display_name"] for one in participants_present(meeting_id=meeting.pk)] == ["Ada"]
    assert log_types(meeting)[-3:] == ["participant.left", "participant.joined", "segment"]
    commit(session.owner, silence(9_000), settled_from=8_000)
    assert log_types(meeting)[-1] == "segment"
    assert audit_verify(meeting_id=meeting.pk) is None


@pytest.mark.django_db
def test_what_was_in_flight_brings_nobody_back_whose_socket_is_gone() -> None:
    meeting = meeting_made()
    gone = opened(meeting)
    session_detach(owner=gone.owner)
    session_leave(owner=gone.owner, reason="resume_window_over")
    commit(gone.owner, speech(0, 8_000))
    assert stored(gone.owner).state == "abandoned"
    lost_later = seemingly_orphaned(meeting)
    assert session_detach(owner=lost_later.owner) is True
    commit(lost_later.owner, speech(0, 8_000))
    assert stored(lost_later.owner).state == "detached"
    assert participants_present(meeting_id=meeting.pk) == []


@pytest.mark.django_db
def test_an_orphan_that_cannot_leave_does_not_keep_the_others(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    meeting = meeting_made()
    broken, fine = opened(meeting), opened(meeting, display_name="Grace")
    AudioSession.objects.update(connected_at=timezone.now() - timedelta(seconds=300))

    def leave(*, owner: SessionOwner, reason: str, only_if: Q) -> bool:
        if owner == broken.owner:
            raise ValueError("Ada said hello")
        return session_leave(owner=owner, reason=reason, only_if=only_if)

    monkeypatch.setattr(orphans, "session_leave", leave)
    assert sessions_abandoned_finalize(now=timezone.now()) == 1
    assert (stored(broken.owner).state, stored(fine.owner).state) == ("open", "abandoned")
    assert "could not be let go" in caplog.text
    assert "hello" not in caplog.text


@pytest.mark.django_db
def test_what_changed_since_it_was_found_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between looking and letting go, one socket closes in good order and the other's node is heard of again."""
    meeting = meeting_made()
    closing, returning = opened(meeting, node="one"), opened(meeting, display_name="Grace", node="two")
    AudioSession.objects.update(connected_at=timezone.now() - timedelta(seconds=300))

    def leave(*, owner: SessionOwner, reason: str, only_if: Q) -> bool:
        session_detach(owner=closing.owner)
        node_heartbeat(name="two")
        return session_leave(owner=owner, reason=reason, only_if=only_if)

    monkeypatch.setattr(orphans, "session_leave", leave)
    assert sessions_abandoned_finalize(now=timezone.now()) == 0
    assert (stored(closing.owner).state, stored(returning.owner).state) == ("detached", "open")
    assert len(participants_present(meeting_id=meeting.pk)) == 2


@pytest.mark.django_db(transaction=True)
def test_several_processes_let_each_orphan_go_once() -> None:
    meeting = meeting_made()
    sessions = [opened(meeting, display_name=f"Speaker {n}") for n in range(5)]
    for session in sessions[:3]:
        session_detach(owner=session.owner)
    long_ago = timezone.now() - timedelta(seconds=300)
    AudioSession.objects.update(connected_at=long_ago)
    AudioSession.objects.filter(state="detached").update(detached_at=long_ago)
    counts = all_at_once(*[partial(sessions_abandoned_finalize, now=timezone.now())] * 4)
    assert sum(count for count in counts if not isinstance(count, Exception)) == 5, counts
    assert log_types(meeting).count("participant.left") == 5
    assert AuditEvent.objects.filter(action="session.left").count() == 5
    assert audit_verify(meeting_id=meeting.pk) is None


@pytest.mark.django_db(transaction=True)
def test_of_two_sessions_of_one_person_that_end_at_once_the_last_takes_them_along() -> None:
    meeting = meeting_made()
    pairs = []
    for n in range(4):
        first = opened(meeting, display_name=f"Speaker {n}")
        again = AudioSession.objects.create(participant_id=first.participant_id)
        pairs += [first, session_open(session_id=again.pk, node="n", resume_token=None)]
    outcomes = all_at_once(*(partial(session_leave, owner=each.owner, reason="test") for each in pairs))
    assert outcomes == [True] * len(pairs)
    assert participants_present(meeting_id=meeting.pk) == []
    assert log_types(meeting).count("participant.left") == 4


def undelivered_meeting(*, host_name: str = "ada", hours_since_end: float = 24.1) -> tuple[Meeting, OpenedSession]:
    """Ada's node died with two seconds in flight, in a meeting that ended so long ago."""
    host = host_made(host_name)
    meeting = meeting_made(actor=host)
    session = opened(meeting)
    commit(session.owner, silence(8_000), speech(8_000, 16_000), received=48_000)
    session_detach(owner=session.owner)
    session_leave(owner=session.owner, reason="resume_window_over")
    meeting_end(meeting=meeting, actor=host)
    Meeting.objects.update(ended_at=timezone.now() - timedelta(hours=hours_since_end))
    return meeting, session


@pytest.mark.django_db
def test_what_was_received_and_never_delivered_again_is_a_gap_once_nothing_more_is_taken() -> None:
    meeting, session = undelivered_meeting()
    assert tasks.sessions_undelivered_end() == 1
    row = stored(session.owner)
    assert (row.state, row.close_reason, row.generation) == ("ended", "delivery_window_over", 2)
    (account,) = ledger(meeting_id=meeting.pk)
    assert (account.received, account.settled, account.gap, account.in_flight) == (48_000, 48_000, 32_000, 0)
    assert [(gap.start, gap.end, gap.reason) for gap in account.gaps] == [(16_000, 48_000, "not_delivered")]
    (lost,) = transcript(meeting=meeting).gaps
    assert (lost["start_ms"], lost["end_ms"], lost["speaker"]) == (1_000, 3_000, "Ada")
    entry = AuditEvent.objects.filter(action="session.ended").get()
    assert (entry.actor, entry.data["from"], entry.data["to"]) == ("system", 16_000, 48_000)
    assert audit_verify(meeting_id=meeting.pk) is None
    assert tasks.sessions_undelivered_end() == 0
    with pytest.raises(MeetingOver):
        session_open(session_id=session.owner.session_id, node="n", resume_token=session.resume_token)


@pytest.mark.django_db
def test_while_kept_audio_is_taken_no_book_is_closed() -> None:
    meeting, session = undelivered_meeting(hours_since_end=23.9)
    unended = opened(meeting_made())
    AudioSession.objects.filter(pk=unended.owner.session_id).update(connected_at=timezone.now() - timedelta(days=30))
    assert sessions_undelivered_end(now=timezone.now()) == 0
    assert stored(session.owner).settled == 16_000
    back = session_open(session_id=session.owner.session_id, node="n", resume_token=session.resume_token)
    commit(back.owner, speech(16_000, 48_000), settled_from=16_000)
    assert sessions_undelivered_end(now=timezone.now() + timedelta(seconds=DELIVERY_WINDOW_S)) == 1
    assert (stored(back.owner).state, stored(back.owner).gap) == ("ended", 0)
    assert "audio.gap" not in log_types(meeting)


@pytest.mark.django_db
def test_a_zombie_commits_nothing_into_closed_books() -> None:
    meeting, session = undelivered_meeting()
    AudioSession.objects.update(state="open")  # its socket was there all the time
    sessions_undelivered_end(now=timezone.now())
    for late in (session.owner, SessionOwner(session_id=session.owner.session_id, generation=2)):
        with pytest.raises(Superseded):
            commit(late, speech(16_000, 48_000), settled_from=16_000)
        with pytest.raises(Superseded):
            commit(late, speech(48_000, 64_000), settled_from=48_000)
    with pytest.raises(Superseded):
        session_end(owner=session.owner)
    assert session_detach(owner=session.owner) is False
    assert stored(session.owner).received == 48_000
    assert participants_present(meeting_id=meeting.pk) == []


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["commit", "received", "takeover"])
def test_books_that_moved_since_they_were_found_are_left_for_the_next_run(
    change: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _, session = undelivered_meeting()
    end = undelivered._end

    def end_late(found: AudioSession, *, at: datetime) -> bool:
        if change == "commit":
            commit(session.owner, speech(16_000, 40_000), settled_from=16_000)
        elif change == "received":
            sessions_received_note(progress=[(session.owner, 64_000)])
        else:  # by a node whose clock is behind
            AudioSession.objects.update(generation=2, state="open")
        return end(found, at=at)

    monkeypatch.setattr(undelivered, "_end", end_late)
    assert sessions_undelivered_end(now=timezone.now()) == 0
    assert caplog.text == ""
    assert stored(session.owner).state != "ended"
    monkeypatch.undo()
    assert sessions_undelivered_end(now=timezone.now()) == 1
    assert stored(session.owner).settled == (64_000 if change == "received" else 48_000)


@pytest.mark.django_db(transaction=True)
def test_several_processes_and_a_late_commit_close_the_books_once() -> None:
    meeting, session = undelivered_meeting()
    late = partial(commit, session.owner, speech(16_000, 40_000), settled_from=16_000, received=48_000)
    end = partial(sessions_undelivered_end, now=timezone.now())
    outcomes = all_at_once(end, late, end, end)
    n_ended = sum(outcome for outcome in outcomes if isinstance(outcome, int))
    has_landed = isinstance(outcomes[1], Committed)
    assert has_landed or isinstance(outcomes[1], Superseded), outcomes
    n_ended += sessions_undelivered_end(now=timezone.now())  # whoever met the commit left it for the next run
    assert n_ended == 1
    row = stored(session.owner)
    assert (row.settled, row.gap, row.state) == (48_000, 8_000 if has_landed else 32_000, "ended")
    assert MeetingEvent.objects.filter(type="audio.gap").count() == 1
    assert audit_verify(meeting_id=meeting.pk) is None


@pytest.mark.django_db
def test_a_session_that_cannot_be_ended_does_not_keep_the_others(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (_, broken), (_, fine) = undelivered_meeting(), undelivered_meeting(host_name="grace")

    def left(*, session: AudioSession, at: datetime) -> None:
        if session.pk == broken.owner.session_id:
            raise ValueError("Ada said hello")

    monkeypatch.setattr(undelivered, "session_left", left)
    assert sessions_undelivered_end(now=timezone.now()) == 1
    assert (stored(broken.owner).state, stored(broken.owner).settled) == ("abandoned", 16_000)
    assert stored(fine.owner).state == "ended"
    assert "could not be ended" in caplog.text
    assert "hello" not in caplog.text
