"""What Celery does for the stored half. A lost message is harmless: beat sends the next one, and rows are the truth."""

from celery import shared_task
from django.conf import settings
from django.db import connection
from django.utils import timezone

from meetings.exports.work import exports_work
from meetings.purges import purges_work
from meetings.recordings.work import recordings_work
from meetings.search.index import index_compact, index_scrub
from meetings.services import (
    audio_redaction,
    audit_anchor,
    audit_check,
    exports,
    idempotency,
    node_readings,
    nodes,
    orphans,
    password_resets,
    recording_files,
    tickets,
    undelivered,
    webhook_deliveries,
)
from meetings.services.lines_deletion import database_scrub
from meetings.webhooks.sending import Sender
from meetings.webhooks.work import webhooks_work

AUDIT_TIME_LIMIT_S = 7_200  # a million lines and what is known of them

EXPORT_TIME_LIMIT_S = 3_600
RECORDING_TIME_LIMIT_S = 7_200  # hours of many people; what is cut off goes on from its row


@shared_task
def sessions_abandoned_finalize() -> int:
    return orphans.sessions_abandoned_finalize(now=timezone.now())


@shared_task
def sessions_undelivered_end() -> int:
    return undelivered.sessions_undelivered_end(now=timezone.now())


@shared_task
def credentials_expired_delete() -> int:
    """Tickets and idempotency keys whose time is over, nodes that are gone, and how they fared long ago."""
    now = timezone.now()
    return (
        tickets.tickets_expired_delete(now=now)
        + idempotency.idempotency_keys_old_delete(now=now)
        + nodes.nodes_gone_delete(now=now)
        + node_readings.node_readings_old_delete(now=now)
    )


@shared_task(time_limit=RECORDING_TIME_LIMIT_S)
def recordings_make() -> int:
    return recordings_work(clock=timezone.now)


@shared_task
def recording_files_sweep() -> int:
    return recording_files.recording_files_sweep(now=timezone.now())


@shared_task
def search_index_compact() -> None:
    """In one piece an index is read the fastest."""
    index_compact(connection)


@shared_task
def search_index_scrub() -> bool:
    """What was redacted or purged leaves the pages of the search index too, and SQLite's log. Whether anything was."""
    is_scrubbed = index_scrub(connection)
    if is_scrubbed:
        database_scrub()
    return is_scrubbed


@shared_task
def audit_trail_anchor() -> int:
    return audit_anchor.audit_anchor()


@shared_task(time_limit=AUDIT_TIME_LIMIT_S)
def audit_trail_verify() -> int:
    """How much was found that cannot be so; the log tells what, and `/metrics` that there is something."""
    return len(audit_check.audit_check_all(now=timezone.now()).findings)


@shared_task(time_limit=EXPORT_TIME_LIMIT_S)
def exports_make() -> int:
    return exports_work(clock=timezone.now)


@shared_task
def exports_expired_delete() -> int:
    return exports.exports_expired_delete(now=timezone.now())


@shared_task
def webhooks_deliver() -> int:
    return webhooks_work(clock=timezone.now, sender=Sender(is_private_allowed=settings.WEBHOOK_ALLOW_PRIVATE))


@shared_task
def webhooks_sweep() -> int:
    return webhook_deliveries.webhooks_sweep(now=timezone.now())


@shared_task
def password_reset_mail(*, address: str, site_url: str) -> None:
    """Lost, or late, it is asked for again by whoever waits for the mail."""
    password_resets.password_reset_mail(address=address, site_url=site_url)


@shared_task(time_limit=RECORDING_TIME_LIMIT_S)
def purges_make() -> int:
    """Delete what is not to be kept any longer."""
    return purges_work(clock=timezone.now)


@shared_task
def audio_redactions_make() -> int:
    return audio_redaction.audio_redactions_work(now=timezone.now())
