"""Roles in a meeting, and the organisation it belongs to."""

from typing import Annotated
from uuid import UUID

from django.contrib.auth.models import User
from django.http import HttpRequest
from ninja import Path, Query, Router
from ninja.responses import Status

from meetings.access import meeting_to_manage, role_to_change
from meetings.api import throttling
from meetings.api.credentials import actor_of, credentials_admin
from meetings.api.paging import page_of
from meetings.api.parameters import PageQuery, Ref
from meetings.api.role_schemas import (
    MeetingOrganisationIn,
    MeetingOrganisationOut,
    RoleIn,
    RoleOut,
    RolePatch,
    RolesPage,
)
from meetings.api.shapes import Shape
from meetings.models import MeetingRole
from meetings.organisation_access import organisation_to_read
from meetings.services.roles import meeting_organisation_set, role_change, role_give, role_take

router = Router(tags=["access"], auth=credentials_admin)
LISTING = "roles"

RoleId = Annotated[UUID, Path(description="`id` of the role")]


@router.get("/roles", response=RolesPage, operation_id="role_list")
def list_(request: HttpRequest, ref: Ref, page: Query[PageQuery]) -> Shape:
    """Who has a role in the meeting, for its owners. The host owns it without one."""
    meeting = meeting_to_manage(actor_of(request), ref)
    return page_of(meeting.roles.select_related("user"), page, listing=LISTING, shape=_role_shape)


@router.post(
    "/roles",
    response={201: RoleOut},
    operation_id="role_give",
    throttle=throttling.joins,
    openapi_extra=throttling.DESCRIBED,
)
def give(request: HttpRequest, ref: Ref, role: RoleIn) -> Status[Shape]:
    """Give somebody with an account a role: `owner` manages the meeting, `editor` corrects it, `viewer` reads it."""
    actor = actor_of(request)
    meeting = meeting_to_manage(actor, ref)
    given = role_give(meeting=meeting, actor=actor, person=role.user, role=role.role)
    return Status(201, _role_shape(given))


@router.patch("/roles/{uuid:role_id}", response=RoleOut, operation_id="role_change")
def change(request: HttpRequest, ref: Ref, role_id: RoleId, changes: RolePatch) -> Shape:
    """Change somebody's role. For owners."""
    actor = actor_of(request)
    return _role_shape(role_change(role=role_to_change(actor, ref, role_id), actor=actor, to=changes.role))


@router.delete("/roles/{uuid:role_id}", response={204: None}, operation_id="role_take")
def take(request: HttpRequest, ref: Ref, role_id: RoleId) -> Status[None]:
    """Take somebody's role, for owners; anybody may give up their own. Who took part can still read by that."""
    actor = actor_of(request)
    role_take(role=role_to_change(actor, ref, role_id), actor=actor)
    return Status(204, None)


@router.get("/organisation", response=MeetingOrganisationOut, operation_id="meeting_organisation_read")
def organisation(request: HttpRequest, ref: Ref) -> Shape:
    """The organisation that the meeting belongs to, for owners of the meeting."""
    found = meeting_to_manage(actor_of(request), ref).organisation
    return {"organisation": found.slug if found else None}


@router.put("/organisation", response=MeetingOrganisationOut, operation_id="meeting_organisation_set")
def organisation_set(request: HttpRequest, ref: Ref, body: MeetingOrganisationIn) -> Shape:
    """Share the meeting with an organisation: its members read it, its owners and admins manage it."""
    actor = actor_of(request)
    meeting = meeting_to_manage(actor, ref)
    chosen = None if body.organisation is None else organisation_to_read(actor, body.organisation)
    changed = meeting_organisation_set(meeting=meeting, actor=actor, organisation=chosen)
    return {"organisation": changed.organisation.slug if changed.organisation else None}


def person_shape(user: User) -> Shape:
    return {"username": user.get_username(), "display_name": user.get_full_name() or user.get_username()}


def _role_shape(role: MeetingRole) -> Shape:
    return {"id": role.pk, "user": person_shape(role.user), "role": role.role, "created_at": role.created_at}
