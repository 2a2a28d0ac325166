"""The transcript lines and their earlier texts."""

from secrets import token_hex
from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from meetings.models.audio_session import AudioSession
from meetings.models.correction import Correction
from meetings.models.meeting import Meeting, Participant


def salt_new() -> str:
    return token_hex(16)


class Segment(models.Model):
    """The current text of one utterance, or of a part of it.

    `participant` is who said it, as far as anybody knows; `audio_session` is whose microphone heard it, always. A line
    that was split off another one has the act in `made_by`.
    `text_salt` goes into the audit trail's hash of the text. It lives here, so that purging the row leaves an audit
    hash from which a short sentence cannot be guessed back. A line that is not `is_kept` is shown live and is in no
    transcript: it is purged when everybody has gone. `purged_at`: its text was deleted, for good.
    """

    class State(models.TextChoices):
        FINAL = "final"
        CORRECTED = "corrected"
        REDACTED = "redacted"
        RETRACTED = "retracted"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="segments")
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="segments")
    audio_session = models.ForeignKey(AudioSession, on_delete=models.CASCADE, related_name="segment_set")
    rev = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.FINAL)
    start = models.PositiveBigIntegerField()
    end = models.PositiveBigIntegerField()
    start_ms = models.BigIntegerField()
    end_ms = models.BigIntegerField()
    text = models.TextField(blank=True)
    text_salt = models.CharField(max_length=32, default=salt_new, editable=False)
    words = models.JSONField(default=list, blank=True)
    language = models.CharField(max_length=35)
    confidence = models.FloatField()
    engine = models.CharField(max_length=100)
    # The database's own default is for nodes of an older version, which do not know of the column.
    is_kept = models.BooleanField(default=True, db_default=True, editable=False)
    purged_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(
        Correction, null=True, blank=True, editable=False, on_delete=models.RESTRICT, related_name="made_segments"
    )

    class Meta:
        ordering = ("start_ms", "id")
        indexes = (
            models.Index(fields=("meeting", "start_ms"), name="segment_of_meeting_by_time"),
            models.Index(
                fields=("meeting",), condition=Q(is_kept=False, purged_at__isnull=True), name="segment_not_to_be_kept"
            ),
        )
        constraints = (
            models.CheckConstraint(name="segment_starts_before_it_ends", condition=Q(start__lt=F("end"))),
            models.CheckConstraint(name="segment_rev_from_one", condition=Q(rev__gte=1)),
            models.CheckConstraint(
                name="segment_confidence_is_a_share", condition=Q(confidence__gte=0, confidence__lte=1)
            ),
            # Of what was committed. A line may be split again where an earlier split of it was undone.
            models.UniqueConstraint(
                fields=("audio_session", "start"),
                condition=Q(made_by__isnull=True),
                name="segment_once_per_position",
            ),
        )

    def __str__(self) -> str:
        return str(self.id)


class SegmentRevision(models.Model):
    """An earlier text. `actor`, `reason`, `at` and the act (`correction`) tell of its replacement.

    Whose it was and where it lay is null in rows of nodes of an older version: then it never changed.
    """

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="revisions")
    rev = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=Segment.State.choices)
    text = models.TextField(blank=True)
    words = models.JSONField(default=list, blank=True)
    language = models.CharField(max_length=35)
    confidence = models.FloatField()
    engine = models.CharField(max_length=100)
    participant = models.ForeignKey(
        Participant, null=True, blank=True, on_delete=models.CASCADE, related_name="segment_revisions"
    )
    start = models.PositiveBigIntegerField(null=True, blank=True)
    end = models.PositiveBigIntegerField(null=True, blank=True)
    start_ms = models.BigIntegerField(null=True, blank=True)
    end_ms = models.BigIntegerField(null=True, blank=True)
    correction = models.ForeignKey(
        Correction, null=True, blank=True, on_delete=models.RESTRICT, related_name="revisions"
    )
    actor = models.CharField(max_length=100)
    reason = models.CharField(max_length=200, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        ordering = ("segment", "rev")
        constraints = (models.UniqueConstraint(fields=("segment", "rev"), name="segmentrevision_rev_once"),)

    def __str__(self) -> str:
        return f"{self.segment_id} rev {self.rev}"
