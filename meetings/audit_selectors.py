"""What can be read of a meeting's audit trail."""

from uuid import UUID

from meetings.audit_chain import chain_of
from meetings.models import AuditEvent, AuditHead


def audit_head(*, meeting_id: UUID) -> AuditHead | None:
    """How long the meeting's trail is, and what its last regular verification found. None: nothing was entered yet."""
    return AuditHead.objects.filter(pk=chain_of(meeting_id)).first()


def audit_trail(*, meeting_id: UUID, after_number: int = 0, limit: int = 100) -> list[AuditEvent]:
    found = AuditEvent.objects.filter(meeting_id=meeting_id, number__gt=after_number)
    return list(found.order_by("number")[:limit])


def audit_trail_back(*, meeting_id: UUID, before_number: int | None, limit: int) -> list[AuditEvent]:
    """The newest first; `before_number` None: from the end on."""
    found = AuditEvent.objects.filter(meeting_id=meeting_id)
    if before_number is not None:
        found = found.filter(number__lt=before_number)
    return list(found.order_by("-number")[:limit])
