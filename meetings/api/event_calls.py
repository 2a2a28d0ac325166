"""The durable log of a meeting, with long poll."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Query, Router

from meetings.access import Actor, meeting_to_read
from meetings.api.credentials import actor_of, credentials_anew, credentials_read, read
from meetings.api.parameters import EventsQuery, Ref
from meetings.api.schemas import EventsOut
from meetings.api.waiting import WAITERS_MAX, Waiters
from meetings.selectors import EventsPage, events_after, meetings_last_seq
from meetings.services.audit_views import transcript_viewed

router = Router(tags=["events"])


async def _last_seqs(meeting_ids: Collection[UUID]) -> Mapping[UUID, int]:
    return await read(meetings_last_seq, meeting_ids=meeting_ids)


waiters = Waiters(WAITERS_MAX, last_seqs=_last_seqs)


@router.get("/meetings/{ref}/events", response=EventsOut, auth=credentials_read, operation_id="event_list")
async def events(request: HttpRequest, ref: Ref, query: Query[EventsQuery]) -> HttpResponse:
    """Events after `after_seq`. When there are none, waits up to `wait_s` for the next one, then answers empty."""
    meeting_id, page = await read(_first_page, actor_of(request), ref, query)
    if not page.messages and query.wait_s > 0:
        await waiters.growth(meeting_id, after_seq=page.next_after_seq, wait_s=query.wait_s)
        page = await read(_next_page, request, ref, query)
    answer = {"data": page.messages, "next_after_seq": page.next_after_seq, "has_more": page.has_more}
    return JsonResponse(answer, headers={"Cache-Control": "no-store"})


def _next_page(request: HttpRequest, ref: str, query: EventsQuery) -> EventsPage:
    """For whoever may still read the meeting after all that waiting."""
    meeting = meeting_to_read(credentials_anew(request), ref)
    return events_after(meeting_id=meeting.pk, after_seq=query.after_seq, limit=query.limit)


def _first_page(actor: Actor, ref: str, query: EventsQuery) -> tuple[UUID, EventsPage]:
    meeting = meeting_to_read(actor, ref)
    transcript_viewed(actor=actor, meeting=meeting)
    meeting_id: UUID = meeting.pk
    return meeting_id, events_after(meeting_id=meeting_id, after_seq=query.after_seq, limit=query.limit)
