"""Somebody with a role, in a meeting or in an organisation, as pages show a row of it."""

from dataclasses import dataclass

from meetings.models import MeetingRole, Membership


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRow:
    """`may_change` and `may_remove`: the row has forms for it. The services judge anew whatever is sent."""

    held: MeetingRole | Membership
    is_own: bool
    may_change: bool
    may_remove: bool
