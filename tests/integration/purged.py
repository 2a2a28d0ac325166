"""Meetings that are over, with something in them that is due."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from meetings.models import (
    ConsentRecord,
    Meeting,
    Segment,
)
from meetings.services.meetings import meeting_create, meeting_end
from meetings.services.sessions import session_end
from tests.integration.made import host_made, speech
from tests.integration.recorded import AGREED, speaking

WORDS = "xylophone zeppelin"
LATER = timedelta(days=31)


def now() -> datetime:
    return timezone.now()


def then() -> datetime:
    return timezone.now() + LATER


def spoken(*, n_lines: int = 2, granted: tuple[str, ...] = AGREED, **policies: Any) -> Meeting:
    """A meeting that is over, with lines in it."""
    host = host_made(f"host-{Meeting.objects.count()}")
    meeting = meeting_create(actor=host, title="Board", policies=policies)
    who = speaking(meeting)
    ConsentRecord.objects.filter(participant=who.opened.participant_id).update(granted=list(granted))
    who.commit(*(speech(at * 1_600, (at + 1) * 1_600, text=f"{WORDS} {at}") for at in range(n_lines)))
    session_end(owner=who.owner)
    return meeting_end(meeting=meeting, actor=host)


def texts(meeting: Meeting) -> list[str]:
    return [text for text in Segment.objects.filter(meeting=meeting).values_list("text", flat=True) if text]
