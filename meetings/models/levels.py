"""How loud a session was, 20 ms by 20 ms: what tells one voice in two microphones from two voices."""

from django.db import models

from meetings.models.audio_session import AudioSession


class SessionLevels(models.Model):
    """Four bytes for each 20 ms, stored with the commit that settles them; `meetings/levels.py` says what they mean.

    Level `first + i` is of the samples [320 * (first + i), 320 * (first + i + 1)) of the session; 0 is not heard.
    """

    audio_session = models.ForeignKey(AudioSession, on_delete=models.CASCADE, related_name="levels")
    first = models.PositiveBigIntegerField()
    levels = models.BinaryField()

    class Meta:
        ordering = ("audio_session", "first")
        constraints = (
            models.UniqueConstraint(fields=("audio_session", "first"), name="sessionlevels_once_per_position"),
        )

    def __str__(self) -> str:
        return f"{self.audio_session_id} from {self.first}"
