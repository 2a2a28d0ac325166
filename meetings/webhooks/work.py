"""Send what is due. Requests run side by side on threads; the database is spoken to by the calling thread alone."""

import logging
import secrets
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from meetings.models import WebhookDelivery, WebhookEndpoint
from meetings.services.webhook_deliveries import (
    delivery_next,
    delivery_note,
    delivery_withdraw,
    webhook_claim,
    webhook_events_spread,
    webhook_release,
)
from meetings.webhook_access import webhook_may_tell
from meetings.webhooks.payloads import payload_of
from meetings.webhooks.sealing import Unreadable, unsealed
from meetings.webhooks.sending import Answer, Request
from meetings.webhooks.signing import headers_signed

logger = logging.getLogger(__name__)

N_THREADS = 8
RUN = timedelta(seconds=10)  # then the worker is somebody else's for a moment
FIXED_HEADERS = {"content-type": "application/json", "user-agent": "colloquy-webhooks/1", "accept": "*/*"}


class Sending(Protocol):
    def send(self, request: Request) -> Answer: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    endpoint: WebhookEndpoint
    delivery: WebhookDelivery


def webhooks_work(*, clock: Callable[[], datetime], sender: Sending) -> int:
    """Returns how many were delivered. Any number of workers may run it at once: each endpoint is served by one."""
    until = clock() + RUN
    while webhook_events_spread(now=clock()) and clock() < until:
        pass
    n_delivered = 0
    flying: dict[Future[Answer], _Job] = {}
    with ThreadPoolExecutor(N_THREADS, thread_name_prefix="webhook") as threads:

        def launch(endpoint: WebhookEndpoint) -> None:
            if (ready := _ready(endpoint, clock=clock)) is not None:
                job, request = ready
                flying[threads.submit(sender.send, request)] = job

        while True:
            while len(flying) < N_THREADS and clock() < until and (endpoint := webhook_claim(now=clock())) is not None:
                launch(endpoint)
            if not flying:
                return n_delivered
            landed, _ = wait(flying, return_when=FIRST_COMPLETED)
            for future in landed:
                job, answer = flying.pop(future), future.result()
                _note(job, answer, now=clock())
                n_delivered += answer.is_delivered
                if clock() < until:
                    launch(job.endpoint)
                else:
                    webhook_release(endpoint=job.endpoint)


def _ready(endpoint: WebhookEndpoint, *, clock: Callable[[], datetime]) -> tuple[_Job, Request] | None:
    """The next request to the endpoint; None when there is none, and the endpoint is free again."""
    while (delivery := delivery_next(endpoint=endpoint, now=clock())) is not None:
        now = clock()
        if not webhook_may_tell(endpoint.owner, delivery.event.meeting_id):
            delivery_withdraw(delivery=delivery, error="not_allowed", now=now)
            continue
        body = payload_of(delivery.event)
        if body is None:
            delivery_withdraw(delivery=delivery, error="event_gone", now=now)
            continue
        try:
            keys = _keys(endpoint, now=now)
        except Unreadable:
            logger.error("a webhook's secret cannot be read", extra={"webhook_id": str(endpoint.pk)})
            delivery_withdraw(delivery=delivery, error="secret_unreadable", now=now)
            continue
        signed = headers_signed(uid=delivery.event.uid, timestamp_s=int(now.timestamp()), body=body, keys=keys)
        request = Request(url=endpoint.url, headers={**FIXED_HEADERS, **signed}, body=body)
        return _Job(endpoint=endpoint, delivery=delivery), request
    return None


def _keys(endpoint: WebhookEndpoint, *, now: datetime) -> list[str]:
    """Newest first, as they are now: one may have been rotated since the endpoint was claimed. Raises Unreadable."""
    endpoint.refresh_from_db(fields=["secret", "previous_secret", "previous_until"])
    keys = [unsealed(endpoint.secret)]
    if endpoint.previous_until is not None and now < endpoint.previous_until:
        keys.append(unsealed(endpoint.previous_secret))
    return keys


def _note(job: _Job, answer: Answer, *, now: datetime) -> None:
    if not answer.is_delivered:
        logger.info(
            "a webhook was not taken",
            extra={"webhook_id": str(job.endpoint.pk), "status": answer.status, "error": answer.error},
        )
    chance = secrets.randbelow(1_000_000) / 1_000_000
    delivery_note(endpoint=job.endpoint, delivery=job.delivery, answer=answer, now=now, chance=chance)
