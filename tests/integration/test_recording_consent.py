"""Nothing is recorded without the meeting's policy and one's own consent, nor anything of a time without them."""

import pytest
from django.db import transaction

from meetings.access import GUEST, actor_for
from meetings.errors import Invalid, Superseded
from meetings.models import AuditEvent, Meeting, MeetingEvent, RecordingSwitch
from meetings.services.audit import audit_verify
from meetings.services.consents import consent_record
from meetings.services.events import event_append
from meetings.services.meetings import meeting_create, meeting_update
from meetings.services.recording_switches import session_recording_set
from meetings.services.sessions import session_open, sessions_received_note
from meetings.values import OpenedSession
from tests.integration.made import admitted, commit, opened, silence, user_made
from tests.integration.recorded import AGREED, meeting_recorded, speaking

pytestmark = pytest.mark.django_db
DECLINED = ("captions", "transcript")


def switches(session: OpenedSession) -> list[tuple[int, bool]]:
    return list(RecordingSwitch.objects.filter(audio_session=session.owner.session_id).values_list("start", "is_on"))


def take_up(session: OpenedSession, *, received: int, position: int = 0) -> list[tuple[int, bool]]:
    found = session_recording_set(owner=session.owner, received=received, position=position)
    assert [(each.start, each.is_on) for each in found] == switches(session)
    return switches(session)


def again(session: OpenedSession) -> OpenedSession:
    return session_open(session_id=session.owner.session_id, node="node-2", resume_token=None)


def agree(session: OpenedSession, *granted: str) -> None:
    consent_record(participant_id=session.participant_id, granted=granted)


def test_policy_and_consent_are_both_needed() -> None:
    plain, recorded = meeting_create(actor=GUEST, title="Plain"), meeting_recorded()
    for meeting, granted, wanted in (
        (plain, AGREED, []), (recorded, DECLINED, []), (recorded, (), []), (recorded, AGREED, [(0, True)]),
    ):  # fmt: skip
        session = opened(meeting)
        agree(session, *granted)
        assert take_up(session, received=0) == wanted


def test_agreeing_later_reaches_back_to_nothing_that_was_said_before() -> None:
    session = opened(meeting_recorded())
    agree(session, *AGREED)
    assert take_up(session, received=16_000, position=48_000) == [(48_000, True)]


def test_stopping_holds_from_what_was_received_and_is_audited() -> None:
    session = speaking(meeting_recorded()).opened
    assert [(each.start, each.is_on) for each in session.recording] == [(0, True)]
    agree(session, *DECLINED)
    assert take_up(session, received=32_000, position=99_000) == [(0, True), (32_000, False)]
    entry = AuditEvent.objects.get(meeting_id=session.meeting_id, action="recording.off")
    assert (entry.actor, entry.data["from"]) == ("system", 32_000)
    assert (entry.data["policy"], entry.data["consent"]) == (True, False), "it was not the host"
    assert audit_verify(meeting_id=session.meeting_id) is None
    assert take_up(session, received=40_000) == [(0, True), (32_000, False)], "saying it again changes nothing"


def test_a_replay_finds_the_switches_of_the_first_run() -> None:
    """Off from 1 s to 3 s, then on again; the node dies with 2 s settled: the second that was off stays unrecorded."""
    session = speaking(meeting_recorded()).opened
    agree(session, *DECLINED)
    take_up(session, received=16_000)
    agree(session, *AGREED)
    wanted = take_up(session, received=48_000)
    assert wanted == [(0, True), (16_000, False), (48_000, True)]
    commit(session.owner, silence(32_000), received=64_000)
    found = again(session)
    assert [(each.start, each.is_on) for each in found.recording] == wanted


def test_agreeing_while_kept_audio_is_sent_again_does_not_record_what_was_received_before() -> None:
    session = opened(meeting_recorded())
    agree(session, *DECLINED)
    sessions_received_note(progress=[(session.owner, 80_000)])
    found = again(session)
    agree(found, *AGREED)
    assert take_up(found, received=16_000) == [(80_000, True)]


def test_stopping_while_nobody_is_connected_holds_for_all_that_is_sent_again() -> None:
    session = speaking(meeting_recorded()).opened
    commit(session.owner, silence(32_000), received=80_000)
    agree(session, *DECLINED)
    found = again(session)
    assert [(each.start, each.is_on) for each in found.recording] == [(0, True), (32_000, False)]


def test_stopping_in_the_middle_of_a_replay_undoes_what_was_agreed_to_after_it() -> None:
    session = opened(meeting_recorded())
    agree(session, *AGREED)
    take_up(session, received=0, position=64_000)
    agree(session, *DECLINED)
    assert take_up(session, received=16_000) == []


def test_only_the_connection_that_owns_the_session_switches() -> None:
    session = speaking(meeting_recorded()).opened
    again(session)
    with pytest.raises(Superseded):
        session_recording_set(owner=session.owner, received=0)


def test_everybody_is_told_that_the_meeting_is_recorded_and_when_it_is_not_any_more() -> None:
    actor = actor_for(user_made())
    meeting = meeting_recorded(actor=actor)
    meeting_update(meeting=meeting, actor=actor, title="Not yet begun")
    admitted(meeting)
    session = opened(meeting)
    for policies in ({"recording": True, "retention_days": 3}, {}, {"recording": True}):
        meeting_update(meeting=meeting, actor=actor, policies=policies)
    told = MeetingEvent.objects.filter(meeting=meeting, type="meeting.recording").order_by("seq")
    assert [event.payload["on"] for event in told] == [True, False, True]
    assert told[0].seq == MeetingEvent.objects.get(meeting=meeting, type="meeting.started").seq + 1
    assert session.recording == ()


def test_the_host_stops_the_recording_of_everybody() -> None:
    actor = actor_for(user_made())
    meeting = meeting_recorded(actor=actor)
    session = speaking(meeting).opened
    meeting_update(meeting=meeting, actor=actor, policies={})
    assert take_up(session, received=16_000) == [(0, True), (16_000, False)]


def told(meeting: Meeting, **on_at_s: bool) -> None:
    """As the host has turned recording off and on, by the meeting's clock; it began recorded."""
    for at, is_on in on_at_s.items():
        payload = {"on": is_on, "at_ms": int(at.removeprefix("at_")) * 1_000}
        with transaction.atomic():
            event_append(meeting_id=meeting.pk, type="meeting.recording", payload=payload)


def test_what_was_captured_off_the_record_while_nobody_was_connected_is_not_recorded() -> None:
    """Gone at 2 s, off the record from 4 s to 6 s, back later with all that was kept."""
    meeting = meeting_recorded()
    session = speaking(meeting).opened
    commit(session.owner, silence(16_000), received=32_000)
    told(meeting, at_4=False, at_6=True)
    found = again(session)
    wanted = [(0, True), (64_000, False), (96_000, True)]
    assert [(each.start, each.is_on) for each in found.recording] == switches(found) == wanted
    entry = AuditEvent.objects.get(action="recording.left_out")
    assert (entry.actor, entry.data["without"]) == ("system", [[64_000, 96_000]])
    assert switches(again(found)) == wanted, "once"
    assert AuditEvent.objects.filter(action="recording.left_out").count() == 1


def test_what_was_already_received_follows_what_its_connection_was_told() -> None:
    meeting = meeting_recorded()
    session = speaking(meeting).opened
    commit(session.owner, silence(16_000), received=80_000)
    told(meeting, at_4=False, at_6=True)
    assert switches(again(session)) == [(0, True), (80_000, False), (96_000, True)]


def test_on_again_while_nobody_was_connected_begins_when_everybody_was_told() -> None:
    """Off while she was there, at 2 s; on again at 6 s, when she was not."""
    meeting = meeting_recorded()
    session = speaking(meeting).opened
    Meeting.objects.filter(pk=meeting.pk).update(policies={})
    told(meeting, at_2=False)
    assert take_up(session, received=32_000) == [(0, True), (32_000, False)]
    Meeting.objects.filter(pk=meeting.pk).update(policies={"recording": True})
    told(meeting, at_6=True)
    sessions_received_note(progress=[(session.owner, 40_000)])
    assert switches(again(session)) == [(0, True), (32_000, False), (96_000, True)]


def test_a_policy_that_is_neither_true_nor_false_is_refused() -> None:
    with pytest.raises(Invalid, match="recording"):
        meeting_create(actor=GUEST, title="Board", policies={"recording": "yes"})
    assert not Meeting.objects.exists()
