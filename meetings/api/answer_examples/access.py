"""Examples of what is answered about roles, organisations and API tokens."""

from collections.abc import Mapping
from typing import Any

from meetings import example_meeting as board
from meetings.api.answer_examples.meetings import JOIN_URL, SERVER, page

ADA: Mapping[str, Any] = {"username": "ada", "display_name": "Ada Lovelace"}
ROLE: Mapping[str, Any] = {
    "id": "0197a1c2-0000-7000-8000-000000000051",
    "user": ADA,
    "role": "editor",
    "created_at": board.CREATED_AT,
}
LINK: Mapping[str, Any] = {"code": board.MEETING_CODE, "join_url": JOIN_URL, "is_open": True}
NEW_CODE = "bani-sora-tuve-liko"
ORGANISATION: Mapping[str, Any] = {
    "id": "0197a1c2-0000-7000-8000-000000000052",
    "name": "The board",
    "slug": "board",
    "role": "owner",
    "policies": {"retention_days": {"text": 365, "audio": 30}},
    "created_at": board.CREATED_AT,
}
MEMBER: Mapping[str, Any] = {
    "id": "0197a1c2-0000-7000-8000-000000000053",
    "user": ADA,
    "role": "admin",
    "created_at": board.CREATED_AT,
}
TOKEN: Mapping[str, Any] = {
    "id": 7,
    "name": "minutes bot",
    "scope": "write",
    "created_at": board.CREATED_AT,
    "expires_at": "2027-03-02T08:55:00Z",
    "last_used_at": None,
    "revoked_at": None,
}

BY_SCHEMA: Mapping[str, Any] = {
    "RoleOut": ROLE,
    "RolesPage": page(ROLE),
    "LinkOut": LINK,
    "MeetingOrganisationOut": {"organisation": "board"},
    "OrganisationOut": ORGANISATION,
    "OrganisationsPage": page(ORGANISATION),
    "MemberOut": MEMBER,
    "MembersPage": page(MEMBER),
    "TokensOut": {"data": [{**TOKEN, "last_used_at": board.CORRECTED_AT}]},
    "TokenMadeOut": {**TOKEN, "token": "made-up-4HqT2mVxZ8nB5cLw7kRd9pJy"},
}
BY_CALL: Mapping[str, Any] = {
    "role_change": {**ROLE, "role": "viewer"},
    "link_change": {**LINK, "is_open": False},
    "link_renew": {**LINK, "code": NEW_CODE, "join_url": f"https://{SERVER}/m/{NEW_CODE}/"},
    "organisation_rename": {**ORGANISATION, "name": "Board and council"},
    "membership_change": {**MEMBER, "role": "member"},
}
