"""What the second pass may touch of a line. People's words are theirs, and what was taken out stays out."""

from enum import Enum

from django.db.models import Q

from meetings.models import Segment, SegmentRevision
from meetings.services.audit import SYSTEM


class Allowed(Enum):
    EVERYTHING = "everything"
    WORD_TIMES = "word_times"
    NOTHING = "nothing"


def allowed_changes(segment: Segment) -> Allowed:
    """The one place that decides it. Any revision by somebody else than the system makes a line a person's."""
    if segment.state in (Segment.State.REDACTED, Segment.State.RETRACTED):
        return Allowed.NOTHING
    if segment.state == Segment.State.CORRECTED:
        return Allowed.WORD_TIMES
    by_people = SegmentRevision.objects.filter(~Q(actor=SYSTEM), segment=segment)
    return Allowed.WORD_TIMES if by_people.exists() else Allowed.EVERYTHING
