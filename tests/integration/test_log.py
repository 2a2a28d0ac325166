"""The event log and the audit trail: gapless, replayable, append-only; what was shown is what is stored."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from meetings import tasks
from meetings.audit_triggers import triggers_remove
from meetings.models import AudioSession, AuditEvent, Meeting, MeetingEvent, Segment, SegmentRevision, Ticket
from meetings.selectors import events_after, ledger, meetings_last_seq, participants_present, transcript
from meetings.services.audit import audit_verify
from meetings.services.consents import consent_record
from meetings.services.events import event_append, events_append, segment_draft
from meetings.services.meetings import meeting_end
from meetings.services.sessions import session_detach, session_end, session_leave, session_open
from meetings.values import OpenedSession
from meetings.wire import WireMessage, group_name
from tests.integration.made import commit, gap, host_made, meeting_made, opened, silence, speech


def log(meeting: Meeting, *, after_seq: int = 0) -> tuple[WireMessage, ...]:
    return events_after(meeting_id=meeting.pk, after_seq=after_seq, limit=1_000).messages


def state_of(meeting: Meeting) -> dict[str, object]:
    """What a page shows after loading."""
    shown = transcript(meeting=meeting)
    return {
        "present": {one["id"]: one for one in participants_present(meeting_id=meeting.pk)},
        "segments": {segment["id"]: segment for segment in shown.segments},
        "seq": shown.as_of_seq,
    }


def state_after(state: dict[str, object], messages: tuple[WireMessage, ...]) -> dict[str, object]:
    """The obvious reducer of a client."""
    # as `state_of` made them
    present, segments, seq = dict(state["present"]), dict(state["segments"]), state["seq"]  # type: ignore[call-overload]
    for message in messages:
        seq = message["seq"]
        if message["type"] == "segment":
            segments[message["segment"]["id"]] = message["segment"]
        elif message["event"]["type"] == "participant.joined":
            present[message["event"]["participant"]["id"]] = message["event"]["participant"]
        elif message["event"]["type"] == "participant.left":
            present.pop(message["event"]["participant"]["id"], None)
    return {"present": present, "segments": segments, "seq": seq}


def corrected(segment: Segment, text: str) -> None:
    with transaction.atomic():
        SegmentRevision.objects.create(
            segment=segment,
            rev=segment.rev,
            state=segment.state,
            text=segment.text,
            language=segment.language,
            confidence=segment.confidence,
            engine=segment.engine,
            actor="user:1",
            at=timezone.now(),
        )
        segment.rev, segment.text, segment.state = segment.rev + 1, text, "corrected"
        segment.save()
        events_append(meeting_id=segment.meeting_id, drafts=[segment_draft(segment)])


def _speaks(meeting: Meeting, session: OpenedSession) -> None:
    commit(session.owner, speech(0, 8_000), gap(9_000))


def _leaves(meeting: Meeting, session: OpenedSession) -> None:
    session_detach(owner=session.owner)
    session_leave(owner=session.owner, reason="resume_window_over")


def _returns(meeting: Meeting, session: OpenedSession) -> None:
    _leaves(meeting, session)
    session_open(session_id=session.owner.session_id, node="n", resume_token=session.resume_token)


def _is_corrected(meeting: Meeting, session: OpenedSession) -> None:
    _speaks(meeting, session)
    corrected(Segment.objects.get(), "hello, there")


CHANGES: list[Callable[[Meeting, OpenedSession], object]] = [
    _speaks,
    _leaves,
    _returns,
    _is_corrected,
    lambda meeting, session: session_end(owner=session.owner),
    lambda meeting, session: opened(meeting, display_name="Grace"),
    lambda meeting, session: consent_record(participant_id=session.participant_id, granted=["captions"]),
]


@pytest.mark.django_db
@pytest.mark.parametrize("change", CHANGES)
def test_initial_state_and_events_equal_the_later_state(change: Callable[[Meeting, OpenedSession], object]) -> None:
    meeting = meeting_made()
    session = opened(meeting)
    before = state_of(meeting)
    change(meeting, session)
    assert state_after(before, log(meeting, after_seq=session.last_seq)) == state_of(meeting)
    nothing: dict[str, object] = {"present": {}, "segments": {}, "seq": 0}
    assert state_after(nothing, log(meeting)) == state_of(meeting)


@pytest.mark.django_db
def test_what_a_commit_returned_is_what_the_log_says() -> None:
    meeting = meeting_made()
    session = opened(meeting)
    sent = commit(session.owner, speech(0, 8_000), gap(9_000)).messages
    assert log(meeting, after_seq=session.last_seq) == sent


@pytest.mark.django_db
def test_pages_of_the_log() -> None:
    meeting = meeting_made()
    session = opened(meeting)
    commit(session.owner, *(speech(n * 100, n * 100 + 100) for n in range(5)))
    first = events_after(meeting_id=meeting.pk, after_seq=0, limit=3)
    assert ([m["seq"] for m in first.messages], first.next_after_seq, first.has_more) == ([1, 2, 3], 3, True)
    rest = events_after(meeting_id=meeting.pk, after_seq=3, limit=100)
    assert ([m["seq"] for m in rest.messages], rest.has_more, rest.last_seq) == ([4, 5, 6, 7], False, 7)
    end = events_after(meeting_id=meeting.pk, after_seq=7, limit=100)
    assert (end.messages, end.next_after_seq, end.has_more) == ((), 7, False)
    assert meetings_last_seq(meeting_ids=[meeting.pk]) == {meeting.pk: 7}


@pytest.mark.django_db
def test_an_earlier_event_shows_the_text_of_its_time_and_as_of_seq_too() -> None:
    meeting = meeting_made()
    session = opened(meeting)
    (message,) = commit(session.owner, speech(0, 8_000, text="helo")).messages
    corrected(Segment.objects.get(), "hello")
    texts = [(m["segment"]["rev"], m["segment"]["text"]) for m in log(meeting) if m["type"] == "segment"]
    assert texts == [(1, "helo"), (2, "hello")]
    (then,) = transcript(meeting=meeting, as_of_seq=message["seq"]).segments
    (now,) = transcript(meeting=meeting).segments
    assert (then["text"], then["state"], now["text"], now["state"]) == ("helo", "final", "hello", "corrected")
    assert transcript(meeting=meeting, as_of_seq=1).segments == ()


@pytest.mark.django_db
def test_redaction_reaches_every_revision_and_retraction_the_transcript() -> None:
    meeting = meeting_made()
    session = opened(meeting)
    commit(session.owner, speech(0, 8_000, text="a secret"), speech(8_000, 9_000, text="noise"))
    secret, noise = Segment.objects.order_by("start")
    corrected(secret, "the secret")
    Segment.objects.filter(pk=secret.pk).update(state="redacted", text="", rev=3)
    Segment.objects.filter(pk=noise.pk).update(state="retracted")
    assert "secret" not in str(log(meeting))
    assert [segment["text"] for segment in transcript(meeting=meeting).segments] == [""]


@pytest.mark.django_db
def test_the_transcript_of_some_speakers_in_order_of_time() -> None:
    meeting = meeting_made()
    ada, grace = opened(meeting), opened(meeting, display_name="Grace")
    commit(ada.owner, silence(16_000), speech(16_000, 32_000, text="second"))
    commit(grace.owner, speech(0, 8_000, text="first"), silence(40_000), speech(40_000, 48_000, text="third"))
    assert [segment["text"] for segment in transcript(meeting=meeting).segments] == ["first", "second", "third"]
    for speakers in (["grace"], [str(grace.participant_id)]):
        shown = transcript(meeting=meeting, speakers=speakers)
        assert [segment["text"] for segment in shown.segments] == ["first", "third"]
        assert [one["display_name"] for one in shown.participants] == ["Grace"]
    assert transcript(meeting=meeting, language="de").segments == ()


@pytest.mark.django_db
def test_the_ledger_accounts_for_every_sample() -> None:
    meeting = meeting_made()
    session = opened(meeting)
    commit(session.owner, silence(4_000), speech(4_000, 12_000), gap(13_000), received=20_000)
    (one,) = ledger(meeting_id=meeting.pk)
    assert one.received == one.speech + one.nonspeech + one.muted + one.gap + one.in_flight == 20_000
    assert (one.in_flight, [(lost.start, lost.end, lost.reason) for lost in one.gaps]) == (
        7_000,
        [(12_000, 13_000, "device_lost")],
    )


@pytest.mark.django_db
def test_events_need_the_transaction_that_makes_them_true() -> None:
    meeting = meeting_made()
    with transaction.atomic():
        event_append(meeting_id=meeting.pk, type="meeting.started", payload={})
        transaction.set_rollback(True)
    assert Meeting.objects.get().last_seq == MeetingEvent.objects.count() == 0
    with transaction.atomic():
        assert event_append(meeting_id=meeting.pk, type="meeting.started", payload={}).seq == 1


@pytest.mark.django_db(transaction=True)
def test_events_outside_a_transaction_are_refused() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        event_append(meeting_id=meeting_made().pk, type="meeting.started", payload={})


@pytest.mark.django_db(transaction=True)
def test_events_are_announced_after_the_commit_and_not_without_it() -> None:
    meeting = meeting_made()
    layer = get_channel_layer()
    assert layer is not None

    async def subscribe() -> str:
        channel: str = await layer.new_channel()
        await layer.group_add(group_name(meeting.pk), channel)
        return channel

    async def received(channel: str) -> list[dict[str, object]]:
        messages = []
        while True:
            try:
                async with asyncio.timeout(0.05):
                    messages.append(await layer.receive(channel))
            except TimeoutError:
                return messages

    channel = async_to_sync(subscribe)()
    with transaction.atomic():
        event_append(meeting_id=meeting.pk, type="meeting.ended", payload={})
        transaction.set_rollback(True)
    session = opened(meeting)
    (message,) = commit(session.owner, speech(0, 8_000)).messages
    announced = async_to_sync(received)(channel)
    assert [one["seq"] for one in announced] == [1, 2, 3]
    assert announced[-1] == {"type": "meeting.event", "seq": 3, "message": message}


@pytest.mark.django_db
@pytest.mark.parametrize("act", ["update", "delete"])
def test_the_audit_trail_is_append_only_in_the_database(act: str) -> None:
    meeting_made()
    rows = AuditEvent.objects.all()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        rows.update(actor="nobody") if act == "update" else rows.delete()
    assert rows.get().actor == "guest"


@pytest.mark.django_db
def test_the_audit_chain_tells_where_it_was_broken() -> None:
    host = host_made()
    meeting = meeting_made(actor=host)
    opened(meeting)
    meeting_end(meeting=meeting, actor=host)
    assert audit_verify(meeting_id=meeting.pk) is None
    triggers_remove(connection)  # somebody who owns the database can; the chain still tells
    AuditEvent.objects.filter(meeting_id=meeting.pk, number=2).update(actor="nobody")
    assert audit_verify(meeting_id=meeting.pk) == 2


@pytest.mark.django_db(transaction=True)
def test_flush_empties_the_trail_and_leaves_it_guarded() -> None:
    meeting_made()
    call_command("flush", interactive=False, verbosity=0)
    assert not AuditEvent.objects.exists()
    meeting_made()
    with pytest.raises(DatabaseError, match="append-only"):
        AuditEvent.objects.all().delete()


@pytest.mark.django_db
def test_the_periodic_tasks_run() -> None:
    session = opened(meeting_made())
    session_detach(owner=session.owner)
    assert tasks.sessions_abandoned_finalize() == 0  # its window is not over
    an_hour_ago = timezone.now() - timedelta(hours=1)
    AudioSession.objects.update(detached_at=an_hour_ago)
    Ticket.objects.update(expires_at=an_hour_ago - timedelta(hours=1))
    assert tasks.sessions_abandoned_finalize() == 1
    assert tasks.credentials_expired_delete() == 1
