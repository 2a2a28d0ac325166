"""What the interface says of roles in meetings, of organisations and of their members."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from meetings.api.schemas import Page, Schema
from meetings.limits import ORGANISATION_NAME_MAX_CHARS
from meetings.people import MAX_CHARS

Person = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_CHARS,
        description="username, or the e-mail address of exactly one account",
        examples=["ada", "ada@example.org"],
    ),
]
MeetingRoleName = Literal["owner", "editor", "viewer"]
MembershipRoleName = Literal["owner", "admin", "member"]
OrganisationName = Annotated[str, Field(min_length=1, max_length=ORGANISATION_NAME_MAX_CHARS)]
Slug = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_-]{1,50}$", description="its short name in addresses", examples=["board"])
]


class PersonOut(Schema):
    username: str
    display_name: str


class RoleIn(Schema):
    user: Person
    role: MeetingRoleName


class RolePatch(Schema):
    role: MeetingRoleName


class RoleOut(Schema):
    id: UUID
    user: PersonOut
    role: MeetingRoleName
    created_at: datetime


class RolesPage(Page):
    data: list[RoleOut]


class OrganisationIn(Schema):
    name: OrganisationName
    slug: Slug


class OrganisationPatch(Schema):
    name: OrganisationName


class OrganisationOut(Schema):
    id: UUID
    name: str
    slug: str
    role: MembershipRoleName | None = Field(description="the caller's own; staff act as owners")
    created_at: datetime


class OrganisationsPage(Page):
    data: list[OrganisationOut]


class MemberIn(Schema):
    user: Person
    role: MembershipRoleName = "member"


class MemberPatch(Schema):
    role: MembershipRoleName


class MemberOut(Schema):
    id: UUID
    user: PersonOut
    role: MembershipRoleName
    created_at: datetime


class MembersPage(Page):
    data: list[MemberOut]


class MeetingOrganisationIn(Schema):
    organisation: Slug | None = Field(description="the short name of one that the caller belongs to, or null")


class MeetingOrganisationOut(Schema):
    organisation: str | None
