"""Deliveries of webhooks: spread from the outbox, worked off in order under a lease, retried, given up."""

import logging
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from meetings.access import Actor
from meetings.errors import Conflict
from meetings.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookEvent
from meetings.services.audit import audit_append
from meetings.services.webhook_endpoints import WELL, webhook_disable
from meetings.webhook_access import webhook_may_tell
from meetings.webhooks.catalogue import EVERYTHING
from meetings.webhooks.retrying import DISABLE_AFTER, GIVE_UP_AFTER, MOST_ATTEMPTS, pause, retry_delay
from meetings.webhooks.sending import Answer

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)  # several times what one request may take, names that are slow to resolve included
SPREAD_AT_ONCE = 500
LOG_KEPT = timedelta(days=30)
HTTP_GONE = 410
State = WebhookDelivery.State
Reason = WebhookEndpoint.DisabledReason


def webhook_events_spread(*, now: datetime) -> int:
    """A delivery for each event and each endpoint that wants it and whose owner may read its meeting; how many.

    Events that nobody gets are forgotten. Of two workers the second passes over what the first has locked, and the
    unique pair of endpoint and event refuses what slips between.
    """
    with transaction.atomic():
        waiting = WebhookEvent.objects.select_for_update(skip_locked=True).filter(is_spread=False)
        events = list(waiting.order_by("id")[:SPREAD_AT_ONCE])
        if not events:
            return 0
        endpoints = _endpoints_by_type()
        known: dict[tuple[int, UUID | None], bool] = {}
        deliveries = [
            WebhookDelivery(endpoint=endpoint, event=event, next_attempt_at=now, give_up_at=now + GIVE_UP_AFTER)
            for event in events
            for endpoint in (*endpoints.get(event.type, ()), *endpoints.get(EVERYTHING, ()))
            if endpoint.created_at <= event.at and _may_tell(endpoint.owner, event.meeting_id, known)
        ]
        WebhookDelivery.objects.bulk_create(deliveries, ignore_conflicts=True)
        told = {delivery.event_id for delivery in deliveries}
        WebhookEvent.objects.filter(pk__in=told).update(is_spread=True)
        WebhookEvent.objects.filter(pk__in=[event.pk for event in events if event.pk not in told]).delete()
    return len(deliveries)


def _endpoints_by_type() -> dict[str, list[WebhookEndpoint]]:
    """An endpoint that wants everything is there once, whatever else it names."""
    by_type: dict[str, list[WebhookEndpoint]] = {}
    enabled = WebhookEndpoint.objects.filter(is_enabled=True)
    for endpoint in enabled.select_related("owner").prefetch_related("subscriptions"):
        types = endpoint.event_types
        for type in [EVERYTHING] if EVERYTHING in types else types:
            by_type.setdefault(type, []).append(endpoint)
    return by_type


def _may_tell(owner: User, meeting_id: UUID | None, known: dict[tuple[int, UUID | None], bool]) -> bool:
    key = owner.pk, meeting_id
    if key not in known:
        known[key] = webhook_may_tell(owner, meeting_id)
    return known[key]


def webhook_claim(*, now: datetime) -> WebhookEndpoint | None:
    """An endpoint with something due, ours until its lease is over. Of two that find it, one update finds it free."""
    due = WebhookDelivery.objects.filter(endpoint=OuterRef("pk"), next_attempt_at__lte=now)
    free = WebhookEndpoint.objects.filter(
        Q(lease_until__isnull=True) | Q(lease_until__lt=now),
        Q(paused_until__isnull=True) | Q(paused_until__lte=now),
        Exists(due),
        is_enabled=True,
    )
    for pk in list(free.order_by("n_failures", "id").values_list("pk", flat=True)):
        if free.filter(pk=pk).update(lease=uuid4(), lease_until=now + LEASE) == 1:
            return WebhookEndpoint.objects.select_related("owner").get(pk=pk)
    return None


def delivery_next(*, endpoint: WebhookEndpoint, now: datetime) -> WebhookDelivery | None:
    """The oldest event that is due, with its attempt counted before it is made: what kills workers is given up too.

    None: there is nothing, or the endpoint is not ours any more, or was changed, disabled or paused; then it is free.
    """
    with transaction.atomic():
        usable = _mine(endpoint).filter(Q(paused_until__isnull=True) | Q(paused_until__lte=now), is_enabled=True)
        due = endpoint.deliveries.filter(next_attempt_at__lte=now).select_related("event__meeting")
        delivery = due.order_by("event_id").first()
        if delivery is None or usable.filter(url=endpoint.url).update(lease_until=now + LEASE) != 1:
            webhook_release(endpoint=endpoint)
            return None
        later = now + retry_delay(delivery.n_attempts + 1, chance=0.5)
        WebhookDelivery.objects.filter(pk=delivery.pk).update(n_attempts=F("n_attempts") + 1, next_attempt_at=later)
        delivery.n_attempts += 1
    return delivery


def webhook_release(*, endpoint: WebhookEndpoint) -> None:
    _mine(endpoint).update(lease=None, lease_until=None)


def delivery_note(
    *, endpoint: WebhookEndpoint, delivery: WebhookDelivery, answer: Answer, now: datetime, chance: float
) -> None:
    """What came of an attempt. A success ends the endpoint's troubles; a failure pauses it, and in the end disables it.

    A delivery that was asked for anew, or attempted again, meanwhile keeps what that made of it.
    """
    with transaction.atomic():
        row = WebhookEndpoint.objects.select_for_update().select_related(None).filter(pk=endpoint.pk).first()
        if row is None:
            return  # removed meanwhile, with its deliveries
        WebhookAttempt.objects.create(
            delivery=delivery, at=now, status=answer.status, error=answer.error, duration_ms=answer.duration_ms
        )
        outcome = _outcome(delivery, answer, now=now, chance=chance)
        outcome |= {
            "last_status": answer.status,
            "last_error": answer.error,
            "last_duration_ms": answer.duration_ms,
        }
        WebhookDelivery.objects.filter(pk=delivery.pk, n_attempts=delivery.n_attempts).update(**outcome)
        if answer.is_delivered:
            WebhookEndpoint.objects.filter(pk=row.pk).update(**WELL)
        else:
            _failed(row, answer, now=now)


def _outcome(delivery: WebhookDelivery, answer: Answer, *, now: datetime, chance: float) -> dict[str, object]:
    if answer.is_delivered:
        return {"state": State.DELIVERED, "next_attempt_at": None, "done_at": now}
    later = now + retry_delay(delivery.n_attempts, chance=chance, asked_s=answer.retry_after_s)
    if delivery.n_attempts >= MOST_ATTEMPTS or later > delivery.give_up_at:
        return {"state": State.DEAD, "next_attempt_at": None, "done_at": now}
    return {"state": State.FAILED, "next_attempt_at": later}


def _failed(row: WebhookEndpoint, answer: Answer, *, now: datetime) -> None:
    row.n_failures += 1
    row.failing_since = row.failing_since or now
    row.paused_until = now + pause(row.n_failures)
    row.save(update_fields=["n_failures", "failing_since", "paused_until"])
    if answer.status == HTTP_GONE:
        webhook_disable(endpoint=row, reason=Reason.GONE, now=now)
    elif now - row.failing_since >= DISABLE_AFTER:
        webhook_disable(endpoint=row, reason=Reason.FAILING, now=now)


def delivery_withdraw(*, delivery: WebhookDelivery, error: str, now: datetime) -> None:
    """It cannot be sent, which is not the address's fault: its owner may no longer know, or there is nothing left."""
    mine = WebhookDelivery.objects.filter(pk=delivery.pk, n_attempts=delivery.n_attempts)
    mine.update(state=State.DEAD, next_attempt_at=None, done_at=now, last_error=error)


def delivery_redeliver(*, delivery: WebhookDelivery, actor: Actor) -> WebhookDelivery:
    """Once more from the start, at once, with the same `webhook-id`. Raises Conflict (webhook_disabled)."""
    now = timezone.now()
    with transaction.atomic():
        _pause_lift(delivery.endpoint_id)
        _renew(WebhookDelivery.objects.filter(pk=delivery.pk), now=now)
        audit_append(meeting_id=None, actor=actor.label, action="webhook.redelivered", target=f"delivery:{delivery.pk}")
    return WebhookDelivery.objects.select_related("event").get(pk=delivery.pk)


def deliveries_redeliver(*, endpoint: WebhookEndpoint, actor: Actor) -> int:
    """All that was given up, once more from the start, in the order in which it happened; how many.

    Raises Conflict (webhook_disabled).
    """
    now = timezone.now()
    with transaction.atomic():
        _pause_lift(endpoint.pk)
        n_deliveries = _renew(WebhookDelivery.objects.filter(endpoint=endpoint.pk, state=State.DEAD), now=now)
        target, data = f"webhook:{endpoint.pk}", {"n_deliveries": n_deliveries}
        audit_append(meeting_id=None, actor=actor.label, action="webhook.redelivered", target=target, data=data)
    return n_deliveries


def _pause_lift(endpoint_id: UUID) -> None:
    """Inside the caller's transaction. Raises Conflict (webhook_disabled)."""
    row = WebhookEndpoint.objects.select_for_update().get(pk=endpoint_id)
    if not row.is_enabled:
        raise Conflict("The webhook is disabled.", code="webhook_disabled")
    WebhookEndpoint.objects.filter(pk=row.pk).update(paused_until=None)


def _renew(deliveries: QuerySet[WebhookDelivery], *, now: datetime) -> int:
    fresh = {"state": State.PENDING, "n_attempts": 0, "done_at": None}
    return deliveries.update(**fresh, next_attempt_at=now, give_up_at=now + GIVE_UP_AFTER)


def webhooks_sweep(*, now: datetime) -> int:
    """Give up what has waited too long (at an endpoint that is disabled or fails), and forget old deliveries."""
    late = WebhookDelivery.objects.filter(next_attempt_at__isnull=False, give_up_at__lt=now)
    n_given_up = late.update(state=State.DEAD, next_attempt_at=None, done_at=now)
    if n_given_up:
        logger.warning("deliveries of webhooks were given up", extra={"n_deliveries": n_given_up})
    still_open = WebhookDelivery.objects.filter(event=OuterRef("pk"), done_at__isnull=True)
    recent = WebhookDelivery.objects.filter(event=OuterRef("pk"), done_at__gt=now - LOG_KEPT)
    old = WebhookEvent.objects.filter(~Exists(still_open), ~Exists(recent), is_spread=True, at__lt=now - LOG_KEPT)
    old.delete()
    return n_given_up


def _mine(endpoint: WebhookEndpoint) -> QuerySet[WebhookEndpoint]:
    return WebhookEndpoint.objects.filter(pk=endpoint.pk, lease=endpoint.lease)
