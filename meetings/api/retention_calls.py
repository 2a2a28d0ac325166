"""Keeping and deleting: how long a meeting is kept, holds, purges with their proofs, and redaction of passages."""

from django.http import HttpRequest
from ninja import Router
from ninja.responses import Status

from meetings.access import meeting_to_manage, segment_to_edit
from meetings.api.credentials import actor_of, credentials_admin
from meetings.api.parameters import Ref, SegmentId
from meetings.api.retention_schemas import HoldIn, HoldOut, PurgeIn, PurgeOut, RedactionIn, RetentionOut
from meetings.api.schemas import SegmentOut
from meetings.api.shapes import Shape
from meetings.errors import Invalid
from meetings.messages import segment_wire
from meetings.models import Purge
from meetings.passages import Passage
from meetings.retention_status import hold_shape, purge_shape, retention_status
from meetings.services.holds import hold_lift, hold_place
from meetings.services.purge_jobs import purge_ask
from meetings.services.redaction import segment_redact

router = Router(tags=["retention"], auth=credentials_admin)


@router.post("/segments/{uuid:segment_id}/redact", response=SegmentOut, operation_id="segment_redact")
def redact(request: HttpRequest, segment_id: SegmentId, redaction: RedactionIn) -> Shape:
    """Delete a line, or a passage of it, for good: its text, all its revisions, its words, and its recorded sound.

    For those who may edit. What is left of the line has the state `redacted` and a mark where the passage was.
    """
    actor = actor_of(request)
    segment = segment_to_edit(actor, segment_id)
    redacted = segment_redact(segment_id=segment.pk, actor=actor.label, passage=_passage(redaction), rev=redaction.rev)
    return {**segment_wire(redacted)}


@router.get("/meetings/{ref}/retention", response=RetentionOut, operation_id="retention_read")
def retention(request: HttpRequest, ref: Ref) -> Shape:
    """For the host: what is kept of the meeting and until when, a hold, and proofs of what was deleted."""
    return retention_status(meeting_to_manage(actor_of(request), ref))


@router.put("/meetings/{ref}/hold", response=HoldOut, operation_id="hold_place")
def hold(request: HttpRequest, ref: Ref, hold: HoldIn) -> Shape:
    """For the host: from now on nothing of the meeting is deleted, until the hold is lifted."""
    actor = actor_of(request)
    return hold_shape(hold_place(meeting=meeting_to_manage(actor, ref), by=actor.label, reason=hold.reason))


@router.delete("/meetings/{ref}/hold", response=HoldOut, operation_id="hold_lift")
def lift(request: HttpRequest, ref: Ref) -> Shape:
    """For the host: what became due meanwhile is deleted within minutes."""
    actor = actor_of(request)
    return hold_shape(hold_lift(meeting=meeting_to_manage(actor, ref), by=actor.label))


@router.post("/meetings/{ref}/purge", response={202: PurgeOut}, operation_id="meeting_purge")
def purge(request: HttpRequest, ref: Ref, purge: PurgeIn) -> Status[Shape]:
    """For the host: delete all text, or all sound, of the meeting for good. It is done within minutes."""
    actor = actor_of(request)
    meeting = meeting_to_manage(actor, ref)
    asked = purge_ask(meeting=meeting, what=purge.what, reason=Purge.Reason.ASKED, by=actor.label)
    return Status(202, purge_shape(asked))


def _passage(redaction: RedactionIn) -> Passage | None:
    """Raises Invalid: neither, both, or half of it was said."""
    match redaction.whole, redaction.from_char, redaction.to_char:
        case True, None, None:
            return None
        case False, int(start), int(end):
            return Passage(start=start, end=end)
    raise Invalid("Say either whole, or from_char and to_char.")
