"""Meetings: make, list, read, change, end."""

from typing import Annotated
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest
from ninja import Header, Query, Router
from ninja.responses import Status

from meetings.access import Actor, meeting_to_manage, meeting_to_read, meetings_to_read
from meetings.api import throttling
from meetings.api.credentials import actor_of, credentials_account_admin, hosted_remember
from meetings.api.cursors import Cursor
from meetings.api.parameters import PageQuery, Ref
from meetings.api.problems import UNAUTHENTICATED, ProblemError
from meetings.api.schemas import MeetingIn, MeetingOut, MeetingPatch, MeetingsPage
from meetings.api.shapes import Shape, meeting_shape
from meetings.errors import NotFound
from meetings.models import Meeting
from meetings.organisation_access import organisation_to_read
from meetings.services.idempotency import idempotent
from meetings.services.meetings import meeting_create, meeting_end, meeting_update

router = Router(tags=["meetings"])

IdempotencyKey = Annotated[
    str | None,
    Header(
        None,
        alias="Idempotency-Key",
        description="Repeating a request with the same key gives the first one's meeting. Ignored for guests.",
    ),
]


@router.post(
    "",
    response={201: MeetingOut},
    operation_id="meeting_create",
    throttle=throttling.joins,
    openapi_extra=throttling.DESCRIBED,
)
def create(request: HttpRequest, meeting: MeetingIn, idempotency_key: IdempotencyKey) -> Status[Shape]:
    """Make a meeting. Its maker is the host. To make it in an `organisation` a token needs the scope `admin`."""
    actor = actor_of(request)
    fields = meeting.model_dump(exclude={"organisation"})
    if meeting.organisation is not None:
        credentials_account_admin(request)  # it says who may read, as sharing a meeting afterwards does

    def make() -> UUID:
        shared_with = None if meeting.organisation is None else organisation_to_read(actor, meeting.organisation)
        made: UUID = meeting_create(actor=actor, organisation=shared_with, **fields).pk
        return made

    unsaid = {"organisation"} if meeting.organisation is None else None
    content = meeting.model_dump_json(exclude=unsaid).encode()
    outcome = idempotent(actor=actor, key=idempotency_key, action="meeting.create", request=content, make=make)
    if actor.user is None:
        hosted_remember(request, outcome.reference)
    made = Meeting.objects.select_related("host").filter(pk=outcome.reference).first()
    if made is None:
        raise NotFound("The meeting that was made by this idempotency key has been deleted.")
    return Status(201, meeting_shape(request, made))


@router.get("", response=MeetingsPage, operation_id="meeting_list")
def list_(request: HttpRequest, page: Query[PageQuery]) -> Shape:
    """The meetings that the caller hosts or takes part in, newest first; for staff and service accounts all."""
    found, next_cursor = _page(actor_of(request), limit=page.limit, cursor=page.cursor)
    return {
        "data": [meeting_shape(request, meeting) for meeting in found],
        "next_cursor": next_cursor,
        "has_more": next_cursor is not None,
    }


@router.get("/{ref}", response=MeetingOut, operation_id="meeting_read")
def read(request: HttpRequest, ref: Ref) -> Shape:
    """One meeting, for those who know its code or have a part in it."""
    return meeting_shape(request, meeting_to_read(actor_of(request), ref))


@router.patch("/{ref}", response=MeetingOut, operation_id="meeting_update")
def update(request: HttpRequest, ref: Ref, changes: MeetingPatch) -> Shape:
    """Change what is given, leave the rest. For the host.

    What changes for how long the meeting is kept (`retention_days`, `purge_names`, the mode `ephemeral`) needs what
    deleting it needs: a token's scope `admin`.
    """
    actor = actor_of(request)
    meeting = meeting_to_manage(actor, ref)
    return meeting_shape(request, meeting_update(meeting=meeting, actor=actor, **changes.model_dump()))


@router.post("/{ref}/end", response=MeetingOut, operation_id="meeting_end")
def end(request: HttpRequest, ref: Ref) -> Shape:
    """End the meeting for everybody; what was said is still transcribed to its end. Ending twice changes nothing."""
    actor = actor_of(request)
    return meeting_shape(request, meeting_end(meeting=meeting_to_manage(actor, ref), actor=actor))


def _page(actor: Actor, *, limit: int, cursor: str | None) -> tuple[list[Meeting], str | None]:
    if actor.user is None and not actor.hosted:
        raise ProblemError(UNAUTHENTICATED)  # an empty list would hide that the credentials are missing
    meetings = meetings_to_read(actor).select_related("host").order_by("-created_at", "id")
    if cursor is not None:
        last = Cursor.unpack(cursor, listing="meetings")
        meetings = meetings.filter(Q(created_at__lt=last.moment) | Q(created_at=last.moment, id__gt=last.id))
    found = list(meetings[: limit + 1])
    if len(found) <= limit:
        return found, None
    last_shown = found[limit - 1]
    return found[:limit], Cursor.at(last_shown.created_at, id=last_shown.pk, listing="meetings").pack()
