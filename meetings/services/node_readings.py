"""Keep what nodes tell of how they fare, for as long as the charts reach back."""

from dataclasses import asdict
from datetime import datetime, timedelta

from meetings.models import NodeReading
from meetings.values import NodeState

KEPT = timedelta(days=14)


def node_reading_note(*, name: str, state: NodeState, now: datetime) -> None:
    """Not audited: it says nothing about anybody."""
    NodeReading.objects.create(node=name, at=now, **asdict(state))


def node_readings_old_delete(*, now: datetime) -> int:
    n_deleted, _ = NodeReading.objects.filter(at__lt=now - KEPT).delete()
    return n_deleted
