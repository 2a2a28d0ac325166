"""The link by which guests come into a meeting: see it, renew it, turn joining by it off and on."""

from django.http import HttpRequest
from ninja import Router

from meetings.access import meeting_to_manage
from meetings.api.credentials import actor_of, credentials_admin
from meetings.api.link_schemas import LinkOut, LinkPatch, LinkRenewIn
from meetings.api.parameters import Ref
from meetings.api.shapes import Shape, meeting_join_url
from meetings.models import Meeting
from meetings.services.links import link_open_set, link_renew

router = Router(tags=["access"], auth=credentials_admin)


@router.get("", response=LinkOut, operation_id="link_read")
def read(request: HttpRequest, ref: Ref) -> Shape:
    """The meeting's link, and whether it lets in whoever knows it. For owners."""
    return _shape(request, meeting_to_manage(actor_of(request), ref))


@router.patch("", response=LinkOut, operation_id="link_change")
def change(request: HttpRequest, ref: Ref, changes: LinkPatch) -> Shape:
    """Turn joining by link off or on. For owners. Who speaks stays, and whoever has a right comes in as ever."""
    actor = actor_of(request)
    meeting = meeting_to_manage(actor, ref)
    return _shape(request, link_open_set(meeting=meeting, actor=actor, is_open=changes.is_open))


@router.post("/renew", response=LinkOut, operation_id="link_renew")
def renew(request: HttpRequest, ref: Ref, which: LinkRenewIn | None = None) -> Shape:
    """Give the meeting another code, and so another link. For owners. The old one lets nobody in any more.

    Addresses with the old code lead on those who have a right to the meeting.
    """
    actor = actor_of(request)
    meeting = meeting_to_manage(actor, ref)
    return _shape(request, link_renew(meeting=meeting, actor=actor, code=which.code if which else None))


def _shape(request: HttpRequest, meeting: Meeting) -> Shape:
    return {"code": meeting.code, "join_url": meeting_join_url(request, meeting), "is_open": meeting.is_link_open}
