"""Which types of events webhooks tell of. A test holds docs/webhooks.md to this list."""

from collections.abc import Mapping

from meetings.models import MeetingEvent, Segment

EVERYTHING = "*"
TEST = "webhook.test"  # only by hand, and whatever is subscribed to
MEETING_CREATED = "meeting.created"
RECORDING_READY = "recording.ready"
EXPORT_READY = "export.ready"

_OF_SEGMENTS: Mapping[str, str] = {
    Segment.State.FINAL: "segment.final",
    Segment.State.CORRECTED: "segment.corrected",
    Segment.State.REDACTED: "segment.redacted",
    Segment.State.RETRACTED: "segment.retracted",
}
# What is in a meeting's log goes by the type it has there.
OF_THE_LOG = frozenset({*MeetingEvent.Type.values, *_OF_SEGMENTS.values()} - {MeetingEvent.Type.SEGMENT.value})
TYPES: tuple[str, ...] = tuple(sorted({*OF_THE_LOG, MEETING_CREATED, RECORDING_READY, EXPORT_READY}))


def log_type(type: str, segment: Segment | None) -> str:
    """What an entry of a meeting's log is called here: segments go by their state."""
    return type if segment is None else _OF_SEGMENTS.get(segment.state, f"segment.{segment.state}")
