"""A trail of some length, and what somebody who owns the database can do to it."""

from uuid import UUID

from django.db import connection

from meetings.audit_triggers import triggers_remove
from meetings.models import AuditEvent, AuditHead, Meeting, Segment
from meetings.services.audit import audit_hash
from meetings.services.audit_check import anchors_read, audit_check
from meetings.services.segments import segment_restore, segment_retract
from tests.integration.made import commit, meeting_made, opened, speech


def unguard() -> None:
    """Somebody owns the database: the triggers do not stop them, the chain still tells."""
    triggers_remove(connection)


def spoken() -> Meeting:
    """A meeting with three lines, of which the second was taken out and put back."""
    meeting = meeting_made()
    session = opened(meeting)
    commit(session.owner, speech(0, 8_000, text="the first line"))
    commit(session.owner, speech(8_000, 16_000, text="the second line"), settled_from=8_000)
    commit(session.owner, speech(16_000, 24_000, text="the third line"), settled_from=16_000)
    second = line("the second line")
    segment_retract(segment_id=second.pk, actor="user:1", reason="mistake")
    segment_restore(segment_id=second.pk, actor="user:1")
    assert audit_check(meeting_id=meeting.pk) == []
    return meeting


def line(text: str) -> Segment:
    return Segment.objects.get(text=text)


def entries(meeting_id: UUID | None, action: str = "") -> list[AuditEvent]:
    found = AuditEvent.objects.filter(meeting_id=meeting_id).order_by("number")
    return list(found.filter(action=action) if action else found)


def codes(meeting_id: UUID | None, *, with_anchors: bool = False) -> set[tuple[str, int | None]]:
    found = audit_check(meeting_id=meeting_id, **({"anchors": anchors_read()} if with_anchors else {}))
    assert all(finding.meeting_id == meeting_id and finding.words for finding in found)
    return {(finding.code, finding.number) for finding in found}


def reseal(meeting_id: UUID | None, *, moves_head: bool = True) -> None:
    """What somebody does who knows how the chain is made: each hash anew, and the head too."""
    previous_hash, number = "", 0
    for number, event in enumerate(entries(meeting_id), start=1):
        event.number, event.previous_hash = number, previous_hash
        event.hash = previous_hash = audit_hash(event)
        event.save()
    if moves_head:
        head = meeting_id.hex if meeting_id else "outside"
        AuditHead.objects.filter(pk=head).update(number=number, hash=previous_hash)
