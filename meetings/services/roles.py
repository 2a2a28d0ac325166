"""Give, change and take roles in a meeting, and say which organisation a meeting belongs to."""

from django.db import transaction

from meetings.access import Actor, is_manager
from meetings.announce import rights_announce
from meetings.errors import Conflict, Forbidden, Invalid
from meetings.models import Meeting, MeetingRole, Organisation
from meetings.people import person_named
from meetings.policies import policies_chosen, policies_with
from meetings.retention import policies_taken
from meetings.services.audit import audit_append
from meetings.services.meetings import meeting_change

MOST_ROLES = 1_000  # of one meeting


def role_give(*, meeting: Meeting, actor: Actor, person: str, role: str) -> MeetingRole:
    """`person` is a username or an e-mail address, which is looked for only after the actor's right to name somebody.

    The meeting's row lock makes two owners who name the same person follow one another.
    Raises Forbidden, Invalid, Conflict (has_role: it is to be changed; is_host; too_many_roles; ambiguous_user).
    """
    _refuse_others(actor, meeting)
    _check(role)
    user = person_named(person)
    with transaction.atomic():
        locked = Meeting.objects.select_for_update(no_key=True).get(pk=meeting.pk)
        if locked.host_id == user.pk:
            raise Conflict("The host owns the meeting without a role.", code="is_host")
        if locked.roles.filter(user=user).exists():
            raise Conflict("This person has a role in the meeting; change that.", code="has_role")
        if locked.roles.count() >= MOST_ROLES:
            raise Conflict("The meeting has as many roles as it may have.", code="too_many_roles")
        given = MeetingRole.objects.create(meeting=locked, user=user, role=role)
        _audit(given, actor=actor, action="role.given", role=role)
    return given


def role_change(*, role: MeetingRole, actor: Actor, to: str) -> MeetingRole:
    """Raises Forbidden, Invalid; Conflict (changed): somebody else took or changed it meanwhile."""
    _refuse_others(actor, role.meeting)
    _check(to)
    if to == role.role:
        return role
    with transaction.atomic():
        if MeetingRole.objects.filter(pk=role.pk, role=role.role).update(role=to) != 1:
            raise Conflict("Somebody else has just changed or taken this role.", code="changed")
        _audit(role, actor=actor, action="role.changed", was=role.role, role=to)
    return MeetingRole.objects.select_related("meeting", "user").get(pk=role.pk)


def role_take(*, role: MeetingRole, actor: Actor) -> bool:
    """False when it was taken before. Anybody may give up their own. Raises Forbidden."""
    if actor.user is None or actor.user.pk != role.user_id:
        _refuse_others(actor, role.meeting)
    with transaction.atomic():
        n_deleted, _ = MeetingRole.objects.filter(pk=role.pk).delete()
        if n_deleted:
            _audit(role, actor=actor, action="role.taken", was=role.role)
            transaction.on_commit(rights_announce)
    return n_deleted > 0


def meeting_organisation_set(*, meeting: Meeting, actor: Actor, organisation: Organisation | None) -> Meeting:
    """Its members may read the meeting from now on, its owners and admins manage it; those of the one before may not.

    A meeting that has not begun takes what the organisation says of keeping; later, people were told otherwise.
    That the actor belongs to `organisation` is for the door to see. Raises Forbidden.
    """
    _refuse_others(actor, meeting)
    with transaction.atomic():
        locked = Meeting.objects.select_for_update(no_key=True).get(pk=meeting.pk)
        new_id = None if organisation is None else organisation.pk
        if locked.organisation_id != new_id:
            was = locked.organisation_id
            transaction.on_commit(rights_announce)
            locked.organisation = organisation
            locked.save(update_fields=["organisation"])
            if locked.state == Meeting.State.SCHEDULED:
                _defaults_take(locked, organisation)
            audit_append(
                meeting_id=locked.pk,
                actor=actor.label,
                action="meeting.organisation_set",
                target=f"meeting:{locked.pk}",
                data={"was": str(was) if was else None, "organisation": str(new_id) if new_id else None},
            )
    return Meeting.objects.select_related("host", "organisation").get(pk=meeting.pk)


def _defaults_take(meeting: Meeting, organisation: Organisation | None) -> None:
    chosen = policies_chosen(meeting.policies, meeting.default_policies)
    taken = policies_taken(chosen, organisation.policies if organisation else {})
    if (policies := policies_with(chosen, taken)) != meeting.policies:
        meeting_change(meeting, {"policies": policies, "default_policies": taken})
    else:
        Meeting.objects.filter(pk=meeting.pk).update(default_policies=taken)


def _check(role: str) -> None:
    if role not in MeetingRole.Role.values:
        raise Invalid("The role must be one of: " + ", ".join(MeetingRole.Role.values) + ".")


def _refuse_others(actor: Actor, meeting: Meeting) -> None:
    """A guest who hosts a meeting has no account that could answer for what others are allowed."""
    if not is_manager(actor, meeting):
        raise Forbidden("Only the host and other owners of the meeting may do this.")
    if actor.user is None:
        raise Forbidden("Log in to give others rights in a meeting.", code="log_in_first")


def _audit(held: MeetingRole, *, actor: Actor, action: str, **data: object) -> None:
    target = f"user:{held.user_id}"
    audit_append(meeting_id=held.meeting_id, actor=actor.label, action=action, target=target, data=data)
