"""Recorded audio: who may be recorded from where on, the pieces that were kept, and what was made of them."""

from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from meetings.models.audio_session import AudioSession
from meetings.models.meeting import Meeting


class RecordingSwitch(models.Model):
    """Whether a session may be recorded from position `start` on, up to the next one's. Off before the first.

    Stored before anything that begins there is kept, so that whoever replays the session records what the first run
    recorded: audio of a time without consent is sent again after a crash, and still is not kept.
    """

    audio_session = models.ForeignKey(AudioSession, on_delete=models.CASCADE, related_name="recording_switches")
    start = models.PositiveBigIntegerField()
    is_on = models.BooleanField()

    class Meta:
        ordering = ("audio_session", "start")
        constraints = (
            models.UniqueConstraint(fields=("audio_session", "start"), name="recordingswitch_once_per_position"),
        )

    def __str__(self) -> str:
        return f"{self.audio_session_id} from {self.start}: {'on' if self.is_on else 'off'}"


class RecordingChunk(models.Model):
    """Samples [start, end) of a session in a file that was durable before they were settled.

    Made by the commit that settles them; a file without such a row is of a commit that never came, and does not count.
    Without a file, `missing` says why the samples should have been kept and were not.
    """

    audio_session = models.ForeignKey(AudioSession, on_delete=models.CASCADE, related_name="recording_chunks")
    start = models.PositiveBigIntegerField()
    end = models.PositiveBigIntegerField()
    file = models.CharField(max_length=200, blank=True, default="")
    sha256 = models.CharField(max_length=64, blank=True, default="")
    missing = models.CharField(max_length=100, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("audio_session", "start")
        constraints = (
            models.UniqueConstraint(fields=("audio_session", "start"), name="recordingchunk_once_per_position"),
            models.CheckConstraint(name="recordingchunk_starts_before_it_ends", condition=Q(start__lt=F("end"))),
            models.CheckConstraint(
                name="recordingchunk_has_a_file_or_a_reason",
                condition=(~Q(file="") & ~Q(sha256="") & Q(missing="")) | (Q(file="", sha256="") & ~Q(missing="")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.audio_session_id} {self.start}"


class Recording(models.Model):
    """A FLAC for listening: one session on its own timeline, or everybody on the meeting's. Also the job to make it.

    Whoever makes it holds `lease` until `lease_until`; an expired one makes it free again. `made_from` names what it
    was, or is to be, made from: a session that delivers more afterwards asks for another. `spans` are the recorded
    ranges [start, end) of a session, `missing` those that should have been kept, with their reasons.
    """

    class Kind(models.TextChoices):
        SESSION = "session"
        MIX = "mix"

    class State(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="recordings")
    audio_session = models.OneToOneField(
        AudioSession, null=True, blank=True, on_delete=models.CASCADE, related_name="recording"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    problem = models.CharField(max_length=100, blank=True, default="")
    made_from = models.CharField(max_length=64)
    file = models.CharField(max_length=200, blank=True, default="")
    sha256 = models.CharField(max_length=64, blank=True, default="")
    n_samples = models.PositiveBigIntegerField(default=0)
    n_bytes = models.PositiveBigIntegerField(default=0)
    spans = models.JSONField(default=list, blank=True)
    missing = models.JSONField(default=list, blank=True)
    lease = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True)
    n_attempts = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("meeting", "kind", "created_at", "id")
        indexes = (models.Index(fields=("state", "lease_until"), name="recording_to_do"),)
        constraints = (
            models.UniqueConstraint(fields=("meeting",), condition=Q(kind="mix"), name="recording_one_mix_per_meeting"),
            models.CheckConstraint(
                name="recording_of_a_session_iff_typed_so",
                condition=Q(kind="session", audio_session__isnull=False) | Q(kind="mix", audio_session__isnull=True),
            ),
            models.CheckConstraint(
                name="recording_done_has_a_file", condition=~Q(state="done") | (~Q(file="") & ~Q(sha256=""))
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
