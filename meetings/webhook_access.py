"""Whose webhooks are whose: the only way to load one for somebody."""

from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet

from meetings.access import Actor, actor_for, meetings_to_read
from meetings.errors import Forbidden, NotFound
from meetings.models import WebhookDelivery, WebhookEndpoint


def webhook_owner(actor: Actor) -> User:
    """Raises Forbidden to guests: there would be nobody to ask what they may know."""
    if actor.user is None or not actor.user.is_active:
        raise Forbidden("Sign in, or use an API token, to have webhooks.")
    return actor.user


def webhooks_to_manage(actor: Actor) -> QuerySet[WebhookEndpoint]:
    """One's own, whoever else may see everything. Raises Forbidden."""
    return WebhookEndpoint.objects.filter(owner=webhook_owner(actor)).prefetch_related("subscriptions")


def webhook_to_manage(actor: Actor, endpoint_id: UUID) -> WebhookEndpoint:
    """Raises Forbidden, NotFound."""
    endpoint = webhooks_to_manage(actor).filter(pk=endpoint_id).first()
    if endpoint is None:
        raise NotFound("There is no such webhook.")
    return endpoint


def delivery_to_manage(actor: Actor, delivery_id: UUID) -> WebhookDelivery:
    """Raises Forbidden, NotFound."""
    mine = WebhookDelivery.objects.filter(endpoint__owner=webhook_owner(actor))
    delivery = mine.select_related("endpoint", "event").filter(pk=delivery_id).first()
    if delivery is None:
        raise NotFound("There is no such delivery.")
    return delivery


def webhook_may_tell(owner: User, meeting_id: UUID | None) -> bool:
    """Asked before each request: who may no longer read a meeting is told of it no longer."""
    if not owner.is_active:
        return False
    return meeting_id is None or meetings_to_read(actor_for(owner)).filter(pk=meeting_id).exists()
