"""The work on exports: rows with a lease, of which a message is only a hint."""

from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import F, Q, QuerySet

from meetings.errors import Conflict
from meetings.exports.storage import files_delete
from meetings.models import Export
from meetings.services.webhook_outbox import webhook_event_append
from meetings.webhooks.catalogue import EXPORT_READY

LEASE = timedelta(minutes=5)  # renewed between the parts of the work; a PDF of a long day is one of them
MOST_ATTEMPTS = 4
QUEUED, RUNNING = Export.State.QUEUED, Export.State.RUNNING
_FREE = {"lease": None, "lease_until": None}


class ExportLeaseLost(Conflict):
    """Somebody else makes it, or it is not wished for any more: what was made is thrown away."""

    code = "lease_lost"


def export_claim(*, now: datetime) -> Export | None:
    """Something to make, ours until its lease is over; the oldest first.

    Of two that find the same row, one update still finds it free. What its workers died of again and again has failed.
    """
    free = Export.objects.filter(
        Q(state=QUEUED, lease_until__isnull=True) | Q(state__in=(QUEUED, RUNNING), lease_until__lt=now)
    ).filter(expires_at__gt=now)
    free.filter(n_attempts__gte=MOST_ATTEMPTS).update(state=Export.State.FAILED, problem="interrupted", **_FREE)
    for pk in list(free.order_by("created_at", "id").values_list("pk", flat=True)):
        ours = {"state": RUNNING, "lease": uuid4(), "lease_until": now + LEASE, "n_attempts": F("n_attempts") + 1}
        if free.filter(pk=pk).update(progress=0, problem="", **ours) == 1:
            return Export.objects.select_related("meeting").get(pk=pk)
    return None


def export_progress(*, export: Export, percent: int, now: datetime) -> None:
    """How far it is; renews the lease. Raises ExportLeaseLost."""
    if _mine(export).update(progress=min(percent, 99), lease_until=now + LEASE) != 1:
        raise ExportLeaseLost


def export_done(*, export: Export, file: str, sha256: str, n_bytes: int, made_seq: int, now: datetime) -> None:
    """Let the file count. Raises ExportLeaseLost: then it is deleted."""
    done = {"file": file, "sha256": sha256, "n_bytes": n_bytes, "made_seq": made_seq, "done_at": now}
    with transaction.atomic():
        n_updated = _mine(export).update(state=Export.State.DONE, progress=100, problem="", **done, **_FREE)
        if n_updated == 1:
            webhook_event_append(
                meeting_id=export.meeting_id, type=EXPORT_READY, data={"export": {"id": str(export.pk)}}
            )
    if n_updated != 1:
        files_delete([file])
        raise ExportLeaseLost


def export_put_off(*, export: Export, problem: str, is_final: bool, now: datetime) -> None:
    """It did not work out: again later, with growing pauses, or (what cannot get better, or was tried enough) never."""
    is_over = is_final or export.n_attempts >= MOST_ATTEMPTS
    _mine(export).update(
        state=Export.State.FAILED if is_over else QUEUED,
        problem=problem[:100],
        lease=None,
        lease_until=None if is_over else now + timedelta(seconds=15) * 2**export.n_attempts,
    )


def _mine(export: Export) -> QuerySet[Export]:
    return Export.objects.filter(pk=export.pk, lease=export.lease, state=RUNNING)
