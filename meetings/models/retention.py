"""What is to be deleted, what must not be, and what proves that it was."""

from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from meetings.models.audio_session import AudioSession
from meetings.models.meeting import Meeting


class LegalHold(models.Model):
    """While one stands nothing of the meeting is deleted: no purge, no redaction, no erasure."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="legal_holds")
    reason = models.CharField(max_length=500)
    placed_by = models.CharField(max_length=100)
    placed_at = models.DateTimeField(auto_now_add=True)
    lifted_by = models.CharField(max_length=100, blank=True, default="")
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("placed_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("meeting",), condition=Q(lifted_at__isnull=True), name="legalhold_one_stands_per_meeting"
            ),
            models.CheckConstraint(name="legalhold_has_a_reason", condition=~Q(reason="")),
        )

    def __str__(self) -> str:
        return f"hold {self.pk}"


class Purge(models.Model):
    """A job: delete the text, or the sound, of a meeting. A killed worker's lease expires, and another one goes on.

    `unkept` are the lines that were shown and are not to be kept. `counts` and `digest` grow with each small
    transaction; `DeletionProof` says how the digest is made.
    """

    class What(models.TextChoices):
        TEXT = "text"
        UNKEPT = "unkept"
        AUDIO = "audio"

    class Reason(models.TextChoices):
        RETENTION = "retention"
        EPHEMERAL = "ephemeral"
        CAPTIONS_ONLY = "captions_only"
        ASKED = "asked"

    class State(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="purges")
    what = models.CharField(max_length=10, choices=What.choices)
    reason = models.CharField(max_length=20, choices=Reason.choices)
    asked_by = models.CharField(max_length=100)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    counts = models.JSONField(default=dict, blank=True)
    digest = models.CharField(max_length=64, blank=True, default="")
    lease = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("created_at", "id")
        indexes = (models.Index(fields=("state", "lease_until"), name="purge_to_do"),)
        constraints = (
            models.UniqueConstraint(
                fields=("meeting", "what"), condition=Q(state="waiting"), name="purge_one_waits_per_kind"
            ),
        )

    def __str__(self) -> str:
        return f"purge {self.pk}"


class DeletionProof(models.Model):
    """That something is gone, without any of it. No foreign keys: it outlives what it tells of.

    `digest` of text: SHA-256 hashed on and on, block by block, over lines of segment id, revision, salted hash. The
    hashes stand in the audit trail; the salts are destroyed, so no sentence can be guessed back from them. Of sound:
    over the hashes of the files. `audit_number` is the trail's entry that seals this.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    meeting_id = models.UUIDField(db_index=True)
    what = models.CharField(max_length=20)
    target = models.CharField(max_length=100)
    reason = models.CharField(max_length=20)
    by = models.CharField(max_length=100)
    counts = models.JSONField()
    digest = models.CharField(max_length=64)
    audit_number = models.PositiveBigIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering = ("at", "id")

    def __str__(self) -> str:
        return f"proof {self.pk}"


class RedactedRange(models.Model):
    """Samples [start, end) of a session that nobody hears any more, wherever they are read.

    Until `silenced_at` pieces may still hold them: that row is the job to write these anew. `is_in_recording`: so may
    the session's finished recording, which nobody gets until it was made anew.
    """

    audio_session = models.ForeignKey(AudioSession, on_delete=models.CASCADE, related_name="redacted_ranges")
    start = models.PositiveBigIntegerField()
    end = models.PositiveBigIntegerField()
    is_in_recording = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    silenced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("audio_session", "start")
        indexes = (
            models.Index(fields=("created_at",), condition=Q(silenced_at__isnull=True), name="redactedrange_to_do"),
        )
        constraints = (
            models.CheckConstraint(name="redactedrange_starts_before_it_ends", condition=Q(start__lt=F("end"))),
        )

    def __str__(self) -> str:
        return f"{self.audio_session_id} {self.start}"
