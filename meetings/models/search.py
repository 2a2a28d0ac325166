"""What the search index knows of each line that stands."""

from django.db import models

from meetings.models.meeting import Meeting, Participant
from meetings.models.segment import Segment


class SearchLine(models.Model):
    """Written by database triggers alone (`meetings/search/`), in the transaction that changes the segment.

    There is one for each segment that may be found, and none for what is retracted or redacted. `id` rises with time.
    `text` is as SQLite's index reads it, and empty on PostgreSQL, where a column `vector` holds the index's words.
    """

    segment = models.OneToOneField(Segment, on_delete=models.DO_NOTHING, related_name="+")
    meeting = models.ForeignKey(Meeting, on_delete=models.DO_NOTHING, related_name="+")
    participant = models.ForeignKey(Participant, on_delete=models.DO_NOTHING, related_name="+")
    language = models.CharField(max_length=35)
    text = models.TextField()

    def __str__(self) -> str:
        return str(self.pk)
