"""How a node fared, minute by minute: what the operator's charts are drawn from."""

from django.db import models


class NodeReading(models.Model):
    """Counts are of the minute before `at`, everything else as it was then. Nothing of it says who or what."""

    node = models.CharField(max_length=200)
    at = models.DateTimeField(db_index=True)
    is_recognizing = models.BooleanField()
    sessions = models.PositiveIntegerField()
    sockets = models.PositiveIntegerField()
    load_level = models.PositiveSmallIntegerField()
    finals = models.PositiveIntegerField()
    final_wait_p50_ms = models.PositiveIntegerField(null=True)
    final_wait_p95_ms = models.PositiveIntegerField(null=True)
    failures = models.PositiveIntegerField()
    refused = models.PositiveIntegerField()

    class Meta:
        ordering = ("-at",)
        indexes = (models.Index(fields=("node", "-at"), name="nodereading_latest"),)

    def __str__(self) -> str:
        return f"{self.node} {self.at:%H:%M}"
