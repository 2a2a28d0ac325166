"""What the interface says of roles in meetings, of organisations and of their members."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from meetings.api.schemas import SLUG, Page, Schema
from meetings.limits import ORGANISATION_NAME_MAX_CHARS
from meetings.people import MAX_CHARS
from meetings.policies import MOST_DAYS

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
Slug = Annotated[str, Field(pattern=SLUG, description="its short name in addresses", examples=["board"])]


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


Days = Annotated[int, Field(strict=True, ge=0, le=MOST_DAYS)]


class KeptDays(Schema):
    """Days after the end of a meeting; null: until somebody deletes it; left out: as the server says."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    text: Days | None = None
    audio: Days | None = None


class DefaultPolicies(Schema):
    """What meetings take that say nothing themselves. What is left out is as the server says."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    mode: Literal["ephemeral", "transcript", "transcript_and_audio"] | None = None
    retention_days: Days | KeptDays | None = None
    purge_names: Annotated[bool, Field(strict=True)] = False


class OrganisationPatch(Schema):
    """What is left out stays."""

    name: OrganisationName | None = None
    policies: DefaultPolicies | None = Field(None, description="replaces what was said before")


class OrganisationOut(Schema):
    id: UUID
    name: str
    slug: str
    role: MembershipRoleName | None = Field(description="the caller's own; staff act as owners")
    policies: dict[str, JsonValue] = Field(description="what its meetings take where they say nothing themselves")
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
