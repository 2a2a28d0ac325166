"""An example of each request body, by the call that takes it. A test holds them to the calls and their schemas."""

from collections.abc import Mapping
from typing import Any

from meetings.example_meeting import AGREED_ID, MEETING_CODE, RESUME_TOKEN

REQUESTS: Mapping[str, Mapping[str, Any]] = {
    "meeting_create": {
        "title": "Board",
        "language": "en",
        "policies": {"recording": True},
        "vocabulary": ["Ada Lovelace"],
    },
    "meeting_update": {"title": "Board, second half"},
    "participant_admit": {"display_name": "Ada", "role": "speaker"},
    "participant_update": {"display_name": "Ada L.", "language": "de"},
    "ticket_renew": {"resume_token": RESUME_TOKEN},
    "ingest_key_create": {"consent": ["captions", "transcript"], "display_name": "Hotline", "expires_in_s": 86_400},
    "role_give": {"user": "ada@example.org", "role": "editor"},
    "role_change": {"role": "viewer"},
    "link_change": {"is_open": False},
    "link_renew": {"code": MEETING_CODE},
    "meeting_organisation_set": {"organisation": "board"},
    "organisation_create": {"name": "The board", "slug": "board"},
    "organisation_rename": {
        "name": "Board and council",
        "policies": {"mode": "transcript", "retention_days": {"text": 365, "audio": 30}},
    },
    "membership_give": {"user": "ada", "role": "admin"},
    "membership_change": {"role": "member"},
    "token_create": {"name": "minutes bot", "scope": "write", "expires_in_s": 31_536_000},
    "segment_correct": {"text": "We meet again on Monday.", "reason": "misheard"},
    "segment_undo": {"to_rev": 1, "reason": "it was right before"},
    "segment_split": {"at": 24, "reason": "two people"},
    "segment_merge": {"next_id": AGREED_ID, "reason": "one sentence"},
    "segment_retract": {"reason": "nobody said this"},
    "segment_restore": {"reason": "it was said after all"},
    "segment_redact": {"from_char": 14, "to_char": 26, "rev": 2},
    "replacement_propose": {"find": "Love lace", "replace": "Lovelace", "match_case": True},
    "replacement_apply": {"hits": [0]},
    "export_request": {"format": "docx", "speakers": ["Ada"], "paragraphs": True},
    "hold_place": {"reason": "Case 2026/17"},
    "meeting_purge": {"what": "audio"},
    "participant_erase": {"resume_token": RESUME_TOKEN},
    "webhook_create": {"url": "https://hooks.example.com/colloquy", "event_types": ["meeting.ended", "segment.final"]},
    "webhook_update": {"event_types": ["*"], "is_enabled": True},
}
