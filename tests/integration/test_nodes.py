"""Nodes as the database knows them: what one leaves when it stops, and how long a silent one is remembered."""

from datetime import timedelta

import pytest
from django.utils import timezone

from meetings.models import AuditEvent, Node
from meetings.services.audit import audit_verify
from meetings.services.nodes import node_sessions_detach, nodes_gone_delete
from tests.integration.made import meeting_made, opened, stored


@pytest.mark.django_db
def test_a_node_that_stops_in_order_detaches_what_it_holds() -> None:
    meeting = meeting_made()
    first, second = opened(meeting, node="stops"), opened(meeting, node="stops")
    elsewhere = opened(meeting, node="stays")
    assert node_sessions_detach(node="stops") == 2
    assert node_sessions_detach(node="stops") == 0
    for session in (first, second):
        assert stored(session.owner).state == "detached"
        assert stored(session.owner).detached_at is not None
    assert stored(elsewhere.owner).state == "open"
    assert AuditEvent.objects.filter(meeting_id=meeting.pk, action="session.detached").count() == 2
    assert audit_verify(meeting_id=meeting.pk) is None


@pytest.mark.django_db
def test_nodes_that_are_gone_for_a_day_are_forgotten() -> None:
    now = timezone.now()
    Node.objects.create(name="gone", seen_at=now - timedelta(days=1, minutes=1))
    Node.objects.create(name="asleep", seen_at=now - timedelta(hours=23))
    assert nodes_gone_delete(now=now) == 1
    assert Node.objects.get().name == "asleep"
