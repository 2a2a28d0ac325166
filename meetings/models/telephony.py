"""Telephone calls into meetings: the keys that let them in, and which participant each call is."""

from uuid import uuid4

from django.conf import settings
from django.db import models

from meetings.limits import DISPLAY_NAME_MAX_CHARS
from meetings.models.audio_session import AudioSession
from meetings.models.meeting import Meeting, Participant


class IngestKey(models.Model):
    """Lets the calls of a telephone service into one meeting, until it expires or is revoked.

    `consent` is what callers have agreed to, as far as whoever made the key declares. Stored as SHA-256 of a random
    value, never itself. An empty `display_name` takes each caller's own, an empty `language` the meeting's.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="ingest_keys")
    sha256 = models.CharField(max_length=64, unique=True)
    display_name = models.CharField(max_length=DISPLAY_NAME_MAX_CHARS, blank=True, default="")
    language = models.CharField(max_length=35, blank=True, default="")
    consent = models.JSONField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="ingest_keys"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("created_at", "id")

    def __str__(self) -> str:
        return f"ingest key {self.pk}"


class PhoneCall(models.Model):
    """One call, named by its service. A call that comes back is the same participant again.

    `audio_session` is its newest: a call that comes back within the resume window goes on with it.
    """

    class Service(models.TextChoices):
        TELER = "teler"
        TWILIO = "twilio"

    ingest_key = models.ForeignKey(IngestKey, on_delete=models.CASCADE, related_name="calls")
    service = models.CharField(max_length=10, choices=Service.choices)
    call_id = models.CharField(max_length=200)
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="phone_calls")
    audio_session = models.ForeignKey(AudioSession, on_delete=models.CASCADE, related_name="phone_calls")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("created_at", "id")
        constraints = (
            models.UniqueConstraint(fields=("ingest_key", "service", "call_id"), name="phonecall_once_per_key"),
        )

    def __str__(self) -> str:
        return f"{self.service} call {self.pk}"
