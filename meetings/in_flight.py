"""What another node has heard of a session and not committed yet, as far as the database shows."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from meetings.models import AudioSession, Node

SEEN_WITHIN = timedelta(seconds=40)  # two signs of life, and a late one
State = AudioSession.State


def session_is_in_flight(*, session_id: UUID, node: str) -> bool | None:
    """Whether a node that is not `node`, and lives, has more of it than is committed. None: there is no such node."""
    waited_for = AudioSession.objects.filter(pk=session_id, state__in=(State.OPEN, State.DETACHED), generation__gt=0)
    found = waited_for.exclude(node__in=("", node)).values_list("node", "received", "settled").first()
    if found is None:
        return None
    other, received, settled = found
    if not Node.objects.filter(name=other, seen_at__gte=timezone.now() - SEEN_WITHIN).exists():
        return None
    return received > settled
