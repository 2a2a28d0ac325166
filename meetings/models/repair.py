"""Lost audio that recognizers are to blame for, queued to be transcribed later from a recording."""

from django.db import models
from django.db.models import F, Q

from meetings.models.audio_session import AudioSession
from meetings.models.meeting import Meeting


class GapRepair(models.Model):
    """A job: whoever works on it holds the lease, and an expired lease makes it free again.

    Made in the transaction that settles the gap. Positions are sample counts at 16 kHz.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"
        GIVEN_UP = "given_up"

    audio_session = models.ForeignKey(AudioSession, on_delete=models.CASCADE, related_name="gap_repairs")
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="gap_repairs")
    start = models.PositiveBigIntegerField()
    end = models.PositiveBigIntegerField()
    reason = models.CharField(max_length=100)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("created_at", "id")
        indexes = (models.Index(fields=("state", "lease_until"), name="gaprepair_to_do"),)
        constraints = (
            models.UniqueConstraint(fields=("audio_session", "start"), name="gaprepair_once_per_position"),
            models.CheckConstraint(name="gaprepair_starts_before_it_ends", condition=Q(start__lt=F("end"))),
        )

    def __str__(self) -> str:
        return f"{self.audio_session_id} {self.start}"
