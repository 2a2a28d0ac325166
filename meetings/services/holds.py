"""Legal holds: while one stands, nothing of a meeting is deleted."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from meetings.checks import line_checked
from meetings.errors import Conflict
from meetings.models import LegalHold, Meeting
from meetings.services.audit import audit_append

REASON_MAX_CHARS = 500


def hold_place(*, meeting: Meeting, by: str, reason: str) -> LegalHold:
    """Under the meeting's lock, which every deletion takes too: from here on none begins or goes on.

    Raises Conflict: one stands already. Raises Invalid.
    """
    why = line_checked(reason, what="The reason", max_chars=REASON_MAX_CHARS)
    with transaction.atomic():
        Meeting.objects.select_for_update(no_key=True).get(pk=meeting.pk)
        if hold_standing(meeting.pk) is not None:
            raise Conflict("The meeting is on hold already.", code="legal_hold")
        hold = LegalHold.objects.create(meeting=meeting, reason=why, placed_by=by)
        _audit(hold, by=by, action="hold.placed")
    return hold


def hold_lift(*, meeting: Meeting, by: str) -> LegalHold:
    """What is due by then is deleted by the next run. Raises Conflict: none stands."""
    with transaction.atomic():
        Meeting.objects.select_for_update(no_key=True).get(pk=meeting.pk)
        hold = hold_standing(meeting.pk)
        if hold is None:
            raise Conflict("The meeting is not on hold.", code="no_legal_hold")
        hold.lifted_by, hold.lifted_at = by, timezone.now()
        hold.save(update_fields=["lifted_by", "lifted_at"])
        _audit(hold, by=by, action="hold.lifted")
    return hold


def hold_standing(meeting_id: UUID) -> LegalHold | None:
    return LegalHold.objects.filter(meeting=meeting_id, lifted_at__isnull=True).first()


def hold_refuse(meeting_id: UUID) -> None:
    """Inside the caller's transaction, under the meeting's lock. Raises Conflict."""
    if hold_standing(meeting_id) is not None:
        raise Conflict("The meeting is on legal hold: nothing of it may be deleted.", code="legal_hold")


def _audit(hold: LegalHold, *, by: str, action: str) -> None:
    """The reason stands in the hold's row: it may hold names."""
    audit_append(
        meeting_id=hold.meeting_id,
        actor=by,
        action=action,
        target=f"meeting:{hold.meeting_id}",
        data={"hold": str(hold.pk)},
    )
