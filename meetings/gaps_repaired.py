"""Which losses were made good from a recording: they are no losses any more from that event on."""

from uuid import UUID

from meetings.models import MeetingEvent


def gaps_repaired(*, meeting_id: UUID, until_seq: int | None = None) -> set[tuple[str, int]]:
    """(session_id, position of the first sample) of each; a loss is made good whole or not at all."""
    events = MeetingEvent.objects.filter(meeting=meeting_id, type=MeetingEvent.Type.AUDIO_REPAIRED)
    if until_seq is not None:
        events = events.filter(seq__lte=until_seq)
    return {(payload["session_id"], payload["from"]) for payload in events.values_list("payload", flat=True)}
