"""Examples of what is answered about meetings and the people in them."""

from collections.abc import Mapping
from typing import Any

from meetings import example_meeting as board
from meetings.limits import STREAM_LIMITS, TICKET_TTL_S

SERVER = "meet.example.org"
JOIN_URL = f"https://{SERVER}/m/{board.MEETING_CODE}/"

MEETING: Mapping[str, Any] = {
    "id": board.MEETING_ID,
    "code": board.MEETING_CODE,
    "title": "Board",
    "state": "ended",
    "language": "en",
    "join_url": JOIN_URL,
    "created_at": board.CREATED_AT,
    "started_at": board.STARTED_AT,
    "ended_at": board.ENDED_AT,
    "last_seq": board.LAST_SEQ,
    "policies": {"recording": True},
    "vocabulary": ["Ada Lovelace"],
    "host": {"display_name": "Ada Lovelace"},
}
MEETING_SCHEDULED: Mapping[str, Any] = {
    **MEETING,
    "state": "scheduled",
    "started_at": None,
    "ended_at": None,
    "last_seq": 0,
}
MEETING_LIVE: Mapping[str, Any] = {
    **MEETING,
    "title": "Board, second half",
    "state": "live",
    "ended_at": None,
    "last_seq": 10,
}
ADA: Mapping[str, Any] = {**board.ADA, "joined_at": board.STARTED_AT, "left_at": board.ENDED_AT}
CHARLES: Mapping[str, Any] = {
    **board.CHARLES,
    "joined_at": "2026-03-02T09:00:02Z",
    "left_at": "2026-03-02T09:44:59Z",
}
TICKET: Mapping[str, Any] = {
    "ticket": board.TICKET,
    "ticket_expires_in": TICKET_TTL_S,
    "ws_url": f"wss://{SERVER}/ws/v1/audio",
}
ADMISSION: Mapping[str, Any] = {
    **TICKET,
    "participant_id": board.ADA_ID,
    "session_id": board.ADA_SESSION_ID,
    "resume_token": board.RESUME_TOKEN,
    "limits": STREAM_LIMITS.as_wire(),
}
KEY: Mapping[str, Any] = {
    "id": "0197a1c2-0000-7000-8000-000000000041",
    "display_name": "Hotline",
    "language": "",
    "consent": ["captions", "transcript"],
    "created_at": board.CREATED_AT,
    "expires_at": "2026-03-03T08:55:00Z",
    "revoked_at": None,
    "last_used_at": None,
}
_SECRET = "key_made-up"  # noqa: S105  an example
KEY_MADE: Mapping[str, Any] = {
    **KEY,
    "key": _SECRET,
    "teler": {
        "flow_url": f"https://{SERVER}/ingest/teler/{_SECRET}/flow",
        "ws_url": f"wss://{SERVER}/ws/v1/ingest/teler/{_SECRET}",
    },
    "twilio": {
        "twiml_url": f"https://{SERVER}/ingest/twilio/{_SECRET}/twiml",
        "ws_url": f"wss://{SERVER}/ws/v1/ingest/twilio/{_SECRET}",
    },
}


def page(*rows: Mapping[str, Any]) -> Mapping[str, Any]:
    """The last one."""
    return {"next_cursor": None, "has_more": False, "data": list(rows)}


BY_SCHEMA: Mapping[str, Any] = {
    "MeetingOut": MEETING,
    "MeetingsPage": page(MEETING),
    "AdmissionOut": ADMISSION,
    "TicketOut": TICKET,
    "ParticipantOut": ADA,
    "ParticipantsPage": page(ADA, CHARLES),
    "IngestKeyMadeOut": KEY_MADE,
    "IngestKeysPage": page(KEY),
}
BY_CALL: Mapping[str, Any] = {
    "meeting_create": MEETING_SCHEDULED,
    "meeting_update": MEETING_LIVE,
    "participant_update": {**ADA, "display_name": "Ada L.", "language": "de", "left_at": None},
}
