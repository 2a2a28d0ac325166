"""What a meeting's policies say: what is kept of it, and for how long. Pure but for the server's defaults."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from meetings.errors import Invalid

EPHEMERAL = "ephemeral"  # captions while it goes on, nothing afterwards
TRANSCRIPT = "transcript"  # the words
TRANSCRIPT_AND_AUDIO = "transcript_and_audio"  # and the sound of those who agree to it
MODES = (EPHEMERAL, TRANSCRIPT, TRANSCRIPT_AND_AUDIO)
MOST_DAYS = 36_500


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """For how many days text and sound are kept after the end (None: until somebody deletes them).

    `has_names_purged`: title, vocabulary and people's names go with the text.
    """

    text_days: int | None
    audio_days: int | None
    has_names_purged: bool

    def text_due_at(self, over_at: datetime) -> datetime | None:
        return None if self.text_days is None else over_at + timedelta(days=self.text_days)

    def audio_due_at(self, over_at: datetime) -> datetime | None:
        """Sound does not outlive its text."""
        days = [each for each in (self.text_days, self.audio_days) if each is not None]
        return over_at + timedelta(days=min(days)) if days else None


def retention_default() -> Retention:
    """What holds where a meeting says nothing: the one place that knows of defaults."""
    return Retention(
        text_days=settings.TEXT_RETENTION_DAYS,
        audio_days=settings.AUDIO_RETENTION_DAYS,
        has_names_purged=settings.PURGE_NAMES,
    )


def retention_of(policies: Mapping[str, Any], default: Retention) -> Retention:
    said = policies.get("retention_days", {})
    days = said if isinstance(said, dict) else {"text": said, "audio": said}
    return Retention(
        text_days=days.get("text", default.text_days),
        audio_days=days.get("audio", default.audio_days),
        has_names_purged=policies.get("purge_names", default.has_names_purged),
    )


def mode_of(policies: Mapping[str, Any]) -> str:
    """Where it is not said, by whether the meeting is recorded: another default must not delete what there is."""
    if (mode := policies.get("mode")) is not None:
        return str(mode)
    return TRANSCRIPT_AND_AUDIO if policies.get("recording") is True else TRANSCRIPT


def policies_known(policies: dict[str, Any]) -> dict[str, Any]:
    """The same policies, `mode` and `recording` saying the same. Raises Invalid.

    `retention_days` is one number, or an object with `text` and `audio`. Days are whole numbers from zero on; null
    means that it is kept until somebody deletes it, whatever the default is.
    """
    mode, recording = policies.get("mode"), policies.get("recording", False)
    if not isinstance(recording, bool):
        raise Invalid("The policy recording is true or false.")
    if mode is not None and mode not in MODES:
        raise Invalid("The policy mode is one of: " + ", ".join(MODES) + ".")
    if mode is not None and "recording" in policies and recording != (mode == TRANSCRIPT_AND_AUDIO):
        raise Invalid("The policies mode and recording contradict each other.")
    if not isinstance(policies.get("purge_names", False), bool):
        raise Invalid("The policy purge_names is true or false.")
    _days_check(policies.get("retention_days", {}))
    return policies if mode is None else {**policies, "recording": mode == TRANSCRIPT_AND_AUDIO}


def policies_begun(policies: dict[str, Any]) -> dict[str, Any]:
    """Of a new meeting: the server's default mode stands in it where it differs from what is taken for unsaid."""
    if "mode" in policies or "recording" in policies or settings.MEETING_MODE == TRANSCRIPT:
        return policies
    return policies_known({**policies, "mode": settings.MEETING_MODE})


def _days_check(days: object) -> None:
    if isinstance(days, dict) and not days.keys() <= {"text", "audio"}:
        raise Invalid("The policy retention_days is a number, or an object with text, audio, or both.")
    for each in days.values() if isinstance(days, dict) else (days,):
        if each is not None and (isinstance(each, bool) or not isinstance(each, int) or not 0 <= each <= MOST_DAYS):
            raise Invalid(f"Days of retention are whole numbers from 0 to {MOST_DAYS}, or null.")
