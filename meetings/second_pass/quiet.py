"""Whether people are speaking on this machine right now: then it has better to do than to hear old meetings."""

from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q

from meetings.models import AudioSession, MeetingEvent, Node

ALIVE_WITHIN = timedelta(seconds=60)  # nodes show themselves every 15 s
SPOKEN_WITHIN = timedelta(seconds=60)  # an utterance is at most 20 s long, and committed soon after
LATEST_EVENTS = 20


def speech_is_going(*, now: datetime) -> bool:
    """Somebody is connected to a node that lives, and has come, or was heard in the meeting, a moment ago.

    An open meeting in which nobody speaks holds up nothing.
    """
    alive = Node.objects.filter(name=OuterRef("node"), seen_at__gte=now - ALIVE_WITHIN)
    spoken = MeetingEvent.objects.filter(
        meeting=OuterRef("participant__meeting"),
        seq__gt=F("meeting__last_seq") - LATEST_EVENTS,
        type__in=(MeetingEvent.Type.SEGMENT, MeetingEvent.Type.AUDIO_GAP),
        at__gte=now - SPOKEN_WITHIN,
    )
    present = AudioSession.objects.filter(Exists(alive), state=AudioSession.State.OPEN)
    return present.filter(Q(connected_at__gte=now - SPOKEN_WITHIN) | Exists(spoken)).exists()
