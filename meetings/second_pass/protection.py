"""What the second pass may touch of a line. People's words are theirs, and what was taken out stays out."""

from enum import Enum

from meetings.correction_selectors import is_corrected_by_a_human
from meetings.models import Segment


class Allowed(Enum):
    EVERYTHING = "everything"
    WORD_TIMES = "word_times"
    NOTHING = "nothing"


def allowed_changes(segment: Segment) -> Allowed:
    """The one place that decides it. Any revision by somebody else than the system makes a line a person's."""
    if segment.state in (Segment.State.REDACTED, Segment.State.RETRACTED):
        return Allowed.NOTHING
    if segment.purged_at is not None or not segment.is_kept:
        return Allowed.NOTHING
    if segment.state == Segment.State.CORRECTED or is_corrected_by_a_human(segment):
        return Allowed.WORD_TIMES
    return Allowed.EVERYTHING
