"""Let people, viewers and programs into a meeting."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from meetings.access import Actor, is_manager
from meetings.capacity import capacity_reserve
from meetings.checks import display_name_checked
from meetings.errors import Conflict, Forbidden, Invalid, LinkClosed
from meetings.models import AudioSession, Meeting, Participant
from meetings.services.audit import audit_append
from meetings.services.languages import participant_language_known, participant_lock, participant_speaks
from meetings.services.presence import participant_renamed
from meetings.services.resume import resume_token
from meetings.services.tickets import ticket_issue
from meetings.standing import Standing, standing_by_right, standing_in

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
    *, meeting: Meeting, actor: Actor, display_name: str, role: str = Role.SPEAKER.value, language: str = ""
) -> Admission:
    """They are present from their first `hello` on, not from here. They speak the meeting's language unless they say.

    The meeting's row lock makes ending it, renewing its link and admitting somebody follow one another. Raises Invalid,
    Forbidden, Conflict (meeting_ended), LinkClosed, Full: there is no room for another voice.
    """
    name, spoken = display_name_checked(display_name), participant_language_known(language)
    _role_check(role, actor, meeting)
    audio_session_id = uuid4() if role != Role.VIEWER else None
    if audio_session_id is not None:
        capacity_reserve(audio_session_id)  # before the transaction: a refusal waits for nobody's writing
    with transaction.atomic():
        locked = Meeting.objects.select_for_update(no_key=True).get(pk=meeting.pk)
        if locked.is_ended:
            raise Conflict("The meeting has ended.", code="meeting_ended")
        participant = Participant.objects.create(
            meeting=meeting,
            user=actor.user,
            display_name=name,
            role=role,
            language=spoken,
            link_number=_link_of(actor, locked, code=meeting.code),
            is_by_right=standing_by_right(actor, locked) >= Standing.READER,
            api_token_id=actor.token_id,
        )
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


def _role_check(role: str, actor: Actor, meeting: Meeting) -> None:
    if role not in Role.values:
        raise Invalid("The role must be one of: " + ", ".join(Role.values) + ".")
    if role not in OPEN_ROLES and not is_manager(actor, meeting):
        raise Forbidden("Only the host may admit somebody in this role.")


def _link_of(actor: Actor, locked: Meeting, *, code: str) -> int | None:
    """By which link they come in; None: by a right of their own.

    Between the door, which has seen `code`, and the lock it may have been renewed or turned off. Raises LinkClosed.
    """
    if standing_in(actor, locked) > Standing.NONE:
        return None
    if not locked.is_link_open or locked.code != code:
        raise LinkClosed
    return locked.link_number


def participant_update(
    *, participant: Participant, by: str, display_name: str | None = None, language: str | None = None
) -> Participant:
    """None leaves a field as it is. A new name stands beside what was said before too; a new language holds for what
    is said from now on. `by` goes into the audit trail. Raises Invalid.
    """
    name = None if display_name is None else display_name_checked(display_name)
    spoken = None if language is None else participant_language_known(language)
    with transaction.atomic():
        changed = participant_lock(participant.pk)
        if name is not None and name != changed.display_name:
            changed.display_name = name
            changed.save(update_fields=["display_name"])
            participant_renamed(participant=changed, meeting=changed.meeting, at=timezone.now())
            audit_append(
                meeting_id=changed.meeting_id,
                actor=by,
                action="participant.renamed",
                target=f"participant:{changed.pk}",
            )
        if spoken is not None and spoken != changed.language:
            participant_speaks(changed, language=spoken, actor=by)
    return changed
