"""Webhooks: who wants to be told of what, what is to be told (the outbox), and how each telling went."""

from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q

from meetings.limits import WEBHOOK_DESCRIPTION_MAX_CHARS, WEBHOOK_URL_MAX_CHARS
from meetings.models.meeting import Meeting


class WebhookEndpoint(models.Model):
    """An address that is told of events in the meetings that its owner may read at that time.

    `secret` and `previous_secret` are encrypted: they sign, so a hash would not do. The previous one signs too until
    `previous_until`. One worker at a time has the endpoint, for as long as its lease: so its deliveries go out in
    order. `paused_until` spares an address that does not answer; `failing_since` is when it last began to fail.
    """

    class DisabledReason(models.TextChoices):
        NONE = ""
        OWNER = "owner"
        FAILING = "failing"
        GONE = "gone"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="webhook_endpoints")
    url = models.CharField(max_length=WEBHOOK_URL_MAX_CHARS)
    description = models.CharField(max_length=WEBHOOK_DESCRIPTION_MAX_CHARS, blank=True, default="")
    secret = models.CharField(max_length=400)
    previous_secret = models.CharField(max_length=400, blank=True, default="")
    previous_until = models.DateTimeField(null=True, blank=True)
    is_enabled = models.BooleanField(default=True)
    disabled_reason = models.CharField(max_length=10, choices=DisabledReason.choices, blank=True, default="")
    disabled_at = models.DateTimeField(null=True, blank=True)
    n_failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True)
    lease = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("created_at", "id")
        constraints = (
            models.CheckConstraint(
                name="webhookendpoint_disabled_iff_with_a_reason",
                condition=Q(is_enabled=True, disabled_reason="", disabled_at__isnull=True)
                | (Q(is_enabled=False, disabled_at__isnull=False) & ~Q(disabled_reason="")),
            ),
            models.CheckConstraint(
                name="webhookendpoint_previous_secret_expires",
                condition=Q(previous_secret="", previous_until__isnull=True)
                | (~Q(previous_secret="") & Q(previous_until__isnull=False)),
            ),
            models.CheckConstraint(
                name="webhookendpoint_failing_iff_failed",
                condition=Q(n_failures=0, failing_since__isnull=True)
                | Q(n_failures__gt=0, failing_since__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"webhook {self.pk}"

    @property
    def event_types(self) -> list[str]:
        return sorted(each.type for each in self.subscriptions.all())


class WebhookSubscription(models.Model):
    """One type of event that an endpoint wants; `*` stands for all, those of later versions too."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="subscriptions")
    type = models.CharField(max_length=40)

    class Meta:
        ordering = ("endpoint", "type")
        indexes = (models.Index(fields=("type",), name="webhooksubscription_by_type"),)
        constraints = (models.UniqueConstraint(fields=("endpoint", "type"), name="webhooksubscription_once"),)

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.type}"


class WebhookEvent(models.Model):
    """The outbox: a fact that somebody wants to be told of, stored in the transaction that makes it true.

    Of what is in a meeting's log only `seq` is kept: what was said is read when it is sent, so that redaction and
    purge reach it. `data` is for the rest, and holds ids and numbers only. `uid` is the `webhook-id`.
    """

    uid = models.UUIDField(unique=True, default=uuid4, editable=False)
    meeting = models.ForeignKey(Meeting, null=True, blank=True, on_delete=models.CASCADE, related_name="webhook_events")
    seq = models.PositiveBigIntegerField(null=True, blank=True)
    type = models.CharField(max_length=40)
    data = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField(db_index=True)
    is_spread = models.BooleanField(default=False)  # its deliveries are there

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=("id",), condition=Q(is_spread=False), name="webhookevent_to_spread"),)
        constraints = (
            models.CheckConstraint(
                name="webhookevent_of_the_log_has_a_meeting", condition=Q(seq__isnull=True) | Q(meeting__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return f"{self.type} {self.uid}"


class WebhookDelivery(models.Model):
    """One event for one endpoint: also the job to send it. The endpoint's lease is the job's.

    `failed` waits for another attempt; `dead` has been given up (the dead-letter list) until somebody asks again.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        DELIVERED = "delivered"
        FAILED = "failed"
        DEAD = "dead"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(WebhookEvent, on_delete=models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    n_attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    give_up_at = models.DateTimeField()
    last_status = models.PositiveSmallIntegerField(null=True, blank=True)
    last_error = models.CharField(max_length=40, blank=True, default="")
    last_duration_ms = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "id")
        verbose_name_plural = "webhook deliveries"
        indexes = (
            models.Index(
                fields=("endpoint", "next_attempt_at"),
                condition=Q(next_attempt_at__isnull=False),
                name="webhookdelivery_to_do",
            ),
        )
        constraints = (
            models.UniqueConstraint(fields=("endpoint", "event"), name="webhookdelivery_once"),
            models.CheckConstraint(
                name="webhookdelivery_open_iff_to_be_attempted",
                condition=Q(state__in=("pending", "failed"), next_attempt_at__isnull=False, done_at__isnull=True)
                | Q(state__in=("delivered", "dead"), next_attempt_at__isnull=True, done_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"delivery {self.pk}"

    def is_due(self, now: datetime) -> bool:
        return self.next_attempt_at is not None and self.next_attempt_at <= now


class WebhookAttempt(models.Model):
    """One request of a delivery, answered or not. Nothing of what was said or answered is kept."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    error = models.CharField(max_length=40, blank=True, default="")
    duration_ms = models.PositiveIntegerField()

    class Meta:
        ordering = ("delivery", "at", "id")

    def __str__(self) -> str:
        return f"{self.delivery_id} at {self.at:%Y-%m-%d %H:%M:%S}"
