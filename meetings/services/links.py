"""Renew a meeting's link, and turn joining by it off and on. Nobody who speaks is put out by either."""

from django.db import transaction
from django.utils import timezone

from meetings.access import Actor, is_manager
from meetings.announce import rights_announce
from meetings.codes import code_normalise
from meetings.errors import Conflict, Forbidden
from meetings.meeting_codes import code_unused
from meetings.models import Meeting, MeetingEvent
from meetings.services.audit import audit_append
from meetings.services.events import event_append

MOST_FORMER_CODES = 100  # of one meeting; what is older names nothing any more


def link_renew(*, meeting: Meeting, actor: Actor, code: str | None = None) -> Meeting:
    """Another code, and what the link let in before ends. The old code stays an address for those who have a right.

    `code` is the one that is to go: of two people who renew the same link at once, one is told that it was done. The
    lock is the stronger one, as the code's own uniqueness asks for it: taking it later could end in a deadlock.
    Raises Forbidden; Conflict (link_renewed): it was renewed since.
    """
    _refuse_others(actor, meeting)
    with transaction.atomic():
        locked = Meeting.objects.select_for_update().get(pk=meeting.pk)
        if code is not None and code_normalise(code) != locked.code:
            raise Conflict("The link was renewed since: this is the new one.", code="link_renewed")
        former = locked.former_codes.create(code=locked.code)
        locked.former_codes.exclude(pk__in=locked.former_codes.values("pk")[:MOST_FORMER_CODES]).delete()
        locked.code = code_unused()
        locked.link_number += 1
        locked.save(update_fields=["code", "link_number"])
        _tell(locked, actor=actor, action="meeting.link_renewed", number=locked.link_number, former=former.pk)
        transaction.on_commit(rights_announce)
    return Meeting.objects.select_related("host").get(pk=meeting.pk)


def link_open_set(*, meeting: Meeting, actor: Actor, is_open: bool) -> Meeting:
    """Whether knowing the link is enough. Setting what stands changes nothing. Raises Forbidden."""
    _refuse_others(actor, meeting)
    with transaction.atomic():
        locked = Meeting.objects.select_for_update(no_key=True).get(pk=meeting.pk)
        if locked.is_link_open != is_open:
            locked.is_link_open = is_open
            locked.save(update_fields=["is_link_open"])
            _tell(locked, actor=actor, action="meeting.link_opened" if is_open else "meeting.link_closed")
            if not is_open:
                transaction.on_commit(rights_announce)
    return Meeting.objects.select_related("host").get(pk=meeting.pk)


def _tell(locked: Meeting, *, actor: Actor, action: str, **data: object) -> None:
    """That it changed, and never what it is: whoever reads the log may have come by the link before."""
    event_append(
        meeting_id=locked.pk,
        type=MeetingEvent.Type.MEETING_CHANGED,
        payload={
            "changed": ["link"],
            "title": locked.title,
            "language": locked.language,
            "at_ms": locked.at_ms(timezone.now()),
        },
    )
    audit_append(meeting_id=locked.pk, actor=actor.label, action=action, target=f"meeting:{locked.pk}", data=dict(data))


def _refuse_others(actor: Actor, meeting: Meeting) -> None:
    if not is_manager(actor, meeting):
        raise Forbidden("Only the host and other owners of the meeting may do this.")
