"""Deleting what a meeting left, in small transactions: rows with a lease, of which a message is only a hint."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from meetings.errors import Conflict
from meetings.models import GapRepair, LegalHold, Meeting, MeetingEvent, Purge, Segment
from meetings.retention import meeting_retention
from meetings.services.audit import audit_append
from meetings.services.deletion_proofs import Deleted, digest_on, proof_store
from meetings.services.events import event_append
from meetings.services.holds import hold_standing
from meetings.services.lines_deletion import contexts_delete, contexts_lock, copies_elsewhere_delete, lines_delete
from meetings.services.names_deletion import meeting_names_delete
from meetings.services.recording_purge import recordings_let_go

LEASE = timedelta(minutes=2)
LINES_AT_ONCE = 200
TEXT, UNKEPT, AUDIO = Purge.What.TEXT, Purge.What.UNKEPT, Purge.What.AUDIO

# Whatever else holds text of a meeting is deleted with it: each is called with the meeting's id inside the last
# transaction of a purge of text, and returns how many rows it deleted, which the proof tells under its name.
ALSO_WITH_TEXT: dict[str, Callable[[UUID], int]] = {}


class PurgeStopped(Conflict):
    """Another worker has it, or the meeting was put on hold: what was deleted before stays deleted."""

    code = "purge_stopped"


def purge_ask(*, meeting: Meeting, what: str, reason: str, by: str) -> Purge:
    """The job that waits for this already, or a new one. Raises Conflict: the meeting is on legal hold."""
    with transaction.atomic():
        Meeting.objects.select_for_update(no_key=True).get(pk=meeting.pk)
        if hold_standing(meeting.pk) is not None:
            raise Conflict("The meeting is on legal hold: nothing of it may be deleted.", code="legal_hold")
        waiting = Purge.objects.filter(meeting=meeting, what=what, state=Purge.State.WAITING).first()
        if waiting is not None:
            return waiting
        purge = Purge.objects.create(meeting=meeting, what=what, reason=reason, asked_by=by)
        audit_append(
            meeting_id=meeting.pk,
            actor=by,
            action="purge.asked",
            target=f"meeting:{meeting.pk}",
            data={"purge": str(purge.pk), "what": what, "reason": reason},
        )
    return purge


def purge_claim(*, now: datetime) -> Purge | None:
    """Something to delete, ours until its lease is over. Meetings on hold wait."""
    held = LegalHold.objects.filter(meeting=OuterRef("meeting"), lifted_at__isnull=True)
    is_free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    free = Purge.objects.filter(is_free, ~Exists(held), state=Purge.State.WAITING)
    for pk in list(free.order_by("created_at").values_list("pk", flat=True)):
        if free.filter(pk=pk).update(lease=uuid4(), lease_until=now + LEASE) == 1:
            return Purge.objects.select_related("meeting").get(pk=pk)
    return None


def purge_step(*, purge: Purge, now: datetime) -> bool:
    """One small transaction. True when that was the last. Raises PurgeStopped."""
    with transaction.atomic():
        understood = contexts_lock(meeting_id=purge.meeting_id)
        meeting = Meeting.objects.select_for_update(no_key=True).get(pk=purge.meeting_id)
        if hold_standing(meeting.pk) is not None:
            _mine(purge).update(lease=None, lease_until=None)
            is_stopped = True
        else:
            is_stopped = _mine(purge).update(lease_until=now + LEASE) != 1
        if not is_stopped:
            lines = list(_lines_left(purge)[:LINES_AT_ONCE])
            if lines:
                _lines_go(purge, lines, now=now)
                return False
            contexts_delete(understood)
            _finish(purge, meeting, now=now)
            return True
    raise PurgeStopped("The purge was stopped.")


def purge_put_off(*, purge: Purge, now: datetime) -> None:
    """It failed: again when the lease is over."""
    _mine(purge).update(lease=None, lease_until=now + LEASE)


def _mine(purge: Purge) -> QuerySet[Purge]:
    return Purge.objects.filter(pk=purge.pk, lease=purge.lease, state=Purge.State.WAITING)


def _lines_left(purge: Purge) -> QuerySet[Segment]:
    if purge.what == AUDIO:
        return Segment.objects.none()
    left = Segment.objects.filter(meeting=purge.meeting_id, purged_at__isnull=True)
    return left.order_by("pk") if purge.what == TEXT else left.filter(is_kept=False).order_by("pk")


def _lines_go(purge: Purge, lines: list[Segment], *, now: datetime) -> None:
    gone = lines_delete(lines, at=now)
    for name, n_gone in (("segments", gone.n_segments), ("revisions", gone.n_revisions)):
        purge.counts[name] = purge.counts.get(name, 0) + n_gone
    purge.digest = digest_on(purge.digest, gone.hashes)
    purge.save(update_fields=["counts", "digest"])


def _finish(purge: Purge, meeting: Meeting, *, now: datetime) -> None:
    deleted = recordings_let_go(meeting) if purge.what == AUDIO else _text_finish(purge, meeting)
    proof_store(
        meeting_id=meeting.pk,
        deleted=deleted,
        by=purge.asked_by,
        reason=purge.reason,
        action="recording.purged" if purge.what == AUDIO else "text.purged",
    )
    event_append(
        meeting_id=meeting.pk,
        type=MeetingEvent.Type.CONTENT_PURGED,
        payload={"what": purge.what, "reason": purge.reason, "at_ms": meeting.at_ms(now)},
    )
    purge.counts, purge.digest = dict(deleted.counts), deleted.digest
    purge.state, purge.done_at, purge.lease, purge.lease_until = Purge.State.DONE, now, None, None
    purge.save(update_fields=["counts", "digest", "state", "done_at", "lease", "lease_until"])


def _text_finish(purge: Purge, meeting: Meeting) -> Deleted:
    counts = {"segments": 0, "revisions": 0, **purge.counts}
    if purge.what == TEXT:
        # What is not made good by now would be a line again.
        GapRepair.objects.filter(meeting=meeting).exclude(state=GapRepair.State.DONE).delete()
        copies_elsewhere_delete(meeting.pk)  # a file that was made between two steps names people and title still
        for name, delete in ALSO_WITH_TEXT.items():
            counts[name] = delete(meeting.pk)
        if meeting_retention(meeting).has_names_purged:
            counts["names"] = meeting_names_delete(meeting)
    return Deleted(what=purge.what, target=f"meeting:{meeting.pk}", counts=counts, digest=purge.digest)
