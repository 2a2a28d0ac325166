"""Find audio sessions whose connection will not come back, and let their participants leave."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from meetings.limits import NODE_SILENT_S, RESUME_WINDOW_S
from meetings.models import AudioSession, Node
from meetings.services.sessions import session_leave
from meetings.values import SessionOwner


def sessions_abandoned_finalize(*, now: datetime) -> int:
    """Returns how many were looked at. Anybody may run it, at any time, twice at once: leaving is compare-and-swap.

    `settled` stays where it is: what was not received may still be delivered by resuming. A session that is open on a
    node which fell silent counts from the node's last sign of life, or from its own connection when that was later.
    """
    window_began_at = now - timedelta(seconds=RESUME_WINDOW_S)
    alive = Node.objects.filter(
        name=OuterRef("node"), seen_at__gte=now - timedelta(seconds=max(NODE_SILENT_S, RESUME_WINDOW_S))
    )
    detached = Q(state=AudioSession.State.DETACHED, detached_at__lt=window_began_at)
    orphaned = Q(~Exists(alive), state=AudioSession.State.OPEN, connected_at__lt=window_began_at)
    found = AudioSession.objects.filter(detached | orphaned, generation__gt=0).values_list("pk", "generation")
    n_found = 0
    for session_id, generation in found:
        session_leave(owner=SessionOwner(session_id=session_id, generation=generation), reason="resume_window_over")
        n_found += 1
    return n_found
