"""An example of each request body, by the call that takes it. A test holds them to the calls and their schemas."""

from collections.abc import Mapping
from typing import Any

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
    "ticket_renew": {"resume_token": "as the admission gave it"},
    "ingest_key_create": {"consent": ["captions", "transcript"], "display_name": "Hotline", "expires_in_s": 86_400},
    "webhook_create": {"url": "https://hooks.example.com/colloquy", "event_types": ["meeting.ended", "segment.final"]},
    "webhook_update": {"event_types": ["*"], "is_enabled": True},
}
