"""What a participant agreed to, and when."""

from django.db import models

from meetings.models.meeting import Participant


class ConsentRecord(models.Model):
    """One declaration; the latest one stands. An empty list withdraws everything.

    Who calls by telephone has no button: whoever made the `ingest_key` has declared it for them.
    """

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="consent_records")
    granted = models.JSONField()
    ingest_key = models.ForeignKey(
        "meetings.IngestKey", null=True, blank=True, on_delete=models.SET_NULL, related_name="consent_records"
    )
    at = models.DateTimeField()

    class Meta:
        ordering = ("at", "id")

    def __str__(self) -> str:
        return f"{self.participant_id} {self.pk}"
