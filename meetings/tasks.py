"""What Celery does for the stored half. A lost message is harmless: beat sends the next one, and rows are the truth."""

from celery import shared_task
from django.utils import timezone

from meetings.purges import purges_work
from meetings.recordings.work import recordings_work
from meetings.services import audio_redaction, idempotency, nodes, orphans, recording_files, tickets, undelivered

RECORDING_TIME_LIMIT_S = 7_200  # hours of many people; what is cut off goes on from its row


@shared_task
def sessions_abandoned_finalize() -> int:
    return orphans.sessions_abandoned_finalize(now=timezone.now())


@shared_task
def sessions_undelivered_end() -> int:
    return undelivered.sessions_undelivered_end(now=timezone.now())


@shared_task
def credentials_expired_delete() -> int:
    """Tickets and idempotency keys whose time is over, and nodes that are gone."""
    now = timezone.now()
    return (
        tickets.tickets_expired_delete(now=now)
        + idempotency.idempotency_keys_old_delete(now=now)
        + nodes.nodes_gone_delete(now=now)
    )


@shared_task(time_limit=RECORDING_TIME_LIMIT_S)
def recordings_make() -> int:
    return recordings_work(clock=timezone.now)


@shared_task
def recording_files_sweep() -> int:
    return recording_files.recording_files_sweep(now=timezone.now())


@shared_task(time_limit=RECORDING_TIME_LIMIT_S)
def purges_make() -> int:
    """Delete what is not to be kept any longer."""
    return purges_work(clock=timezone.now)


@shared_task
def audio_redactions_make() -> int:
    return audio_redaction.audio_redactions_work(now=timezone.now())
