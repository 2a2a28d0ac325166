"""For how long a meeting is kept: by its policies, or by the server's defaults."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from meetings.policies import TRANSCRIPT, policies_known


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


def policies_begun(policies: dict[str, Any]) -> dict[str, Any]:
    """Of a new meeting: the server's default mode stands in it where it differs from what is taken for unsaid."""
    if "mode" in policies or "recording" in policies or settings.MEETING_MODE == TRANSCRIPT:
        return policies
    return policies_known({**policies, "mode": settings.MEETING_MODE})
