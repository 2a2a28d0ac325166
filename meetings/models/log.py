"""The two logs: what feeds read (events), and what proves who did what (audit)."""

from django.db import models
from django.db.models import Q

from meetings.models.audio_session import AudioSession
from meetings.models.meeting import Meeting
from meetings.models.segment import Segment


class MeetingEvent(models.Model):
    """One durable fact, numbered without gaps in its meeting.

    A segment's event holds its id and revision only: the text is joined when read, so that redaction reaches every
    feed. Gaps carry their audio session, from which the ledger lists them.
    """

    class Type(models.TextChoices):
        SEGMENT = "segment"
        MEETING_STARTED = "meeting.started"
        MEETING_CHANGED = "meeting.changed"
        MEETING_ENDED = "meeting.ended"
        MEETING_RECORDING = "meeting.recording"
        PARTICIPANT_JOINED = "participant.joined"
        PARTICIPANT_LEFT = "participant.left"
        PARTICIPANT_CONSENTED = "participant.consented"
        PARTICIPANT_CHANGED = "participant.changed"
        PARTICIPANT_LANGUAGE = "participant.language"
        AUDIO_GAP = "audio.gap"
        CONTENT_PURGED = "content.purged"
        AUDIO_REPAIRED = "audio.repaired"

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="events")
    seq = models.PositiveBigIntegerField()
    type = models.CharField(max_length=40, choices=Type.choices)
    payload = models.JSONField()
    at = models.DateTimeField()
    segment = models.ForeignKey(Segment, null=True, blank=True, on_delete=models.CASCADE, related_name="events")
    audio_session = models.ForeignKey(
        AudioSession, null=True, blank=True, on_delete=models.CASCADE, related_name="events"
    )

    class Meta:
        ordering = ("meeting", "seq")
        constraints = (
            models.UniqueConstraint(fields=("meeting", "seq"), name="meetingevent_seq_once"),
            models.CheckConstraint(name="meetingevent_seq_from_one", condition=Q(seq__gte=1)),
            models.CheckConstraint(
                name="meetingevent_segment_iff_typed_so",
                condition=Q(type="segment", segment__isnull=False) | (~Q(type="segment") & Q(segment__isnull=True)),
            ),
        )

    def __str__(self) -> str:
        return f"{self.meeting_id} {self.seq}"


class AuditEvent(models.Model):
    """Append-only (database triggers refuse UPDATE and DELETE) and chained by hash within a meeting.

    No foreign keys: the trail outlives what it tells of. `meeting_id` is null for acts outside of any meeting, which
    form a chain of their own.
    """

    meeting_id = models.UUIDField(null=True, blank=True)
    number = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=100)
    action = models.CharField(max_length=60)
    target = models.CharField(max_length=100)
    data = models.JSONField()
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ("meeting_id", "number")
        constraints = (
            models.UniqueConstraint(fields=("meeting_id", "number"), name="auditevent_number_once"),
            models.UniqueConstraint(
                fields=("number",), condition=Q(meeting_id__isnull=True), name="auditevent_number_once_outside"
            ),
        )

    def __str__(self) -> str:
        return f"{self.meeting_id} {self.number}"
