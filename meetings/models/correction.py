"""What people change in a transcript: each act as one row, to which the revisions that it made point."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from meetings.models.meeting import Meeting


class Correction(models.Model):
    """One act upon one line or several, which therefore is undone as one."""

    class Kind(models.TextChoices):
        CORRECTED = "corrected"
        SPLIT = "split"
        MERGED = "merged"
        RETRACTED = "retracted"
        RESTORED = "restored"
        UNDONE = "undone"
        REPLACED = "replaced"
        REVERTED = "reverted"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="corrections")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    actor = models.CharField(max_length=100)
    reason = models.CharField(max_length=200, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        ordering = ("at", "id")

    def __str__(self) -> str:
        return str(self.id)


class Replacement(models.Model):
    """Find and replace across a transcript: proposed, then applied as one act, then perhaps reverted as one.

    `find` and `replace` are words of people: they go with the meeting, and whoever redacts looks here too. `hits` are
    pointers into revisions, no text: {"segment_id", "rev", "start", "end"}, the last two in code points.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed"
        APPLIED = "applied"
        REVERTED = "reverted"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="replacements")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    find = models.CharField(max_length=200)
    replace = models.CharField(max_length=200, blank=True)
    match_case = models.BooleanField(default=False)
    whole_words = models.BooleanField(default=True)
    reason = models.CharField(max_length=200, blank=True, default="")
    hits = models.JSONField(default=list, blank=True)
    actor = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now_add=True)
    applied = models.OneToOneField(
        Correction, null=True, blank=True, on_delete=models.RESTRICT, related_name="replacement"
    )
    reverted = models.OneToOneField(
        Correction, null=True, blank=True, on_delete=models.RESTRICT, related_name="reverted_replacement"
    )

    class Meta:
        ordering = ("-created_at", "id")
        constraints = (
            models.CheckConstraint(name="replacement_finds_something", condition=~Q(find="")),
            models.CheckConstraint(
                name="replacement_state_fits_its_acts",
                condition=Q(state="proposed", applied__isnull=True, reverted__isnull=True)
                | Q(state="applied", applied__isnull=False, reverted__isnull=True)
                | Q(state="reverted", applied__isnull=False, reverted__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return str(self.id)
