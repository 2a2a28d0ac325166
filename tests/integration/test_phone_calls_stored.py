"""Calls as participants: named as they may be, one and the same when they come back, with the consent of the key."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from meetings import capacity
from meetings.access import Actor
from meetings.errors import Full, KeyInvalid, MeetingOver
from meetings.models import AudioSession, AuditEvent, ConsentRecord, Meeting, MeetingEvent, Participant, PhoneCall
from meetings.phone import AdmittedCall, PhoneCaller
from meetings.services.audit import audit_verify
from meetings.services.ingest_keys import MadeKey, ingest_key_create, ingest_key_revoke
from meetings.services.meetings import meeting_end
from meetings.services.phone_calls import phone_call_admit, phone_call_consent
from meetings.services.sessions import session_detach, session_end, session_leave, session_open
from tests.integration.made import all_at_once, host_made, meeting_made

pytestmark = pytest.mark.django_db

CONSENT = ["captions", "transcript"]


@pytest.fixture
def meeting(host: Actor) -> Meeting:
    return meeting_made(actor=host)


def key_made(meeting: Meeting, host: Actor, **more: Any) -> MadeKey:
    return ingest_key_create(meeting=meeting, actor=host, consent=CONSENT, **more)


def admitted(key: MadeKey, call_id: str = "CA1", **more: str) -> AdmittedCall:
    return phone_call_admit(key=key.secret, caller=PhoneCaller(service="twilio", call_id=call_id, **more))


def test_a_call_is_a_participant_of_role_phone_with_an_audio_session(meeting: Meeting, host: Actor) -> None:
    call = admitted(key_made(meeting, host, language="de"), caller="+15551231234")
    participant = Participant.objects.get()
    assert (participant.pk, participant.meeting_id) == (call.participant_id, meeting.pk)
    assert (participant.role, participant.display_name, participant.language) == ("phone", "Phone …1234", "de")
    assert AudioSession.objects.get().pk == call.session_id
    assert "+1555123" not in str(list(Participant.objects.values()) + list(PhoneCall.objects.values()))
    entry = AuditEvent.objects.get(action="participant.admitted")
    assert entry.data == {"role": "phone", "service": "twilio"}
    assert audit_verify(meeting_id=meeting.pk) is None


def test_the_key_s_name_is_everybody_s_who_calls(meeting: Meeting, host: Actor) -> None:
    admitted(key_made(meeting, host, display_name="Hotline"), name="Ada", caller="+15551231234")
    assert Participant.objects.get().display_name == "Hotline"


def test_another_call_is_another_participant(meeting: Meeting, host: Actor) -> None:
    key = key_made(meeting, host)
    first, second = admitted(key), admitted(key, "CA2")
    assert first.participant_id != second.participant_id


def test_the_same_call_of_another_service_or_key_is_another_call(meeting: Meeting, host: Actor) -> None:
    key = key_made(meeting, host)
    other = phone_call_admit(key=key.secret, caller=PhoneCaller(service="teler", call_id="CA1"))
    assert len({admitted(key).session_id, other.session_id, admitted(key_made(meeting, host)).session_id}) == 3


def test_a_call_that_comes_back_goes_on_with_its_audio_session(meeting: Meeting, host: Actor) -> None:
    key = key_made(meeting, host)
    first = admitted(key)
    opened = session_open(session_id=first.session_id, node="n", resume_token=None)
    assert admitted(key) == first
    session_detach(owner=opened.owner)
    assert admitted(key) == first
    assert (Participant.objects.count(), AudioSession.objects.count()) == (1, 1)


@pytest.mark.parametrize("is_ended", [True, False])
def test_a_call_that_comes_back_too_late_is_the_same_participant_with_a_new_session(
    meeting: Meeting, host: Actor, is_ended: bool
) -> None:
    key = key_made(meeting, host)
    first = admitted(key)
    opened = session_open(session_id=first.session_id, node="n", resume_token=None)
    if is_ended:
        session_end(owner=opened.owner)
    else:
        session_leave(owner=opened.owner, reason="resume_window_over")
    second = admitted(key)
    assert second.participant_id == first.participant_id
    assert second.session_id != first.session_id
    assert admitted(key) == second


@pytest.mark.django_db(transaction=True)
def test_two_connections_of_one_call_at_once_make_one_participant() -> None:
    host = host_made()
    meeting = meeting_made(actor=host)
    key = key_made(meeting, host)
    outcomes = all_at_once(*[lambda: admitted(key)] * 4)
    assert len({each.session_id for each in outcomes if isinstance(each, AdmittedCall)}) == 1
    assert [each for each in outcomes if not isinstance(each, AdmittedCall)] == []
    assert Participant.objects.count() == 1


def test_the_consent_of_a_call_says_that_it_came_with_the_key(meeting: Meeting, host: Actor) -> None:
    key = key_made(meeting, host)
    call = admitted(key)
    assert phone_call_consent(key=key.secret, participant_id=call.participant_id) == tuple(CONSENT)
    record = ConsentRecord.objects.get()
    assert (record.granted, record.ingest_key) == (CONSENT, key.row)
    assert Participant.objects.get().consent == CONSENT
    assert AuditEvent.objects.get(action="participant.consented").actor == f"ingest_key:{key.row.pk}"
    assert MeetingEvent.objects.filter(type="participant.consented").count() == 1


def test_a_revoked_key_lets_nobody_in_and_nobody_back(meeting: Meeting, host: Actor) -> None:
    key = key_made(meeting, host)
    admitted(key)
    ingest_key_revoke(key=key.row, actor=host)
    for call_id in ("CA1", "CA2"):
        with pytest.raises(KeyInvalid):
            admitted(key, call_id)


def test_a_meeting_that_has_ended_takes_no_call_and_none_back(meeting: Meeting, host: Actor) -> None:
    key = key_made(meeting, host, expires_in=timedelta(hours=1))
    admitted(key)
    meeting_end(meeting=meeting, actor=host)
    for call_id in ("CA1", "CA2"):
        with pytest.raises(MeetingOver):
            admitted(key, call_id)


class FullGate:
    retry_after_s = 5

    def reserve(self, session_id: UUID) -> bool:
        return False

    def expect(self, session_id: UUID) -> None:
        return None


def test_a_full_node_refuses_a_new_call_and_never_one_that_comes_back(
    meeting: Meeting, host: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = key_made(meeting, host)
    known = admitted(key)
    monkeypatch.setattr(capacity, "_gate", FullGate())
    assert admitted(key) == known
    with pytest.raises(Full):
        admitted(key, "CA2")
    assert Participant.objects.count() == 1
