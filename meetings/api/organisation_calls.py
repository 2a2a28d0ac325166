"""Organisations and who belongs to them."""

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Path, Query, Router
from ninja.responses import Status

from meetings.access import Actor
from meetings.api import throttling
from meetings.api.credentials import actor_logged_in, credentials_admin
from meetings.api.paging import page_of
from meetings.api.parameters import PageQuery
from meetings.api.role_calls import person_shape
from meetings.api.role_schemas import (
    MemberIn,
    MemberOut,
    MemberPatch,
    MembersPage,
    OrganisationIn,
    OrganisationOut,
    OrganisationPatch,
    OrganisationsPage,
)
from meetings.api.shapes import Shape
from meetings.models import Membership, Organisation
from meetings.organisation_access import (
    membership_to_change,
    organisation_to_manage,
    organisation_to_read,
    organisations_to_read,
    role_in,
)
from meetings.people import person_named
from meetings.services.organisations import (
    membership_change,
    membership_give,
    membership_take,
    organisation_create,
    organisation_update,
)

router = Router(tags=["access"], auth=credentials_admin)

OrganisationSlug = Annotated[str, Path(description="`slug` of the organisation")]
MembershipId = Annotated[UUID, Path(description="`id` of the membership")]


@router.get("", response=OrganisationsPage, operation_id="organisation_list")
def list_(request: HttpRequest, page: Query[PageQuery]) -> Shape:
    """The organisations that the caller belongs to; for staff and service accounts all."""
    actor = actor_logged_in(request)
    return page_of(
        organisations_to_read(actor), page, listing="organisations", shape=lambda found: _shape(actor, found)
    )


@router.post("", response={201: OrganisationOut}, operation_id="organisation_create")
def create(request: HttpRequest, organisation: OrganisationIn) -> Status[Shape]:
    """Make an organisation, for staff and service accounts. The person who makes it is its first owner."""
    actor = actor_logged_in(request)
    made = organisation_create(actor=actor, name=organisation.name, slug=organisation.slug)
    return Status(201, _shape(actor, made))


@router.get("/{slug}", response=OrganisationOut, operation_id="organisation_read")
def read(request: HttpRequest, slug: OrganisationSlug) -> Shape:
    """One organisation, for those who belong to it."""
    actor = actor_logged_in(request)
    return _shape(actor, organisation_to_read(actor, slug))


@router.patch("/{slug}", response=OrganisationOut, operation_id="organisation_rename")
def rename(request: HttpRequest, slug: OrganisationSlug, changes: OrganisationPatch) -> Shape:
    """Change its name, or what its meetings keep, for its owners and admins. The short name stays.

    Meetings that come to it from then on, before they begin, take `policies` where they say nothing themselves. Those
    that have taken others keep them: nothing is deleted sooner, or kept longer, than people were told.
    """
    actor = actor_logged_in(request)
    organisation = organisation_to_manage(actor, slug)
    said = changes.model_dump(exclude_unset=True)
    return _shape(actor, organisation_update(organisation=organisation, actor=actor, **said))


@router.get("/{slug}/members", response=MembersPage, operation_id="membership_list")
def members(request: HttpRequest, slug: OrganisationSlug, page: Query[PageQuery]) -> Shape:
    """Who belongs to it, for its owners and admins."""
    organisation = organisation_to_manage(actor_logged_in(request), slug)
    rows = organisation.memberships.select_related("user")
    return page_of(rows, page, listing="members", shape=_member_shape)


@router.post(
    "/{slug}/members",
    response={201: MemberOut},
    operation_id="membership_give",
    throttle=throttling.joins,
    openapi_extra=throttling.DESCRIBED,
)
def give(request: HttpRequest, slug: OrganisationSlug, member: MemberIn) -> Status[Shape]:
    """Take somebody with an account in. Owners and admins name members, only owners name owners and admins."""
    actor = actor_logged_in(request)
    organisation = organisation_to_manage(actor, slug)
    user = person_named(member.user)
    return Status(
        201, _member_shape(membership_give(organisation=organisation, actor=actor, user=user, role=member.role))
    )


@router.patch("/{slug}/members/{uuid:membership_id}", response=MemberOut, operation_id="membership_change")
def change(request: HttpRequest, slug: OrganisationSlug, membership_id: MembershipId, changes: MemberPatch) -> Shape:
    """Change somebody's role in it. The last owner stays one."""
    actor = actor_logged_in(request)
    membership = membership_to_change(actor, slug, membership_id)
    return _member_shape(membership_change(membership=membership, actor=actor, to=changes.role))


@router.delete("/{slug}/members/{uuid:membership_id}", response={204: None}, operation_id="membership_take")
def take(request: HttpRequest, slug: OrganisationSlug, membership_id: MembershipId) -> Status[None]:
    """End a membership; anybody may end their own, except the last owner."""
    actor = actor_logged_in(request)
    membership_take(membership=membership_to_change(actor, slug, membership_id), actor=actor)
    return Status(204, None)


def _shape(actor: Actor, organisation: Organisation) -> Shape:
    return {
        "id": organisation.pk,
        "name": organisation.name,
        "slug": organisation.slug,
        "role": role_in(actor, organisation),
        "policies": organisation.policies,
        "created_at": organisation.created_at,
    }


def _member_shape(member: Membership) -> Shape:
    return {"id": member.pk, "user": person_shape(member.user), "role": member.role, "created_at": member.created_at}
