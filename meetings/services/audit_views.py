"""Somebody looks at what was said without having been there: the audit trail says who."""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from meetings.access import Actor
from meetings.audit_chain import chain_of
from meetings.models import AuditEvent, AuditHead, Meeting, Participant
from meetings.services.audit import audit_append

VIEWED = "transcript.viewed"
ADMIN_VIEWED = "admin.viewed"
ADMIN_SEARCHED = "admin.searched"
ONE_VISIT = timedelta(minutes=10)  # reloading, paging and waiting for news are no further visits


def transcript_viewed(*, actor: Actor, meeting: Meeting) -> bool:
    """Staff who neither host the meeting nor take part in it leave an entry, one for each visit. Whether one was left.

    Programs with a token are no staff: they leave what they do, not that they read.
    """
    return bool(transcripts_viewed(actor=actor, meetings=[meeting]))


def transcripts_viewed(*, actor: Actor, meetings: Collection[Meeting]) -> int:
    """The same for several at once, as a search shows them; how many entries were left.

    Their number costs no queries but where entries are left, and these are one transaction. Chains are locked in the
    order of their ids, so that two who look at the same meetings do not wait for each other in a circle.
    """
    user = actor.user
    if user is None or not user.is_staff:
        return 0
    strange = {meeting.pk for meeting in meetings if meeting.host_id != user.pk}
    if not strange:
        return 0
    strange -= set(Participant.objects.filter(meeting__in=strange, user=user).values_list("meeting", flat=True))
    unseen = _not_on_a_visit(strange, actor=actor.label, now=timezone.now())
    if unseen:
        with transaction.atomic():
            for pk in sorted(unseen):
                audit_append(meeting_id=pk, actor=actor.label, action=VIEWED, target=f"meeting:{pk}")
    return len(unseen)


def admin_viewed(*, meeting_id: UUID | None, actor: str, target: str) -> bool:
    """`meeting_id` is None for what belongs to no meeting."""
    return _leave(meeting_id=meeting_id, actor=actor, action=ADMIN_VIEWED, target=target)


def admin_searched(*, actor: str, kind: str) -> bool:
    """Across all meetings, so outside of each. What was looked for may be speech: it is not kept."""
    return _leave(meeting_id=None, actor=actor, action=ADMIN_SEARCHED, target=f"admin:{kind}")


def _not_on_a_visit(meetings: Collection[UUID], *, actor: str, now: datetime) -> set[UUID]:
    """Most meetings are long over: the end of their chain alone tells that nobody has been there of late."""
    heads = dict(AuditHead.objects.filter(pk__in=map(chain_of, meetings)).values_list("chain", "number"))
    ends = [Q(meeting_id=pk, number=heads[chain_of(pk)]) for pk in meetings if chain_of(pk) in heads]
    found = AuditEvent.objects.filter(reduce(or_, ends)) if ends else AuditEvent.objects.none()
    last = {event.meeting_id: event for event in found.only("meeting_id", "at", "actor", "action")}
    return {pk for pk in meetings if not _is_on_a_visit(pk, last.get(pk), actor=actor, now=now)}


def _is_on_a_visit(meeting_id: UUID, last: AuditEvent | None, *, actor: str, now: datetime) -> bool:
    if last is not None and last.at <= now - ONE_VISIT:
        return False
    if last is not None and (last.actor, last.action) == (actor, VIEWED):
        return True
    return _is_same_visit(meeting_id, actor=actor, action=VIEWED, target=f"meeting:{meeting_id}", now=now)


def _leave(*, meeting_id: UUID | None, actor: str, action: str, target: str) -> bool:
    """Two requests at once may leave two entries, which is no harm."""
    if _is_same_visit(meeting_id, actor=actor, action=action, target=target, now=timezone.now()):
        return False
    with transaction.atomic():
        audit_append(meeting_id=meeting_id, actor=actor, action=action, target=target)
    return True


def _is_same_visit(meeting_id: UUID | None, *, actor: str, action: str, target: str, now: datetime) -> bool:
    latest = AuditEvent.objects.filter(meeting_id=meeting_id, actor=actor, action=action, target=target)
    at = latest.order_by("-number").values_list("at", flat=True).first()
    return at is not None and at > now - ONE_VISIT
