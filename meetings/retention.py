"""For how long a meeting is kept: by its policies, what it has from its organisation, or the server's defaults."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings

from meetings.policies import mode_is_said

if TYPE_CHECKING:
    from meetings.models import Meeting


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """For how many days text and sound are kept after the end (None: until somebody deletes them).

    `has_names_purged`: title, vocabulary and people's names go with the text.
    """

    text_days: int | None
    audio_days: int | None
    has_names_purged: bool

    @property
    def sound_days(self) -> int | None:
        """Sound does not outlive its text."""
        return min((each for each in (self.text_days, self.audio_days) if each is not None), default=None)

    def text_due_at(self, over_at: datetime) -> datetime | None:
        return None if self.text_days is None else over_at + timedelta(days=self.text_days)

    def audio_due_at(self, over_at: datetime) -> datetime | None:
        return None if self.sound_days is None else over_at + timedelta(days=self.sound_days)


def retention_default(taken: Mapping[str, Any]) -> Retention:
    """What holds where a meeting says nothing: the one place that knows of defaults.

    `taken` is what the meeting took from its organisation (`Meeting.default_policies`); what that does not say either
    is the server's.
    """
    server = Retention(
        text_days=settings.TEXT_RETENTION_DAYS,
        audio_days=settings.AUDIO_RETENTION_DAYS,
        has_names_purged=settings.PURGE_NAMES,
    )
    return retention_of(taken, server)


def meeting_retention(meeting: "Meeting") -> Retention:
    return retention_of(meeting.policies, retention_default(meeting.default_policies))


def retention_of(policies: Mapping[str, Any], default: Retention) -> Retention:
    said = policies.get("retention_days", {})
    days = said if isinstance(said, dict) else {"text": said, "audio": said}
    return Retention(
        text_days=days.get("text", default.text_days),
        audio_days=days.get("audio", default.audio_days),
        has_names_purged=policies.get("purge_names", default.has_names_purged),
    )


def policies_taken(chosen: Mapping[str, Any], organisation_policies: Mapping[str, Any]) -> dict[str, Any]:
    """What a meeting that has not begun takes from its organisation, and as its mode, else, from the server.

    It keeps that: another default, of either, changes nothing that people were told before they spoke. Of the server's
    it takes no days: those are the operator's own rule for all meetings that say nothing (`retention_default`).
    """
    taken = {"mode": settings.MEETING_MODE, **organisation_policies}
    if mode_is_said(chosen):
        del taken["mode"]
    return taken
