"""The end of each chain of the audit trail, kept apart from its entries."""

from django.db import models


class AuditHead(models.Model):
    """How long a chain is and the hash of its last entry: without it, entries cut off at the end would not be missed.

    A trigger of the database moves it with each entry, so it costs no query, and others refuse to set it back.
    `chain` is a meeting's id in hex, or `outside`. No foreign key: the trail outlives its meeting.
    """

    chain = models.CharField(max_length=32, primary_key=True)
    number = models.PositiveBigIntegerField()
    hash = models.CharField(max_length=64)
    anchored_number = models.PositiveBigIntegerField(default=0)
    checked_at = models.DateTimeField(null=True, blank=True)
    n_findings = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("chain",)

    def __str__(self) -> str:
        return f"{self.chain} {self.number}"
