"""Lost audio that recognizers are to blame for, queued to be transcribed later from a recording."""

from django.db import models
from django.db.models import F, Q

from meetings.models.audio_session import AudioSession
from meetings.models.meeting import Meeting
from meetings.models.segment import Segment


class GapRepair(models.Model):
    """A loss to be made good by the second pass of its session, whose lease is this one's too.

    Made in the transaction that settles the gap. Positions are sample counts at 16 kHz. Done, it has a `segment`, or
    none where nobody was heard; given up, `problem` says why, and the loss stays in the transcript.
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
    problem = models.CharField(max_length=100, blank=True, default="")
    segment = models.OneToOneField(Segment, null=True, blank=True, on_delete=models.SET_NULL, related_name="gap_repair")
    # Nodes of an older version write it. The lease that counts is the pass's.
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("created_at", "id")
        indexes = (models.Index(fields=("state", "lease_until"), name="gaprepair_to_do"),)
        constraints = (
            models.UniqueConstraint(fields=("audio_session", "start"), name="gaprepair_once_per_position"),
            models.CheckConstraint(name="gaprepair_starts_before_it_ends", condition=Q(start__lt=F("end"))),
        )

    def __str__(self) -> str:
        return f"{self.audio_session_id} {self.start}"
