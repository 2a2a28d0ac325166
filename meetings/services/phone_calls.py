"""Telephone calls become participants; one that comes back goes on where it was."""

from uuid import UUID, uuid4

from django.db import transaction

from meetings.capacity import capacity_reserve
from meetings.errors import KeyInvalid, MeetingOver
from meetings.models import AudioSession, IngestKey, Meeting, Participant, PhoneCall
from meetings.phone import AdmittedCall, PhoneCaller, caller_name
from meetings.services.audit import audit_append
from meetings.services.consents import consent_record
from meetings.services.ingest_keys import ingest_key_use

State = AudioSession.State
WAITED_FOR = (State.OPEN, State.DETACHED)  # for as long as the resume window


def phone_key_check(*, key: str) -> None:
    """Raises KeyInvalid, MeetingOver."""
    _refuse_when_over(ingest_key_use(key=key).meeting)


def phone_call_admit(*, key: str, caller: PhoneCaller) -> AdmittedCall:
    """Two connections of one call may come at once: under the key's row lock the second finds what the first made.

    Raises KeyInvalid, MeetingOver, Full: there is no room for another voice.
    """
    row = ingest_key_use(key=key)
    session_id = uuid4()
    if _session_waiting(_call_find(row, caller)) is None:
        capacity_reserve(session_id)  # before the transaction: a refusal waits for nobody's writing
    with transaction.atomic():
        locked = IngestKey.objects.select_for_update(of=("self",), no_key=True).filter(pk=row.pk).first()
        if locked is None or locked.revoked_at is not None:
            raise KeyInvalid
        call = _call_find(row, caller)
        waiting = _session_waiting(call)
        _refuse_when_over(Meeting.objects.select_for_update(no_key=True).get(pk=row.meeting_id))
        if call is not None and waiting is not None:
            return _admitted(row, participant_id=call.participant_id, session_id=waiting)
        if call is None:
            return _call_begin(row, caller, session_id=session_id)
        session = AudioSession.objects.create(id=session_id, participant_id=call.participant_id)
        PhoneCall.objects.filter(pk=call.pk).update(audio_session=session)
        return _admitted(row, participant_id=call.participant_id, session_id=session_id)


def phone_call_consent(*, key: str, participant_id: UUID) -> tuple[str, ...]:
    """What was declared for callers with the key. Raises KeyInvalid."""
    row = ingest_key_use(key=key)
    return consent_record(participant_id=participant_id, granted=row.consent, ingest_key_id=row.pk)


def _call_begin(key: IngestKey, caller: PhoneCaller, *, session_id: UUID) -> AdmittedCall:
    participant = Participant.objects.create(
        meeting_id=key.meeting_id,
        display_name=caller_name(of_key=key.display_name, of_service=caller.name, number=caller.caller),
        role=Participant.Role.PHONE,
        language=key.language,
    )
    session = AudioSession.objects.create(id=session_id, participant=participant)
    PhoneCall.objects.create(
        ingest_key=key,
        service=caller.service,
        call_id=caller.call_id,
        participant=participant,
        audio_session=session,
    )
    audit_append(
        meeting_id=key.meeting_id,
        actor=f"ingest_key:{key.pk}",
        action="participant.admitted",
        target=f"participant:{participant.pk}",
        data={"role": participant.role, "service": caller.service},
    )
    return _admitted(key, participant_id=participant.pk, session_id=session_id)


def _admitted(key: IngestKey, *, participant_id: UUID, session_id: UUID) -> AdmittedCall:
    return AdmittedCall(meeting_id=key.meeting_id, participant_id=participant_id, session_id=session_id)


def _call_find(key: IngestKey, caller: PhoneCaller) -> PhoneCall | None:
    calls = PhoneCall.objects.select_related("audio_session").filter(ingest_key=key)
    return calls.filter(service=caller.service, call_id=caller.call_id).first()


def _session_waiting(call: PhoneCall | None) -> UUID | None:
    """The call's audio session, while it is still waited for."""
    if call is None or call.audio_session.state not in WAITED_FOR:
        return None
    return call.audio_session_id


def _refuse_when_over(meeting: Meeting) -> None:
    """Nobody has kept anything of a call that comes now: unlike other clients it has nothing to deliver."""
    if meeting.is_ended:
        raise MeetingOver("The meeting has ended.")
