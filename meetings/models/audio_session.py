"""One participant's capture timeline with its ledger, and the nodes that serve such sessions."""

from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from meetings.models.meeting import Participant
from meetings.session_clock import SessionClock, corrections_stored
from meetings.values import SessionCounters, SpeechContext


class AudioSession(models.Model):
    """Positions and counters are sample counts at 16 kHz.

    `generation` counts the connections: only the newest may commit. Everything before `settled` is accounted for as
    speech, nonspeech, muted or gap, which the database checks. `begun_at` is the first hello, `connected_at` the last.
    `context` is the SpeechContext of what follows `settled`: a replay begins with its samples. `corrections` are pairs
    of a position and the offset of the `clock` from there on; each began behind all that people had been told of.
    """

    class State(models.TextChoices):
        OPEN = "open"
        DETACHED = "detached"
        ENDED = "ended"
        ABANDONED = "abandoned"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="audio_sessions")
    generation = models.PositiveBigIntegerField(default=0)
    origin_ms = models.BigIntegerField(null=True, blank=True)
    # The database's own default is for nodes of an older version, which do not know of the column.
    corrections = models.JSONField(blank=True, default=list, db_default=[], editable=False)
    settled = models.PositiveBigIntegerField(default=0)
    received = models.PositiveBigIntegerField(default=0)
    speech = models.PositiveBigIntegerField(default=0)
    nonspeech = models.PositiveBigIntegerField(default=0)
    muted = models.PositiveBigIntegerField(default=0)
    gap = models.PositiveBigIntegerField(default=0)
    segments = models.PositiveIntegerField(default=0)
    context = models.JSONField(null=True, blank=True, default=None, editable=False)
    node = models.CharField(max_length=200, blank=True, default="")
    state = models.CharField(max_length=10, choices=State.choices, default=State.DETACHED)
    close_reason = models.CharField(max_length=100, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    begun_at = models.DateTimeField(null=True, blank=True)
    connected_at = models.DateTimeField(null=True, blank=True)
    detached_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("created_at", "id")
        indexes = (models.Index(fields=("state", "detached_at"), name="audiosession_to_finalize"),)
        constraints = (
            models.CheckConstraint(
                name="audiosession_settled_within_received", condition=Q(settled__lte=F("received"))
            ),
            models.CheckConstraint(
                name="audiosession_ledger_balances",
                condition=Q(settled=F("speech") + F("nonspeech") + F("muted") + F("gap")),
            ),
            models.CheckConstraint(
                name="audiosession_ended_is_settled", condition=~Q(state="ended") | Q(settled=F("received"))
            ),
        )

    def __str__(self) -> str:
        return str(self.id)

    @property
    def counters(self) -> SessionCounters:
        return SessionCounters(
            received=self.received,
            settled=self.settled,
            speech=self.speech,
            nonspeech=self.nonspeech,
            muted=self.muted,
            gap=self.gap,
        )

    @property
    def clock(self) -> SessionClock | None:
        """None before the first frame."""
        if self.origin_ms is None:
            return None
        return SessionClock(origin_ms=self.origin_ms, corrections=corrections_stored(self.corrections))

    @property
    def speech_context(self) -> SpeechContext | None:
        stored = self.context
        return SpeechContext(**{**stored, "tokens": tuple(stored["tokens"])}) if stored else None


class SessionLanguage(models.Model):
    """What is spoken in a session from position `start` on, up to the next one's.

    Stored before anything that begins there is decoded, and never changed before that: whoever replays the session
    decodes each utterance in the language that it was first decoded in.
    """

    audio_session = models.ForeignKey(AudioSession, on_delete=models.CASCADE, related_name="languages")
    start = models.PositiveBigIntegerField()
    language = models.CharField(max_length=35)

    class Meta:
        ordering = ("audio_session", "start")
        constraints = (
            models.UniqueConstraint(fields=("audio_session", "start"), name="sessionlanguage_once_per_position"),
        )

    def __str__(self) -> str:
        return f"{self.audio_session_id} from {self.start}: {self.language}"


class Node(models.Model):
    """A running server process, as far as its heartbeat tells."""

    name = models.CharField(primary_key=True, max_length=200)
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
