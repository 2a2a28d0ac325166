"""Lines that were taken out of a transcript, for those who may put them back."""

from django.db.models import Q
from django.http import HttpRequest
from ninja import Query, Router

from meetings.access import meeting_to_edit
from meetings.api.credentials import actor_of
from meetings.api.cursors import Cursor
from meetings.api.parameters import PageQuery, Ref
from meetings.api.retracted_schemas import RetractedPage
from meetings.api.shapes import Shape
from meetings.services.audit_views import transcript_viewed
from meetings.taken_out import TakenOut, lines_taken_out, taken_out_read

router = Router(tags=["corrections"])
LISTING = "retracted"


@router.get("/meetings/{ref}/retracted", response=RetractedPage, operation_id="segment_retracted_list")
def list_(request: HttpRequest, ref: Ref, page: Query[PageQuery]) -> Shape:
    """What was taken out of the transcript and can be put back (`restore`), by start, with its text.

    Lines that were merged into others come back by undoing that, and are not listed; nor is what was deleted.
    """
    actor = actor_of(request)
    meeting = meeting_to_edit(actor, ref)
    transcript_viewed(actor=actor, meeting=meeting)
    found = lines_taken_out(meeting_id=meeting.pk)
    rows = found.select_related("participant").order_by("start_ms", "id")
    if page.cursor is not None:
        last = Cursor.unpack(page.cursor, listing=LISTING)
        rows = rows.filter(Q(start_ms__gt=last.key) | Q(start_ms=last.key, id__gt=last.id))
    segments = list(rows[: page.limit + 1])
    shown, has_more = segments[: page.limit], len(segments) > page.limit
    cursor = Cursor(listing=LISTING, key=shown[-1].start_ms, id=shown[-1].pk).pack() if has_more else None
    return {
        "data": [_shape(line) for line in taken_out_read(shown)],
        "n_lines": found.count(),
        "next_cursor": cursor,
        "has_more": has_more,
    }


def _shape(line: TakenOut) -> Shape:
    segment = line.segment
    return {
        "id": segment.pk,
        "rev": segment.rev,
        "participant_id": segment.participant_id,
        "speaker": segment.participant.display_name,
        "start_ms": segment.start_ms,
        "end_ms": segment.end_ms,
        "text": segment.text,
        "language": segment.language,
        "actor": line.actor,
        "author": line.author,
        "reason": line.reason,
        "at": line.at,
    }
