"""Tickets, API tokens and idempotency keys. Secrets are stored as SHA-256 of a random value, never themselves."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from meetings.models.audio_session import AudioSession
from meetings.models.meeting import Participant


class Ticket(models.Model):
    """Opens one socket once: for an audio session, or (null) for the caption feed of a viewer."""

    sha256 = models.CharField(max_length=64, unique=True)
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="tickets")
    audio_session = models.ForeignKey(
        AudioSession, null=True, blank=True, on_delete=models.CASCADE, related_name="tickets"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"ticket {self.pk}"


class ApiTokens(models.Manager["ApiToken"]):
    def valid(self) -> models.QuerySet["ApiToken"]:
        """Neither revoked nor expired, of accounts that may still be used."""
        lasts = models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=timezone.now())
        return self.filter(lasts, revoked_at__isnull=True, user__is_active=True)


class ApiToken(models.Model):
    """Lets a program use the API as an account. `is_service`: as a service account, which reaches every meeting."""

    class Scope(models.TextChoices):
        """Each includes those before it."""

        READ = "read"
        WRITE = "write"
        ADMIN = "admin"

        def includes(self, needed: "ApiToken.Scope") -> bool:
            order = list(ApiToken.Scope)
            return order.index(self) >= order.index(needed)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=150)
    scope = models.CharField(max_length=10, choices=Scope.choices, default=Scope.READ)
    is_service = models.BooleanField(default=False)
    sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokens()

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.CheckConstraint(
                name="apitoken_scope_is_known", condition=models.Q(scope__in=("read", "write", "admin"))
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.pk}"

    def allows(self, needed: "ApiToken.Scope") -> bool:
        return ApiToken.Scope(self.scope).includes(needed)


class IdempotencyKey(models.Model):
    """What an earlier request with the same key made. `fingerprint` hashes that request's content."""

    actor = models.CharField(max_length=100)
    key = models.CharField(max_length=255)
    action = models.CharField(max_length=60)
    fingerprint = models.CharField(max_length=64)
    reference = models.UUIDField(null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        ordering = ("-created_at",)
        constraints = (models.UniqueConstraint(fields=("actor", "action", "key"), name="idempotencykey_once"),)

    def __str__(self) -> str:
        return f"{self.action} {self.pk}"
