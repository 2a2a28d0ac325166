"""What a webhook says: made when it is sent, so that what was redacted or purged meanwhile is not in it."""

import json
from typing import Any

from meetings.models import WebhookEvent
from meetings.selectors import events_after

VERSION = 1


def payload_of(event: WebhookEvent) -> bytes | None:
    """The body; None when what it would tell of is not there any more."""
    data: dict[str, Any] = dict(event.data)
    if event.meeting is not None:
        data["meeting"] = {"id": str(event.meeting.pk), "title": event.meeting.title}
    if event.meeting is not None and event.seq is not None:
        page = events_after(meeting_id=event.meeting.pk, after_seq=event.seq - 1, limit=1)
        if not page.messages or page.messages[0]["seq"] != event.seq:
            return None
        message = page.messages[0]
        data["seq"] = event.seq
        if message["type"] == "segment":
            data["segment"] = message["segment"]
        else:
            data["event"] = message["event"]
    said = {"type": event.type, "version": VERSION, "timestamp": event.at.isoformat(), "data": data}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
