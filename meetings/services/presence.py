"""Who is here: facts about participants in the event log."""

from datetime import datetime
from typing import Any

from meetings.messages import participant_wire
from meetings.models import AudioSession, Meeting, MeetingEvent, Participant
from meetings.services.events import EventDraft, events_append


def participant_joined(*, participant: Participant, meeting: Meeting, at: datetime) -> None:
    """Records the return of somebody who had left as well; says nothing of somebody who is present."""
    presence_lock(participant)
    if participant.joined_at is not None and participant.left_at is None:
        return
    participant.joined_at = participant.joined_at or at
    participant.left_at = None
    participant.save(update_fields=["joined_at", "left_at"])
    _append(MeetingEvent.Type.PARTICIPANT_JOINED, participant=participant, meeting=meeting, at=at)


def session_left(*, session: AudioSession, at: datetime) -> None:
    """The session is not waited for any more, and with it its participant, unless another of theirs is.

    Two sessions of one person may end at once, or one end while another opens: under the lock, whoever comes second
    sees what the first did, so neither is somebody left here for ever nor shown as gone who is not.
    """
    participant, meeting = session.participant, session.participant.meeting
    presence_lock(participant)
    waited_for = (AudioSession.State.OPEN, AudioSession.State.DETACHED)
    others = participant.audio_sessions.filter(state__in=waited_for, generation__gt=0).exclude(pk=session.pk)
    if participant.joined_at is None or participant.left_at is not None or others.exists():
        return
    participant.left_at = at
    participant.save(update_fields=["left_at"])
    _append(MeetingEvent.Type.PARTICIPANT_LEFT, participant=participant, meeting=meeting, at=at)


def participant_consented(*, participant: Participant, meeting: Meeting, at: datetime) -> None:
    granted = list(participant.consent)
    _append(MeetingEvent.Type.PARTICIPANT_CONSENTED, participant=participant, meeting=meeting, at=at, granted=granted)


def participant_renamed(*, participant: Participant, meeting: Meeting, at: datetime) -> None:
    _append(MeetingEvent.Type.PARTICIPANT_CHANGED, participant=participant, meeting=meeting, at=at)


def presence_lock(participant: Participant) -> None:
    """Before the meeting's row, as everywhere: two that took them in different orders could wait for each other."""
    locked = Participant.objects.select_for_update(no_key=True).get(pk=participant.pk)
    participant.joined_at, participant.left_at = locked.joined_at, locked.left_at


def _append(type: str, *, participant: Participant, meeting: Meeting, at: datetime, **more: Any) -> None:
    payload = {"participant": participant_wire(participant), "at_ms": meeting.at_ms(at), **more}
    events_append(meeting_id=meeting.pk, drafts=[EventDraft(type=type, payload=payload)])
