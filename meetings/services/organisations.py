"""Organisations and who belongs to them."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction

from meetings.access import Actor
from meetings.actors import is_service_account, sees_all
from meetings.announce import rights_announce
from meetings.checks import line_checked
from meetings.errors import Conflict, Forbidden, Invalid
from meetings.limits import ORGANISATION_NAME_MAX_CHARS
from meetings.models import Membership, Organisation
from meetings.organisation_access import may_manage, may_own
from meetings.policies import default_policies_known
from meetings.services.audit import audit_append

Role = Membership.Role
SLUG_MAX_CHARS = 50


def organisation_create(*, actor: Actor, name: str, slug: str) -> Organisation:
    """The person who makes it is its first owner. Raises Forbidden, Invalid, Conflict (slug_taken)."""
    user = actor.user
    if user is None or not sees_all(user):
        raise Forbidden("Only staff may make organisations.")
    title = line_checked(name, what="The name", max_chars=ORGANISATION_NAME_MAX_CHARS)
    slug = _slug_checked(slug)
    with transaction.atomic():
        organisation, is_new = Organisation.objects.get_or_create(slug=slug, defaults={"name": title})
        if not is_new:
            raise Conflict("An organisation has this short name; choose another one.", code="slug_taken")
        _audit(organisation, actor=actor, action="organisation.created")
        if not is_service_account(user):
            first = Membership.objects.create(organisation=organisation, user=user, role=Role.OWNER)
            _audit_member(first, actor=actor, action="membership.given", role=first.role)
    return organisation


def organisation_rename(*, organisation: Organisation, actor: Actor, name: str) -> Organisation:
    """Raises Forbidden, Invalid."""
    return organisation_update(organisation=organisation, actor=actor, name=name)


def organisation_update(
    *, organisation: Organisation, actor: Actor, name: str | None = None, policies: Mapping[str, Any] | None = None
) -> Organisation:
    """None leaves a field as it is. `policies` are what meetings take that come to it from now on before they begin;
    those that have taken others keep them. Raises Forbidden, Invalid.
    """
    if not may_manage(actor, organisation):
        raise Forbidden("Only owners and admins of the organisation may do this.")
    title = None if name is None else line_checked(name, what="The name", max_chars=ORGANISATION_NAME_MAX_CHARS)
    known = None if policies is None else default_policies_known(policies)
    with transaction.atomic():
        locked = Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
        was_named, was = locked.name, locked.policies
        locked.name = was_named if title is None else title
        locked.policies = was if known is None else known
        locked.save(update_fields=["name", "policies"])
        if locked.name != was_named:
            _audit(locked, actor=actor, action="organisation.renamed")
        if locked.policies != was:
            _audit(locked, actor=actor, action="organisation.policies_set", was=was, policies=locked.policies)
    return locked


def membership_give(*, organisation: Organisation, actor: Actor, user: User, role: str) -> Membership:
    """Raises Forbidden, Invalid, Conflict (is_member)."""
    _check(role)
    _refuse_others(actor, organisation, role)
    with transaction.atomic():
        _lock(organisation)
        membership, is_new = Membership.objects.get_or_create(
            organisation=organisation, user=user, defaults={"role": role}
        )
        if not is_new:
            raise Conflict("This person belongs to the organisation; change the role.", code="is_member")
        _audit_member(membership, actor=actor, action="membership.given", role=role)
    return membership


def membership_change(*, membership: Membership, actor: Actor, to: str) -> Membership:
    """Raises Forbidden, Invalid, Conflict (changed, last_owner)."""
    _check(to)
    with transaction.atomic():
        locked = _locked(membership)
        _refuse_others(actor, locked.organisation, locked.role, to)
        if to != locked.role:
            _keep_an_owner(locked)
            was, locked.role = locked.role, to
            locked.save(update_fields=["role"])
            _audit_member(locked, actor=actor, action="membership.changed", was=was, role=to)
    return locked


def membership_take(*, membership: Membership, actor: Actor) -> None:
    """Anybody may leave, but not the last owner. Raises Forbidden, Conflict (changed, last_owner)."""
    with transaction.atomic():
        locked = _locked(membership)
        if actor.user is None or actor.user.pk != locked.user_id:
            _refuse_others(actor, locked.organisation, locked.role)
        _keep_an_owner(locked)
        Membership.objects.filter(pk=locked.pk).delete()
        _audit_member(locked, actor=actor, action="membership.taken", was=locked.role)
        transaction.on_commit(rights_announce)


def _lock(organisation: Organisation) -> None:
    """Its row orders changes of its members, so that of two last owners who leave at once one stays."""
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)


def _locked(membership: Membership) -> Membership:
    _lock(membership.organisation)
    found = Membership.objects.select_related("organisation", "user").filter(pk=membership.pk).first()
    if found is None:
        raise Conflict("Somebody else has just ended this membership.", code="changed")
    return found


def _keep_an_owner(membership: Membership) -> None:
    if membership.role != Role.OWNER:
        return
    owners = Membership.objects.filter(organisation=membership.organisation, role=Role.OWNER)
    if not owners.exclude(pk=membership.pk).exists():
        raise Conflict("An organisation keeps an owner; name another one first.", code="last_owner")


def _check(role: str) -> None:
    if role not in Role.values:
        raise Invalid("The role must be one of: " + ", ".join(Role.values) + ".")


def _refuse_others(actor: Actor, organisation: Organisation, *roles: str) -> None:
    """`roles` are those that are given or taken."""
    if all(role == Role.MEMBER for role in roles):
        if not may_manage(actor, organisation):
            raise Forbidden("Only owners and admins of the organisation may do this.")
    elif not may_own(actor, organisation):
        raise Forbidden("Only owners of the organisation name owners and admins.")


def _slug_checked(value: str) -> str:
    slug = line_checked(value, what="The short name", max_chars=SLUG_MAX_CHARS).lower()
    try:
        validate_slug(slug)
    except ValidationError:
        raise Invalid("The short name must be letters, digits, hyphens and underscores.") from None
    return slug


def _audit(organisation: Organisation, *, actor: Actor, action: str, **data: object) -> None:
    target = f"organisation:{organisation.pk}"
    audit_append(meeting_id=None, actor=actor.label, action=action, target=target, data=data)


def _audit_member(membership: Membership, *, actor: Actor, action: str, **data: object) -> None:
    _audit(membership.organisation, actor=actor, action=action, user=f"user:{membership.user_id}", **data)
