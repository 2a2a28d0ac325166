"""The audit trail: who did what, each entry sealed by the hash of the one before."""

import warnings
from collections.abc import Mapping
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from meetings.audit_actions import ACTIONS
from meetings.audit_chain import Entry, chain_of, entry_hash, text_hash
from meetings.errors import NotFound
from meetings.models import AuditEvent, AuditHead, Meeting

__all__ = ["SYSTEM", "audit_append", "audit_end_locked", "audit_entry", "audit_hash", "audit_verify", "text_hash"]

SYSTEM = "system"
N_FIRSTS = 20  # how many may race for the very first entry outside of meetings


def audit_append(
    *, meeting_id: UUID | None, actor: str, action: str, target: str, data: Mapping[str, object] | None = None
) -> AuditEvent:
    """Inside the caller's transaction. `data` holds ids, counts and hashes: no speech, no names, no floats.

    `action` is one of `meetings.audit_actions`, which also says what `data` holds where texts come and go.

    The meeting's row lock orders its chain; a trail goes on when its meeting is deleted. What is done outside of
    meetings is ordered by the lock of that chain's head, so it comes last in a transaction that also locks meetings.
    Only the end of the chain is read, however long it is; the database itself moves it.
    """
    if action not in ACTIONS:  # the act is recorded all the same; tests take warnings for errors
        warnings.warn(f"{action} has no line in meetings/audit_actions.py", stacklevel=2)
    event = AuditEvent(
        meeting_id=meeting_id, at=timezone.now(), actor=actor, action=action, target=target, data=dict(data or {})
    )
    if meeting_id is None:
        return _append_outside(event)
    locked = Meeting.objects.select_for_update(no_key=True).filter(pk=meeting_id)
    if locked.values_list("pk").first() is not None:
        return _store(event, _end(meeting_id))
    end = audit_end_locked(meeting_id)
    if not end[0]:
        raise NotFound("There is no such meeting.")
    return _store(event, end)


def audit_entry(event: AuditEvent) -> Entry:
    return Entry(
        meeting_id=event.meeting_id,
        number=event.number,
        at=event.at,
        actor=event.actor,
        action=event.action,
        target=event.target,
        data=event.data,
        previous_hash=event.previous_hash,
    )


def audit_hash(event: AuditEvent) -> str:
    """SHA-256 over every field that the entry asserts, as canonical JSON."""
    return entry_hash(audit_entry(event))


def audit_verify(*, meeting_id: UUID | None) -> int | None:
    """The number of the first entry that does not fit its chain; None when all do. `audit_check` finds much more."""
    previous_hash = ""
    events = AuditEvent.objects.filter(meeting_id=meeting_id).order_by("number")
    for number, event in enumerate(events.iterator(), start=1):
        if (event.number, event.previous_hash, event.hash) != (number, previous_hash, audit_hash(event)):
            return number
        previous_hash = event.hash
    return None


def audit_end_locked(meeting_id: UUID | None) -> tuple[int, str]:
    """Number and hash of the last entry, under the lock of the chain's head."""
    heads = AuditHead.objects.select_for_update(no_key=True).filter(pk=chain_of(meeting_id))
    return heads.values_list("number", "hash").first() or _last(meeting_id)


def _append_outside(event: AuditEvent) -> AuditEvent:
    for _ in range(N_FIRSTS):
        try:
            with transaction.atomic():
                return _store(event, audit_end_locked(None))
        except IntegrityError:
            # Before the first entry there is no head to lock: the number is refused to all but one. Somebody else may
            # hold a number that was not committed when we looked; it is when we are refused.
            event.pk = None
    raise IntegrityError("no entry of the audit trail could be made outside of meetings")


def _store(event: AuditEvent, end: tuple[int, str]) -> AuditEvent:
    number, event.previous_hash = end
    event.number = number + 1
    event.hash = audit_hash(event)
    event.save(force_insert=True)
    return event


def _end(meeting_id: UUID | None) -> tuple[int, str]:
    """Number and hash of the last entry; 0 and nothing before the first. Under a lock that orders the chain."""
    head = AuditHead.objects.filter(pk=chain_of(meeting_id)).values_list("number", "hash").first()
    return head or _last(meeting_id)


def _last(meeting_id: UUID | None) -> tuple[int, str]:
    """Where somebody has taken the head away, the trail goes on all the same; `audit_check` tells."""
    events = AuditEvent.objects.filter(meeting_id=meeting_id).order_by("-number")
    return events.values_list("number", "hash").first() or (0, "")
