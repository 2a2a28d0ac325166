"""The durable log of a meeting, with long poll."""

from functools import partial
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Query, Router

from meetings.access import Actor, meeting_to_read
from meetings.api.credentials import actor_of, credentials_read, read
from meetings.api.parameters import EventsQuery, Ref
from meetings.api.schemas import EventsOut
from meetings.api.waiting import growth_awaited, waiters
from meetings.selectors import EventsPage, events_after, meetings_last_seq

router = Router(tags=["events"])


@router.get("/meetings/{ref}/events", response=EventsOut, auth=credentials_read, operation_id="event_list")
async def events(request: HttpRequest, ref: Ref, query: Query[EventsQuery]) -> HttpResponse:
    """Events after `after_seq`. When there are none, waits up to `wait_s` for the next one, then answers empty."""
    meeting_id, page = await read(_first_page, actor_of(request), ref, query)
    if not page.messages and query.wait_s > 0:
        with waiters.admitted():
            await growth_awaited(
                meeting_id=meeting_id,
                after_seq=page.next_after_seq,
                wait_s=query.wait_s,
                last_seq=partial(read, _last_seq, meeting_id),
            )
        page = await read(events_after, meeting_id=meeting_id, after_seq=query.after_seq, limit=query.limit)
    answer = {"data": page.messages, "next_after_seq": page.next_after_seq, "has_more": page.has_more}
    return JsonResponse(answer, headers={"Cache-Control": "no-store"})


def _first_page(actor: Actor, ref: str, query: EventsQuery) -> tuple[UUID, EventsPage]:
    meeting_id: UUID = meeting_to_read(actor, ref).pk
    return meeting_id, events_after(meeting_id=meeting_id, after_seq=query.after_seq, limit=query.limit)


def _last_seq(meeting_id: UUID) -> int:
    return meetings_last_seq(meeting_ids=[meeting_id]).get(meeting_id, 0)
