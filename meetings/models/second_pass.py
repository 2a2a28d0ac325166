"""The second pass over a recorded session after its meeting: a job, and how far it has come."""

from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from meetings.models.audio_session import AudioSession
from meetings.models.meeting import Meeting


class SecondPass(models.Model):
    """One for each session. Whoever works on it holds `lease` until `lease_until`; an expired one makes it free again.

    Everything that begins before position `done_to` is done, which moves with each line, in its transaction: whoever
    takes over goes on there. Lines up to position `end` count; a session that delivers more moves it. `n_lines` and
    `n_done` count lines and losses, `n_replaced` texts that became others. `n_attempts` counts claims since the last
    progress.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="second_passes")
    audio_session = models.OneToOneField(AudioSession, on_delete=models.CASCADE, related_name="second_pass")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    end = models.PositiveBigIntegerField()
    done_to = models.PositiveBigIntegerField(default=0)
    n_lines = models.PositiveIntegerField()
    n_done = models.PositiveIntegerField(default=0)
    n_replaced = models.PositiveIntegerField(default=0)
    n_repaired = models.PositiveIntegerField(default=0)
    model = models.CharField(max_length=200, blank=True, default="")
    problem = models.CharField(max_length=100, blank=True, default="")
    lease = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True)
    n_attempts = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("created_at", "id")
        indexes = (models.Index(fields=("state", "lease_until"), name="secondpass_to_do"),)
        constraints = (
            models.CheckConstraint(name="secondpass_done_within_lines", condition=Q(n_done__lte=F("n_lines"))),
            models.CheckConstraint(
                name="secondpass_lease_has_an_end",
                condition=Q(lease__isnull=True, lease_until__isnull=True)
                | Q(lease__isnull=False, lease_until__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"second pass {self.id}"
