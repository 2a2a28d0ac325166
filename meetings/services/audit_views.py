"""Somebody looks at what was said without having been there: the audit trail says who."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from meetings.access import Actor
from meetings.models import AuditEvent, Meeting
from meetings.services.audit import audit_append

VIEWED = "transcript.viewed"
ADMIN_VIEWED = "admin.viewed"
ADMIN_SEARCHED = "admin.searched"
ONE_VISIT = timedelta(minutes=10)  # reloading, paging and waiting for news are no further visits


def transcript_viewed(*, actor: Actor, meeting: Meeting) -> bool:
    """Staff who neither host the meeting nor take part in it leave an entry, one for each visit. Whether one was left.

    Programs with a token are no staff: they leave what they do, not that they read.
    """
    user = actor.user
    if user is None or not user.is_staff or user.pk == meeting.host_id:
        return False
    if meeting.participants.filter(user=user).exists():
        return False
    return _leave(meeting_id=meeting.pk, actor=actor.label, action=VIEWED, target=f"meeting:{meeting.pk}")


def admin_viewed(*, meeting_id: UUID | None, actor: str, target: str) -> bool:
    """`meeting_id` is None for what belongs to no meeting."""
    return _leave(meeting_id=meeting_id, actor=actor, action=ADMIN_VIEWED, target=target)


def admin_searched(*, actor: str, kind: str) -> bool:
    """Across all meetings, so outside of each. What was looked for may be speech: it is not kept."""
    return _leave(meeting_id=None, actor=actor, action=ADMIN_SEARCHED, target=f"admin:{kind}")


def _leave(*, meeting_id: UUID | None, actor: str, action: str, target: str) -> bool:
    """Two requests at once may leave two entries, which is no harm."""
    if _is_same_visit(meeting_id, actor=actor, action=action, target=target, now=timezone.now()):
        return False
    with transaction.atomic():
        audit_append(meeting_id=meeting_id, actor=actor, action=action, target=target)
    return True


def _is_same_visit(meeting_id: UUID | None, *, actor: str, action: str, target: str, now: datetime) -> bool:
    latest = AuditEvent.objects.filter(meeting_id=meeting_id, actor=actor, action=action, target=target)
    at = latest.order_by("-number").values_list("at", flat=True).first()
    return at is not None and at > now - ONE_VISIT
