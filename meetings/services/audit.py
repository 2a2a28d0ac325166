"""The audit trail: who did what, each entry sealed by the hash of the one before."""

import hashlib
import json
from collections.abc import Mapping
from uuid import UUID

from django.utils import timezone

from meetings.models import AuditEvent, Meeting

SYSTEM = "system"


def audit_append(
    *, meeting_id: UUID | None, actor: str, action: str, target: str, data: Mapping[str, object] | None = None
) -> AuditEvent:
    """Inside the caller's transaction. `data` holds ids, counts and hashes: no speech, no names, no floats.

    The meeting's row lock orders its chain. Acts outside of meetings are rare; there the unique number refuses the
    loser of a race.
    """
    if meeting_id is not None:
        Meeting.objects.select_for_update(no_key=True).values_list("pk").get(pk=meeting_id)
    last = AuditEvent.objects.filter(meeting_id=meeting_id).order_by("-number").first()
    event = AuditEvent(
        meeting_id=meeting_id,
        number=last.number + 1 if last else 1,
        at=timezone.now(),
        actor=actor,
        action=action,
        target=target,
        data=dict(data or {}),
        previous_hash=last.hash if last else "",
    )
    event.hash = audit_hash(event)
    event.save(force_insert=True)
    return event


def audit_hash(event: AuditEvent) -> str:
    """SHA-256 over every field that the entry asserts, as canonical JSON."""
    content = {
        "meeting_id": str(event.meeting_id) if event.meeting_id else None,
        "number": event.number,
        "at": event.at.isoformat(timespec="microseconds"),
        "actor": event.actor,
        "action": event.action,
        "target": event.target,
        "data": event.data,
        "previous_hash": event.previous_hash,
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def audit_verify(*, meeting_id: UUID | None) -> int | None:
    """The number of the first entry that does not fit its chain; None when all do."""
    previous_hash = ""
    events = AuditEvent.objects.filter(meeting_id=meeting_id).order_by("number")
    for number, event in enumerate(events.iterator(), start=1):
        if (event.number, event.previous_hash, event.hash) != (number, previous_hash, audit_hash(event)):
            return number
        previous_hash = event.hash
    return None


def text_hash(*, salt: str, text: str) -> str:
    """What the trail keeps of a text: it proves the text while the row with its salt exists, and nothing after."""
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()
