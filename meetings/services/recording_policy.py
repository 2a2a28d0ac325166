"""Tell everybody whether their meeting is recorded."""

from datetime import datetime

from meetings.models import Meeting, MeetingEvent
from meetings.recordings.switches import is_recorded
from meetings.services.events import event_append


def recording_announce(meeting: Meeting, *, was_recorded: bool, at: datetime) -> None:
    """Inside the caller's transaction; says nothing where nothing changed."""
    if (is_on := is_recorded(meeting.policies)) != was_recorded:
        event_append(
            meeting_id=meeting.pk,
            type=MeetingEvent.Type.MEETING_RECORDING,
            payload={"on": is_on, "at_ms": meeting.at_ms(at)},
        )
