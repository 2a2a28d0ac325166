"""Who may reach an organisation: the door to organisations and their memberships, as `access.py` is to meetings."""

from uuid import UUID

from django.db.models import QuerySet

from meetings.actors import Actor, sees_all
from meetings.errors import Forbidden, NotFound
from meetings.models import Membership, Organisation
from meetings.standing import MANAGING_ROLES

Role = Membership.Role


def organisations_to_read(actor: Actor) -> QuerySet[Organisation]:
    """Those that one belongs to; for staff and service accounts all."""
    user = actor.user
    if user is None or not user.is_active:
        return Organisation.objects.none()
    if sees_all(user):
        return Organisation.objects.all()
    return Organisation.objects.filter(memberships__user=user)


def organisation_to_read(actor: Actor, slug: str) -> Organisation:
    """Raises NotFound, to strangers also where there is one."""
    found = organisations_to_read(actor).filter(slug=slug.lower()).first() if "\0" not in slug else None
    if found is None:
        raise NotFound("There is no such organisation.")
    return found


def organisation_to_manage(actor: Actor, slug: str) -> Organisation:
    """Raises Forbidden to plain members, NotFound to strangers."""
    organisation = organisation_to_read(actor, slug)
    if not may_manage(actor, organisation):
        raise Forbidden("Only owners and admins of the organisation may do this.")
    return organisation


def membership_to_change(actor: Actor, slug: str, membership_id: UUID) -> Membership:
    """For owners and admins; for plain members only their own, to leave (the service refuses more).

    Raises Forbidden, NotFound.
    """
    organisation = organisation_to_read(actor, slug)
    found = Membership.objects.select_related("organisation", "user")
    membership = found.filter(organisation=organisation, pk=membership_id).first()
    is_own = membership is not None and actor.user is not None and actor.user.pk == membership.user_id
    if not is_own and not may_manage(actor, organisation):
        raise Forbidden("Only owners and admins of the organisation may do this.")
    if membership is None:
        raise NotFound("There is no such membership.")
    return membership


def memberships_of(actor: Actor) -> QuerySet[Membership]:
    """One's own, by the names of the organisations."""
    if actor.user is None or not actor.user.is_active:
        return Membership.objects.none()
    return Membership.objects.filter(user=actor.user).select_related("organisation").order_by("organisation__name")


def is_last_owner(membership: Membership) -> bool:
    """Who may not go before another one is named (the service refuses it, whatever is shown)."""
    owners = Membership.objects.filter(organisation=membership.organisation_id, role=Role.OWNER)
    return membership.role == Role.OWNER and not owners.exclude(pk=membership.pk).exists()


def may_manage(actor: Actor, organisation: Organisation) -> bool:
    return role_in(actor, organisation) in MANAGING_ROLES


def may_own(actor: Actor, organisation: Organisation) -> bool:
    """To name owners and admins, and to take these places from others."""
    return role_in(actor, organisation) == Role.OWNER


def role_in(actor: Actor, organisation: Organisation) -> str | None:
    """Staff and service accounts act as owners."""
    user = actor.user
    if user is None or not user.is_active:
        return None
    if sees_all(user):
        return Role.OWNER.value
    role: str | None = (
        Membership.objects.filter(organisation=organisation, user=user).values_list("role", flat=True).first()
    )
    return role
