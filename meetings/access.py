"""Who may reach a meeting. These functions are the only way to load one for somebody."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from meetings.actors import GUEST as GUEST
from meetings.actors import Actor as Actor
from meetings.actors import actor_for as actor_for
from meetings.actors import actor_of_token as actor_of_token
from meetings.actors import sees_all
from meetings.codes import code_normalise
from meetings.errors import Forbidden, LinkClosed, NotFound
from meetings.feed_access import feed_of_participant
from meetings.meeting_codes import Named, meeting_named
from meetings.models import (
    AudioSession,
    DeletionProof,
    Export,
    Meeting,
    MeetingRole,
    Participant,
    Segment,
)
from meetings.services.resume import resume_token_is_valid
from meetings.standing import Standing, meetings_of, standing_in


def meeting_to_join(actor: Actor, reference: UUID | str) -> Meeting:
    """Knowing the code is the invitation, while the link is open. Raises NotFound, LinkClosed."""
    return meeting_to_read(actor, reference)


def meeting_to_read(actor: Actor, reference: UUID | str) -> Meeting:
    """By the code of an open link: everybody who knows it. By id, a former code, or the code of a link that was turned
    off: those who have a standing in it (`meetings/standing.py`).

    Raises NotFound, to strangers also where there is a meeting; LinkClosed to those who know a code of it.
    """
    named, is_by_code = _meeting_find(reference)
    if named.invites or standing_in(actor, named.meeting) >= Standing.READER:
        return named.meeting
    raise LinkClosed if is_by_code else NotFound("There is no such meeting.")


def meeting_to_manage(actor: Actor, reference: UUID | str) -> Meeting:
    """Raises Forbidden to those who may read it, NotFound to strangers."""
    meeting = meeting_to_read(actor, reference)
    if not is_manager(actor, meeting):
        raise Forbidden("Only the host and other owners of the meeting may do this.")
    return meeting


def meeting_to_edit(actor: Actor, reference: UUID | str) -> Meeting:
    """To correct its transcript: knowing the code is not enough. Raises Forbidden to readers, NotFound."""
    meeting = meeting_to_read(actor, reference)
    if standing_in(actor, meeting) < Standing.EDITOR:
        raise Forbidden("Only editors and owners of the meeting may correct it.")
    return meeting


def segment_to_edit(actor: Actor, segment_id: UUID) -> Segment:
    """Raises Forbidden to those who may read it, NotFound to strangers."""
    segment = Segment.objects.filter(pk=segment_id).first()
    if segment is None:
        raise NotFound("There is no such segment.")
    meeting_to_edit(actor, segment.meeting_id)
    return segment


def segment_to_read(actor: Actor, segment_id: UUID, *, meeting: UUID | str | None = None) -> Segment:
    """A line of a transcript, for those who may read its meeting, or know that by its code. Raises NotFound."""
    segment = Segment.objects.filter(pk=segment_id).first()
    if segment is None:
        raise NotFound("There is no such segment.")
    if meeting_to_read(actor, segment.meeting_id if meeting is None else meeting).pk != segment.meeting_id:
        raise NotFound("There is no such segment.")
    return segment


def export_to_read(actor: Actor, export_id: UUID, *, meeting: UUID | str | None = None) -> Export:
    """For whoever asked for it, as long as they may read its meeting (or know that by its code), and for its managers.

    An archive holds what only managers see. Raises NotFound, Forbidden.
    """
    export = Export.objects.filter(pk=export_id).first()
    if export is None:
        raise NotFound("There is no such export.")
    found = meeting_to_read(actor, export.meeting_id if meeting is None else meeting)
    if found.pk != export.meeting_id or not (export.actor == actor.label or is_manager(actor, found)):
        raise NotFound("There is no such export.")
    if export.is_archive:
        meeting_to_manage(actor, export.meeting_id if meeting is None else meeting)
    return export


def exports_to_read(actor: Actor, meeting: Meeting) -> QuerySet[Export]:
    """`meeting` is one that the actor may read: their own exports of it, for its managers all."""
    found = Export.objects.filter(meeting=meeting)
    return found if is_manager(actor, meeting) else found.filter(actor=actor.label).exclude(format="zip")


def meetings_to_read(actor: Actor) -> QuerySet[Meeting]:
    """For lists; knowing codes does not show there."""
    if actor.user is not None and sees_all(actor.user):
        return Meeting.objects.all()
    return meetings_of(actor)


def addresses_to_show(actor: Actor, meetings: Collection[Meeting]) -> dict[UUID, str]:
    """What pages name each meeting by. A code invites: whoever may not read the meeting is shown its id instead."""
    readable = set(meetings_to_read(actor).filter(pk__in=[each.pk for each in meetings]).values_list("pk", flat=True))
    return {each.pk: each.code if each.pk in readable else str(each.pk) for each in meetings}


def role_to_change(actor: Actor, reference: UUID | str, role_id: UUID) -> MeetingRole:
    """For the owners of the meeting; for everybody else, only their own, to give it up (the service refuses more).

    Raises Forbidden to those who may only read the meeting, NotFound.
    """
    meeting = meeting_to_read(actor, reference)
    role = MeetingRole.objects.select_related("meeting", "user").filter(meeting=meeting, pk=role_id).first()
    is_own = role is not None and actor.user is not None and actor.user.pk == role.user_id
    if not is_own and not is_manager(actor, meeting):
        raise Forbidden("Only the host and other owners of the meeting may do this.")
    if role is None:
        raise NotFound("There is no such role.")
    return role


def session_to_resume(
    actor: Actor, session_id: UUID, *, resume_token: str | None
) -> tuple[Participant, AudioSession | None]:
    """Whose audio session, or (None) whose caption feed, `session_id` is.

    A resume token shows that it is one's own; the account that joined needs none. Nobody else gets in, not even those
    who manage the meeting: they could speak in another's name.
    Raises Forbidden for a wrong token, and to viewers whose right to read was taken away; NotFound.
    """
    session = AudioSession.objects.select_related("participant").filter(pk=session_id).first()
    if session is not None:
        participant = session.participant
    else:
        viewer = Participant.objects.filter(pk=session_id, role=Participant.Role.VIEWER)
        found = viewer.first()
        if found is None:
            raise NotFound("There is no such session.")
        participant = found
    if resume_token is not None:
        if not resume_token_is_valid(session_id, resume_token):
            raise Forbidden("The resume token does not belong to this session.")
    elif not _is_account_of(actor, participant):
        raise NotFound("There is no such session.")
    if session is None:
        feed_of_participant(participant)
    return participant, session


def participant_to_change(
    actor: Actor, reference: UUID | str, participant_id: UUID, *, resume_token: str | None
) -> tuple[Participant, str]:
    """Somebody in a meeting, for its host or for themselves: by their account, or by the resume token they were given.

    Returns also as whom the audit trail knows the caller.
    Raises Forbidden for a wrong token, and to those who may only read the meeting; NotFound.
    """
    named, is_by_code = _meeting_find(reference)
    meeting = named.meeting
    participant = Participant.objects.select_related("meeting").filter(meeting=meeting, pk=participant_id).first()
    if resume_token is not None and participant is not None:
        sessions = [participant.pk, *participant.audio_sessions.values_list("pk", flat=True)]
        if not any(resume_token_is_valid(session_id, resume_token) for session_id in sessions):
            raise Forbidden("The resume token is not this participant's.")
        return participant, f"participant:{participant.pk}"
    if participant is not None and _is_account_of(actor, participant):
        return participant, actor.label  # also where they may not read the meeting any more: it is still their own
    may_read = named.invites or standing_in(actor, meeting) >= Standing.READER
    if is_by_code and not may_read:
        raise LinkClosed
    if participant is None or not may_read:
        raise NotFound("There is no such participant.")
    if is_manager(actor, meeting):
        return participant, actor.label
    raise Forbidden("Only the host and the participant may change this.")


def participations_to_read(actor: Actor) -> QuerySet[Participant]:
    """Where the actor's account took part: their own, whatever else they may see."""
    if actor.user is None or not actor.user.is_active:
        return Participant.objects.none()
    return Participant.objects.filter(user=actor.user).select_related("meeting", "user")


def erasures_asked(actor: Actor) -> QuerySet[DeletionProof]:
    """Proofs that people were erased from meetings because this account asked for it, the last one first."""
    if actor.user is None or not actor.user.is_active:
        return DeletionProof.objects.none()  # guests are all one to the audit trail
    return DeletionProof.objects.filter(by=actor.label, target__startswith="participant:").order_by("-at", "id")


def is_manager(actor: Actor, meeting: Meeting) -> bool:
    """The host and whoever else owns the meeting."""
    return standing_in(actor, meeting) >= Standing.OWNER


def _meeting_find(reference: UUID | str) -> tuple[Named, bool]:
    """The meeting, and whether it was named by a code of it."""
    code = code_normalise(reference) if isinstance(reference, str) else None
    if code is not None:
        named = meeting_named(code)
    else:
        meeting = Meeting.objects.filter(pk=_uuid(reference)).first()
        named = None if meeting is None else Named(meeting=meeting, invites=False)
    if named is None:
        raise NotFound("There is no such meeting.")
    return named, code is not None


def _uuid(reference: UUID | str) -> UUID:
    if isinstance(reference, UUID):
        return reference
    try:
        return UUID(reference)
    except ValueError as error:
        raise NotFound("There is no such meeting.") from error


def _is_account_of(actor: Actor, participant: Participant) -> bool:
    return actor.user is not None and actor.user.pk == participant.user_id
