"""Durable facts as wire messages, exactly as on the sockets and in the log. Text is joined when read."""

from typing import cast

from meetings.models import MeetingEvent, Participant, Segment, SegmentRevision
from meetings.wire import (
    EventMessage,
    EventWire,
    GapWire,
    ParticipantWire,
    SegmentMessage,
    SegmentWire,
    WireMessage,
    WordWire,
)


def participant_wire(participant: Participant) -> ParticipantWire:
    return {
        "id": str(participant.pk),
        "display_name": participant.display_name,
        "role": participant.role,
        "language": participant.language,
    }


def segment_wire(segment: Segment, revision: SegmentRevision | None = None) -> SegmentWire:
    """The segment as it stands, or as it stood in `revision`. What was redacted is redacted in every revision.

    Of a line of which a passage was redacted the rest is shown, as it stands now. What is retracted is shown to nobody:
    its text is kept for the day when it is restored.
    """
    shown = segment if revision is None else revision
    place = segment if revision is None or revision.start_ms is None else revision
    speaker = segment.participant if revision is None or revision.participant is None else revision.participant
    is_redacted = segment.state == Segment.State.REDACTED
    is_hidden = not is_redacted and shown.state == Segment.State.RETRACTED
    said = segment if is_redacted else shown
    text = "" if is_hidden else said.text
    wire: SegmentWire = {
        "id": str(segment.pk),
        "rev": shown.rev,
        "state": segment.state if is_redacted else shown.state,
        "participant_id": str(speaker.pk),
        "speaker": speaker.display_name,
        "start_ms": cast("int", place.start_ms),
        "end_ms": cast("int", place.end_ms),
        "text": text,
        "stable_chars": len(text),
        "language": shown.language,
        "confidence": round(shown.confidence, 3),
        "words": [] if is_hidden else cast("list[WordWire]", said.words),
        "engine": shown.engine,
    }
    if not segment.is_kept:
        wire["kept"] = False
    return wire


def gap_wire(event: MeetingEvent, *, speaker: str) -> GapWire:
    """Lost audio as transcripts list it; times are null when the session ended before its first frame."""
    lost = event.payload
    return {
        "session_id": lost["session_id"],
        "participant_id": lost["participant_id"],
        "speaker": speaker,
        "start_ms": lost["start_ms"],
        "end_ms": lost["end_ms"],
        "from": lost["from"],
        "to": lost["to"],
        "reason": lost["reason"],
    }


def segment_message(segment: Segment, seq: int | None, revision: SegmentRevision | None = None) -> SegmentMessage:
    return {"type": "segment", "seq": seq, "segment": segment_wire(segment, revision)}


def event_message(event: MeetingEvent) -> EventMessage:
    return {"type": "event", "seq": event.seq, "event": cast("EventWire", {"type": event.type, **event.payload})}


def log_message(event: MeetingEvent, revision: SegmentRevision | None = None) -> WireMessage:
    """Any event as its message; `revision` where its segment has been revised since."""
    if event.segment is not None:
        return segment_message(event.segment, event.seq, revision)
    return event_message(event)
