"""Take a line out of the transcript, and put it back: each a new revision, with its event and its audit entry."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from meetings.errors import Conflict, NotFound
from meetings.models import Meeting, MeetingEvent, Segment, SegmentRevision
from meetings.services.audit import audit_append, text_hash
from meetings.services.events import event_append

BLEED = "bleed"  # another participant's voice in this one's microphone


def segment_restore(*, segment_id: UUID, actor: str) -> Segment:
    """Put a retracted line back as it was. It is not judged again.

    Raises NotFound. Raises Conflict: the line stands, or its text was deleted.
    """
    with transaction.atomic():
        segment = _locked(segment_id)
        if segment.state != Segment.State.RETRACTED:
            raise Conflict("Only a retracted segment can be restored.")
        if segment.purged_at is not None:
            raise Conflict("The text of this segment was deleted.", code="text_deleted")
        before = segment.revisions.exclude(state=Segment.State.RETRACTED).order_by("rev").last()
        state = before.state if before else Segment.State.FINAL
        return _revise(segment, state=state, actor=actor, action="segment.restored", reason="restored")


def segment_retract(*, segment_id: UUID, actor: str, reason: str) -> Segment:
    """Take a line out of everything that is read. Its text stays in the row.

    Raises NotFound. Raises Conflict: it is retracted or redacted already.
    """
    with transaction.atomic():
        segment = _locked(segment_id)
        if segment.state in (Segment.State.RETRACTED, Segment.State.REDACTED):
            raise Conflict("The segment is not in the transcript.")
        retracted = Segment.State.RETRACTED
        return _revise(segment, state=retracted, actor=actor, action="segment.retracted", reason=reason)


def _locked(segment_id: UUID) -> Segment:
    """The meeting's row first, as in a commit that retracts what another one said."""
    meeting_id = Segment.objects.values_list("meeting_id", flat=True).filter(pk=segment_id).first()
    if meeting_id is None:
        raise NotFound
    Meeting.objects.select_for_update(no_key=True).values_list("pk").get(pk=meeting_id)
    return Segment.objects.select_for_update(of=("self",)).select_related("participant").get(pk=segment_id)


def _revise(segment: Segment, *, state: str, actor: str, action: str, reason: str) -> Segment:
    SegmentRevision.objects.create(
        segment=segment,
        rev=segment.rev,
        state=segment.state,
        text=segment.text,
        words=segment.words,
        language=segment.language,
        confidence=segment.confidence,
        engine=segment.engine,
        actor=actor,
        reason=reason,
        at=timezone.now(),
    )
    segment.rev += 1
    segment.state = state
    segment.save(update_fields=["rev", "state"])
    event_append(
        meeting_id=segment.meeting_id,
        type=MeetingEvent.Type.SEGMENT,
        payload={"segment_id": str(segment.pk), "rev": segment.rev},
        segment=segment,
    )
    audit_append(
        meeting_id=segment.meeting_id,
        actor=actor,
        action=action,
        target=f"segment:{segment.pk}",
        data={
            "rev": segment.rev,
            "reason": reason,
            "text_hash": text_hash(salt=segment.text_salt, text=segment.text),
        },
    )
    return segment
