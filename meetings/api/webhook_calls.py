"""Webhooks of one's own: make, list, change, rotate, test, remove; what was delivered, and once more."""

from typing import Annotated, Any
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from ninja import Path, Query, Router
from ninja.responses import Status
from pydantic import Field

from meetings.api.credentials import actor_of, credentials_account_admin
from meetings.api.cursors import Cursor
from meetings.api.parameters import PageQuery
from meetings.api.shapes import Shape
from meetings.api.webhook_schemas import (
    DeliveriesPage,
    DeliveryOut,
    DeliveryState,
    RedeliveredOut,
    WebhookIn,
    WebhookMadeOut,
    WebhookOut,
    WebhookPatch,
    WebhooksPage,
)
from meetings.models import WebhookDelivery, WebhookEndpoint
from meetings.services.webhook_deliveries import deliveries_redeliver, delivery_redeliver
from meetings.services.webhook_endpoints import (
    MadeWebhook,
    webhook_create,
    webhook_delete,
    webhook_rotate,
    webhook_test,
    webhook_update,
)
from meetings.webhook_access import delivery_to_manage, webhook_to_manage, webhooks_to_manage
from meetings.webhooks.signing import webhook_id

router = Router(tags=["webhooks"], auth=credentials_account_admin)
ATTEMPTS_SHOWN = 20

WebhookId = Annotated[UUID, Path(description="`id` of the webhook")]
DeliveryId = Annotated[UUID, Path(description="`id` of the delivery")]


class DeliveriesQuery(PageQuery):
    state: DeliveryState | None = Field(None, description="`dead`: what has been given up")


@router.post("/webhooks", response={201: WebhookMadeOut}, operation_id="webhook_create")
def create(request: HttpRequest, webhook: WebhookIn) -> Status[Shape]:
    """Be told of events in the meetings that you may read, by signed requests. The secret is shown only here."""
    return Status(201, _made_shape(webhook_create(actor=actor_of(request), **webhook.model_dump())))


@router.get("/webhooks", response=WebhooksPage, operation_id="webhook_list")
def list_(request: HttpRequest, page: Query[PageQuery]) -> Shape:
    """Your webhooks, in the order in which they were made."""
    found = webhooks_to_manage(actor_of(request)).order_by("created_at", "id")
    if page.cursor is not None:
        last = Cursor.unpack(page.cursor, listing="webhooks")
        found = found.filter(Q(created_at__gt=last.moment) | Q(created_at=last.moment, id__gt=last.id))
    return _page(found, limit=page.limit, listing="webhooks", shape=_shape)


@router.get("/webhooks/{uuid:webhook_id}", response=WebhookOut, operation_id="webhook_read")
def read(request: HttpRequest, webhook_id: WebhookId) -> Shape:
    """One of your webhooks."""
    return _shape(webhook_to_manage(actor_of(request), webhook_id))


@router.patch("/webhooks/{uuid:webhook_id}", response=WebhookOut, operation_id="webhook_update")
def update(request: HttpRequest, webhook_id: WebhookId, changes: WebhookPatch) -> Shape:
    """Change what is given, leave the rest. One that was disabled is enabled again by `is_enabled`."""
    actor = actor_of(request)
    webhook_update(endpoint=webhook_to_manage(actor, webhook_id), actor=actor, **changes.model_dump())
    return _shape(webhook_to_manage(actor, webhook_id))


@router.delete("/webhooks/{uuid:webhook_id}", response={204: None}, operation_id="webhook_delete")
def delete(request: HttpRequest, webhook_id: WebhookId) -> Status[None]:
    """Remove it, with what waits for it and the list of its deliveries."""
    actor = actor_of(request)
    webhook_delete(endpoint=webhook_to_manage(actor, webhook_id), actor=actor)
    return Status(204, None)


@router.post("/webhooks/{uuid:webhook_id}/rotate", response=WebhookMadeOut, operation_id="webhook_rotate")
def rotate(request: HttpRequest, webhook_id: WebhookId) -> Shape:
    """A new secret, shown only here. For 24 hours requests carry a signature of the old one too."""
    actor = actor_of(request)
    return _made_shape(webhook_rotate(endpoint=webhook_to_manage(actor, webhook_id), actor=actor))


@router.post("/webhooks/{uuid:webhook_id}/test", response={202: DeliveryOut}, operation_id="webhook_test")
def test(request: HttpRequest, webhook_id: WebhookId) -> Status[Shape]:
    """Send an event of type `webhook.test` in the next seconds; what came of it is in the list of deliveries."""
    actor = actor_of(request)
    return Status(202, _delivery_shape(webhook_test(endpoint=webhook_to_manage(actor, webhook_id), actor=actor)))


@router.get("/webhooks/{uuid:webhook_id}/deliveries", response=DeliveriesPage, operation_id="delivery_list")
def deliveries(request: HttpRequest, webhook_id: WebhookId, page: Query[DeliveriesQuery]) -> Shape:
    """What was sent or is to be, newest first, with the last attempts. Kept for 30 days."""
    endpoint = webhook_to_manage(actor_of(request), webhook_id)
    found = endpoint.deliveries.select_related("event").prefetch_related("attempts").order_by("-created_at", "id")
    if page.state is not None:
        found = found.filter(state=page.state)
    if page.cursor is not None:
        last = Cursor.unpack(page.cursor, listing="deliveries")
        found = found.filter(Q(created_at__lt=last.moment) | Q(created_at=last.moment, id__gt=last.id))
    return _page(found, limit=page.limit, listing="deliveries", shape=_delivery_shape)


@router.post("/webhooks/{uuid:webhook_id}/redeliver", response={202: RedeliveredOut}, operation_id="webhook_redeliver")
def redeliver_dead(request: HttpRequest, webhook_id: WebhookId) -> Status[Shape]:
    """All that was given up, once more, in the order in which it happened. Each keeps its `webhook-id`."""
    actor = actor_of(request)
    n_sent = deliveries_redeliver(endpoint=webhook_to_manage(actor, webhook_id), actor=actor)
    return Status(202, {"n_deliveries": n_sent})


@router.post("/deliveries/{uuid:delivery_id}/redeliver", response={202: DeliveryOut}, operation_id="delivery_redeliver")
def redeliver(request: HttpRequest, delivery_id: DeliveryId) -> Status[Shape]:
    """Send it once more in the next seconds, with the same `webhook-id`, and with retries as if it were new."""
    actor = actor_of(request)
    delivery = delivery_redeliver(delivery=delivery_to_manage(actor, delivery_id), actor=actor)
    return Status(202, _delivery_shape(delivery))


def _page(rows: QuerySet[Any], *, limit: int, listing: str, shape: Any) -> Shape:
    found: list[Model] = list(rows[: limit + 1])
    shown, has_more = found[:limit], len(found) > limit
    last: Any = shown[-1] if has_more else None
    cursor = Cursor.at(last.created_at, id=last.pk, listing=listing).pack() if has_more else None
    return {"data": [shape(each) for each in shown], "next_cursor": cursor, "has_more": has_more}


def _shape(endpoint: WebhookEndpoint) -> Shape:
    return {
        "id": endpoint.pk,
        "url": endpoint.url,
        "description": endpoint.description,
        "event_types": endpoint.event_types,
        "is_enabled": endpoint.is_enabled,
        "disabled_reason": endpoint.disabled_reason,
        "disabled_at": endpoint.disabled_at,
        "failing_since": endpoint.failing_since,
        "previous_secret_until": endpoint.previous_until,
        "created_at": endpoint.created_at,
    }


def _made_shape(made: MadeWebhook) -> Shape:
    return {**_shape(made.row), "secret": made.secret}


def _delivery_shape(delivery: WebhookDelivery) -> Shape:
    attempts = sorted(delivery.attempts.all(), key=lambda attempt: (attempt.at, attempt.pk), reverse=True)
    return {
        "id": delivery.pk,
        "webhook_id": delivery.endpoint_id,
        "event_id": webhook_id(delivery.event.uid),
        "event_type": delivery.event.type,
        "event_at": delivery.event.at,
        "meeting_id": delivery.event.meeting_id,
        "state": delivery.state,
        "n_attempts": delivery.n_attempts,
        "next_attempt_at": delivery.next_attempt_at,
        "last_status": delivery.last_status,
        "last_error": delivery.last_error,
        "last_duration_ms": delivery.last_duration_ms,
        "created_at": delivery.created_at,
        "done_at": delivery.done_at,
        "attempts": [
            {"at": each.at, "status": each.status, "error": each.error, "duration_ms": each.duration_ms}
            for each in attempts[:ATTEMPTS_SHOWN]
        ],
    }
