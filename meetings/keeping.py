"""What is kept of a meeting, in words for those who are about to agree to it."""

from dataclasses import dataclass

from meetings.models import Meeting
from meetings.policies import EPHEMERAL, mode_of
from meetings.retention import meeting_retention


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """`text_words` and `audio_words` end a sentence: " for 30 days after the meeting", or nothing."""

    is_ephemeral: bool
    text_words: str
    audio_words: str


def keeping_of(meeting: Meeting) -> Keeping:
    retention = meeting_retention(meeting)
    return Keeping(
        is_ephemeral=mode_of(meeting.policies) == EPHEMERAL,
        text_words=_days_words(retention.text_days),
        audio_words=_days_words(retention.sound_days),
    )


def _days_words(days: int | None) -> str:
    if days is None:
        return ""
    if days == 0:
        return ", until the meeting is over"
    return f", for {days} day{'' if days == 1 else 's'} after the meeting"
