"""Transcripts as files that take a while: what is asked for, how far it is, and where the file lies."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from meetings.models.meeting import Meeting


class Export(models.Model):
    """One file of a transcript, and the job to make it.

    Whoever makes it holds `lease` until `lease_until`; an expired one makes it free again. `made_seq` is the event up
    to which the log was read for it: what was redacted later makes the file void. Rows and files go at `expires_at`.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="exports")
    actor = models.CharField(max_length=100)
    format = models.CharField(max_length=10)
    options = models.JSONField(default=dict, blank=True)
    join_url = models.CharField(max_length=500, blank=True, default="")
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=100, blank=True, default="")
    file = models.CharField(max_length=200, blank=True, default="")
    sha256 = models.CharField(max_length=64, blank=True, default="")
    n_bytes = models.PositiveBigIntegerField(default=0)
    made_seq = models.PositiveBigIntegerField(null=True, blank=True)
    lease = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True)
    n_attempts = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ("-created_at", "id")
        indexes = (
            models.Index(fields=("state", "lease_until"), name="export_to_do"),
            models.Index(fields=("expires_at",), name="export_by_expiry"),
        )
        constraints = (
            models.CheckConstraint(name="export_progress_is_a_percentage", condition=Q(progress__lte=100)),
            models.CheckConstraint(
                name="export_done_has_a_file",
                condition=~Q(state="done") | (~Q(file="") & ~Q(sha256="") & Q(made_seq__isnull=False)),
            ),
            models.CheckConstraint(
                name="export_running_iff_leased",
                condition=Q(state="running", lease__isnull=False) | (~Q(state="running") & Q(lease__isnull=True)),
            ),
        )

    def __str__(self) -> str:
        return f"{self.format} {self.id}"

    @property
    def is_archive(self) -> bool:
        return self.format == "zip"
