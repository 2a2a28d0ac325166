"""How far somebody's rights go in a meeting. Everything that gives rights is read here and nowhere else."""

from collections.abc import Collection, Mapping
from enum import IntEnum
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from meetings.actors import Actor, sees_all
from meetings.models import ApiToken, Meeting, MeetingRole, Membership, Participant

Pair = tuple[int, UUID]  # an account and a meeting

# Who was let in by a right and was never there to speak, as viewers never are, has not taken part: else whoever may
# read for a while could by that read for ever.
NEVER_THERE = Q(is_by_right=True, joined_at__isnull=True)
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
    return standing_by_right(actor, meeting) or _by_taking_part(actor.user, meeting)


def standing_by_right(actor: Actor, meeting: Meeting) -> Standing:
    """The same without what having taken part gives, which nobody can take away."""
    user = actor.user
    if user is None or not user.is_active:
        return Standing.NONE
    if user.pk == meeting.host_id or sees_all(user):
        return Standing.OWNER
    return max(_by_role(user, meeting), _by_organisation(user, meeting))


def readers_among(pairs: Collection[Pair]) -> set[Pair]:
    """Those of whom `standing_in` says that they may read: of many at once, in a few queries."""
    active = User.objects.filter(pk__in={user for user, _ in pairs}, is_active=True)
    users = dict(active.values_list("pk", "is_staff"))
    services = ApiToken.objects.valid().filter(user__in=users, is_service=True)
    seeing_all = {user for user, is_staff in users.items() if is_staff} | {*services.values_list("user_id", flat=True)}
    found = Meeting.objects.filter(pk__in={meeting for _, meeting in pairs})
    organisations = dict(found.values_list("pk", "organisation_id"))
    own = _own_among(users, organisations)
    return {
        (user, meeting)
        for user, meeting in pairs
        if user in users and meeting in organisations and (user in seeing_all or (user, meeting) in own)
    }


def _own_among(users: Collection[int], organisations: Mapping[UUID, UUID | None]) -> set[Pair]:
    took_part = Participant.objects.filter(user__in=users, meeting__in=organisations).exclude(NEVER_THERE)
    members = Membership.objects.filter(user__in=users).values_list("user_id", "organisation_id")
    shared: dict[UUID | None, list[UUID]] = {}
    for meeting, of in organisations.items():
        shared.setdefault(of, []).append(meeting)
    return {
        *Meeting.objects.filter(pk__in=organisations, host__in=users).values_list("host_id", "pk"),
        *MeetingRole.objects.filter(user__in=users, meeting__in=organisations).values_list("user_id", "meeting_id"),
        *took_part.values_list("user_id", "meeting_id"),
        *((user, meeting) for user, organisation in members for meeting in shared.get(organisation, ())),
    }


def meetings_of(actor: Actor) -> QuerySet[Meeting]:
    """Those in which the actor has a standing of their own: staff have none in what is none of theirs."""
    mine = Q(pk__in=actor.hosted)
    user = actor.user
    if user is not None and user.is_active:
        mine |= Q(host=user)
        took_part = Participant.objects.filter(user=user).exclude(NEVER_THERE)
        mine |= Q(pk__in=took_part.values("meeting_id"))
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


def _by_taking_part(user: User | None, meeting: Meeting) -> Standing:
    if user is None or not user.is_active:
        return Standing.NONE
    took_part = meeting.participants.filter(user=user).exclude(NEVER_THERE)
    return Standing.READER if took_part.exists() else Standing.NONE
