"""Lost audio as a fact of the event log, and as a job where a second attempt is worth it."""

from meetings.models import AudioSession, GapRepair, MeetingEvent
from meetings.services.events import EventDraft


def gap_draft(session: AudioSession, *, start: int, end: int, reason: str) -> EventDraft:
    """Times are null when the session ended before its first frame had fixed its origin."""
    clock = session.clock
    payload = {
        "participant_id": str(session.participant_id),
        "session_id": str(session.pk),
        "from": start,
        "to": end,
        "reason": reason,
        "start_ms": None if clock is None else clock.meeting_ms(start),
        "end_ms": None if clock is None else clock.meeting_ms(end),
    }
    return EventDraft(type=MeetingEvent.Type.AUDIO_GAP, payload=payload, audio_session_id=session.pk)


def gap_repair(session: AudioSession, *, start: int, end: int, reason: str) -> GapRepair:
    """Not saved yet."""
    return GapRepair(
        audio_session=session, meeting_id=session.participant.meeting_id, start=start, end=end, reason=reason
    )
