"""Let people, viewers and programs into a meeting."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db import transaction

from meetings.access import Actor, is_manager
from meetings.capacity import capacity_reserve
from meetings.checks import display_name_checked
from meetings.errors import Conflict, Forbidden, Invalid
from meetings.models import AudioSession, Meeting, Participant
from meetings.services.audit import audit_append
from meetings.services.resume import resume_token
from meetings.services.tickets import ticket_issue

Role = Participant.Role
OPEN_ROLES = frozenset({Role.SPEAKER, Role.VIEWER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """`session_id` is the audio session's, or for viewers (who have none) the participant's."""

    participant: Participant
    session_id: UUID
    ticket: str
    resume_token: str


def participant_admit(
    *, meeting: Meeting, actor: Actor, display_name: str, role: str = Role.SPEAKER.value
) -> Admission:
    """They are present from their first `hello` on, not from here.

    The meeting's row lock makes ending it and admitting somebody follow one another. Raises Invalid, Forbidden,
    Conflict (meeting_ended), Full: there is no room for another voice.
    """
    name = display_name_checked(display_name)
    if role not in Role.values:
        raise Invalid("The role must be one of: " + ", ".join(Role.values) + ".")
    if role not in OPEN_ROLES and not is_manager(actor, meeting):
        raise Forbidden("Only the host may admit somebody in this role.")
    audio_session_id = uuid4() if role != Role.VIEWER else None
    if audio_session_id is not None:
        capacity_reserve(audio_session_id)  # before the transaction: a refusal waits for nobody's writing
    with transaction.atomic():
        if Meeting.objects.select_for_update(no_key=True).get(pk=meeting.pk).is_ended:
            raise Conflict("The meeting has ended.", code="meeting_ended")
        participant = Participant.objects.create(meeting=meeting, user=actor.user, display_name=name, role=role)
        session = (
            AudioSession.objects.create(id=audio_session_id, participant=participant) if audio_session_id else None
        )
        ticket = ticket_issue(participant=participant, audio_session=session)
        audit_append(
            meeting_id=meeting.pk,
            actor=actor.label,
            action="participant.admitted",
            target=f"participant:{participant.pk}",
            data={"role": role},
        )
    session_id = participant.pk if session is None else session.pk
    return Admission(
        participant=participant, session_id=session_id, ticket=ticket, resume_token=resume_token(session_id)
    )
