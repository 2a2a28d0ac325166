"""Webhooks in the admin: the delivery log, the dead letters, and redelivery by hand. Secrets are shown to nobody."""

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from meetings.access import actor_for
from meetings.admin_base import AnyInline, ReadOnlyAdmin
from meetings.admin_search import id_in
from meetings.errors import Conflict
from meetings.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookSubscription
from meetings.services.webhook_deliveries import delivery_redeliver


class SubscriptionInline(AnyInline):
    model = WebhookSubscription
    extra = 0
    can_delete = False


class AttemptInline(AnyInline):
    model = WebhookAttempt
    extra = 0
    can_delete = False


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin):
    list_display = ("url", "owner", "description", "is_enabled", "disabled_reason", "n_failures", "failing_since")
    list_filter = ("is_enabled", "disabled_reason")
    list_select_related = ("owner",)
    search_fields = ("url", "description", "owner__username")
    exclude = ("secret", "previous_secret")
    inlines = (SubscriptionInline,)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    list_display = (
        "created_at",
        "endpoint_url",
        "event",
        "state",
        "n_attempts",
        "next_attempt_at",
        "last_status",
        "last_error",
        "last_duration_ms",
    )
    list_filter = ("state", "last_error", "event__type")
    list_select_related = ("endpoint", "event")
    search_fields = ("endpoint__url", "event__uid", "event__meeting__code")
    inlines = (AttemptInline,)
    actions = ("redeliver",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[WebhookDelivery], search_term: str
    ) -> tuple[QuerySet[WebhookDelivery], bool]:
        """Also by the id of a delivery, an event (the `webhook-id` that receivers see) or a meeting."""
        if (number := id_in(search_term)) is not None:
            return queryset.filter(Q(pk=number) | Q(event__uid=number) | Q(event__meeting=number)), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description="address", ordering="endpoint__url")
    def endpoint_url(self, delivery: WebhookDelivery) -> str:
        return delivery.endpoint.url

    @admin.action(description="Send again", permissions=["redeliver"])
    def redeliver(self, request: HttpRequest, deliveries: QuerySet[WebhookDelivery]) -> None:
        actor = actor_for(request.user if isinstance(request.user, User) else None)
        n_sent, n_disabled = 0, 0
        for delivery in deliveries:
            try:
                delivery_redeliver(delivery=delivery, actor=actor)
                n_sent += 1
            except Conflict:
                n_disabled += 1
        self.message_user(request, f"To be sent again: {n_sent}. Their webhook is disabled: {n_disabled}.")

    def has_redeliver_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("meetings.change_webhookdelivery")
