"""Find audio sessions whose connection will not come back, and let their participants leave."""

import logging
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from meetings.limits import RESUME_WINDOW_S
from meetings.models import AudioSession, Node
from meetings.services.session_commits import NODE_SILENT
from meetings.services.sessions import session_leave
from meetings.values import SessionOwner

logger = logging.getLogger(__name__)

RESUME_WINDOW_OVER = "resume_window_over"


def sessions_abandoned_finalize(*, now: datetime) -> int:
    """Returns how many were let go. Anybody may run it, at any time, twice at once: leaving is compare-and-swap.

    `settled` stays where it is: what was not received may still be delivered by resuming. A session that is open on a
    node which fell silent counts from the node's last sign of life, or from its own connection when that was later;
    if the node lives after all, the session's next commit brings it back. What fails for one is tried again next time.
    """
    window_began_at = now - timedelta(seconds=RESUME_WINDOW_S)
    alive = Node.objects.filter(name=OuterRef("node"), seen_at__gte=window_began_at)
    detached = Q(state=AudioSession.State.DETACHED, detached_at__lt=window_began_at)
    orphaned = Q(~Exists(alive), state=AudioSession.State.OPEN, connected_at__lt=window_began_at)
    return _let_go(detached, reason=RESUME_WINDOW_OVER) + _let_go(orphaned, reason=NODE_SILENT)


def _let_go(is_gone: Q, *, reason: str) -> int:
    """What was found is looked at again when it is changed: a socket may close, or a node be heard of, between."""
    found = AudioSession.objects.filter(is_gone, generation__gt=0)
    n_left = 0
    for session_id, generation in list(found.values_list("pk", "generation")):
        owner = SessionOwner(session_id=session_id, generation=generation)
        try:
            n_left += session_leave(owner=owner, reason=reason, only_if=is_gone)
        except Exception as error:  # noqa: BLE001 - the others go on; its text could hold what was stored: not logged
            logger.error(
                "an abandoned session could not be let go",
                extra={"session_id": str(session_id), "error": type(error).__name__},
            )
    return n_left
