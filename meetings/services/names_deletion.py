"""Take names out of the database for good: from rows, and from the events that told of them."""

from collections.abc import Callable

from django.db.models import QuerySet

from meetings.models import IngestKey, Meeting, MeetingEvent, Participant, PhoneCall

ERASED_NAME = "Erased participant"
ERASED_TITLE = "Erased meeting"
ROWS_AT_ONCE = 500


def participant_name_delete(participant: Participant) -> None:
    """Inside the caller's transaction, under the participant's and the meeting's locks. The account is let go too."""
    participant.display_name, participant.user = ERASED_NAME, None
    participant.save(update_fields=["display_name", "user"])
    told = MeetingEvent.objects.filter(meeting=participant.meeting_id, payload__participant__id=str(participant.pk))
    _events_rewrite(told, lambda event: event.payload["participant"].update(display_name=ERASED_NAME))
    for call in PhoneCall.objects.filter(participant=participant):
        call.call_id = f"erased-{call.pk}"
        call.save(update_fields=["call_id"])


def meeting_names_delete(meeting: Meeting) -> int:
    """Inside the caller's transaction, under the meeting's lock: everybody's, its title's and its vocabulary's."""
    participants = list(Participant.objects.filter(meeting=meeting))
    for participant in participants:
        participant_name_delete(participant)
    Meeting.objects.filter(pk=meeting.pk).update(title=ERASED_TITLE, vocabulary=[])
    IngestKey.objects.filter(meeting=meeting).exclude(display_name="").update(display_name=ERASED_NAME)
    told = MeetingEvent.objects.filter(meeting=meeting, type=MeetingEvent.Type.MEETING_CHANGED)
    _events_rewrite(told, lambda event: event.payload.update(title=ERASED_TITLE))
    return len(participants)


def _events_rewrite(events: QuerySet[MeetingEvent], change: Callable[[MeetingEvent], None]) -> None:
    """Their numbers and times stay."""
    changed = list(events)
    for event in changed:
        change(event)
    MeetingEvent.objects.bulk_update(changed, ["payload"], batch_size=ROWS_AT_ONCE)
