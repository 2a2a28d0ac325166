"""Who is here: facts about participants in the event log."""

from datetime import datetime
from typing import Any

from meetings.messages import participant_wire
from meetings.models import Meeting, MeetingEvent, Participant
from meetings.services.events import EventDraft, events_append


def participant_joined(*, participant: Participant, meeting: Meeting, at: datetime) -> None:
    """Records the return of somebody who had left as well; says nothing of somebody who is present."""
    if participant.joined_at is not None and participant.left_at is None:
        return
    participant.joined_at = participant.joined_at or at
    participant.left_at = None
    participant.save(update_fields=["joined_at", "left_at"])
    _append(MeetingEvent.Type.PARTICIPANT_JOINED, participant=participant, meeting=meeting, at=at)


def participant_left(*, participant: Participant, meeting: Meeting, at: datetime) -> None:
    if participant.joined_at is None or participant.left_at is not None:
        return
    participant.left_at = at
    participant.save(update_fields=["left_at"])
    _append(MeetingEvent.Type.PARTICIPANT_LEFT, participant=participant, meeting=meeting, at=at)


def participant_consented(*, participant: Participant, meeting: Meeting, at: datetime) -> None:
    granted = list(participant.consent)
    _append(MeetingEvent.Type.PARTICIPANT_CONSENTED, participant=participant, meeting=meeting, at=at, granted=granted)


def _append(type: str, *, participant: Participant, meeting: Meeting, at: datetime, **more: Any) -> None:
    payload = {"participant": participant_wire(participant), "at_ms": meeting.at_ms(at), **more}
    events_append(meeting_id=meeting.pk, drafts=[EventDraft(type=type, payload=payload)])
