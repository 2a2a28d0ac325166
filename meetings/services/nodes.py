"""Server processes: their signs of life, and what their end means."""

from datetime import datetime, timedelta

from django.utils import timezone

from meetings.models import AudioSession, Node
from meetings.services.sessions import session_detach
from meetings.values import SessionOwner

KEPT_AFTER_SEEN = timedelta(days=1)


def node_heartbeat(*, name: str) -> None:
    """Not audited: it says nothing about anybody."""
    Node.objects.update_or_create(name=name, defaults={"seen_at": timezone.now()})


def node_sessions_detach(*, node: str) -> int:
    """For an orderly stop: the resume windows begin now and not when the node's silence is noticed.

    Returns how many. A session that another node takes over meanwhile is left to it.
    """
    found = AudioSession.objects.filter(node=node, state=AudioSession.State.OPEN).values_list("pk", "generation")
    return sum(
        session_detach(owner=SessionOwner(session_id=session_id, generation=generation))
        for session_id, generation in list(found)
    )


def nodes_gone_delete(*, now: datetime) -> int:
    n_deleted, _ = Node.objects.filter(seen_at__lt=now - KEPT_AFTER_SEEN).delete()
    return n_deleted
