"""How far somebody's rights go in a meeting. Everything that gives rights is read here and nowhere else."""

from enum import IntEnum

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from meetings.actors import Actor, sees_all
from meetings.models import Meeting, MeetingRole, Membership, Participant

MANAGING_ROLES = (Membership.Role.OWNER, Membership.Role.ADMIN)


class Standing(IntEnum):
    """Each includes those before it. NONE is also that of a guest, whom only the code lets in."""

    NONE = 0
    READER = 1
    EDITOR = 2
    OWNER = 3


_OF_ROLE = {
    MeetingRole.Role.OWNER.value: Standing.OWNER,
    MeetingRole.Role.EDITOR.value: Standing.EDITOR,
    MeetingRole.Role.VIEWER.value: Standing.READER,
}


def standing_in(actor: Actor, meeting: Meeting) -> Standing:
    """The highest that the host's place, a role, an organisation or having taken part gives."""
    if meeting.pk in actor.hosted:
        return Standing.OWNER
    user = actor.user
    if user is None or not user.is_active:
        return Standing.NONE
    if user.pk == meeting.host_id or sees_all(user):
        return Standing.OWNER
    return max(_by_role(user, meeting), _by_organisation(user, meeting), _by_taking_part(user, meeting))


def meetings_of(actor: Actor) -> QuerySet[Meeting]:
    """Those in which the actor has a standing of their own: staff have none in what is none of theirs."""
    mine = Q(pk__in=actor.hosted)
    user = actor.user
    if user is not None and user.is_active:
        mine |= Q(host=user)
        mine |= Q(pk__in=Participant.objects.filter(user=user).values("meeting_id"))
        mine |= Q(pk__in=MeetingRole.objects.filter(user=user).values("meeting_id"))
        mine |= Q(organisation__in=Membership.objects.filter(user=user).values("organisation_id"))
    return Meeting.objects.filter(mine)


def _by_role(user: User, meeting: Meeting) -> Standing:
    role = MeetingRole.objects.filter(meeting=meeting, user=user).values_list("role", flat=True).first()
    return _OF_ROLE[role] if role else Standing.NONE


def _by_organisation(user: User, meeting: Meeting) -> Standing:
    if meeting.organisation_id is None:
        return Standing.NONE
    mine = Membership.objects.filter(organisation_id=meeting.organisation_id, user=user)
    role = mine.values_list("role", flat=True).first()
    if role in MANAGING_ROLES:
        return Standing.OWNER
    return Standing.READER if role else Standing.NONE


def _by_taking_part(user: User, meeting: Meeting) -> Standing:
    return Standing.READER if meeting.participants.filter(user=user).exists() else Standing.NONE
