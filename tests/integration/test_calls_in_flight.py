"""What of a call another node has and has not committed shows in the database, while that node lives."""

from datetime import timedelta

import pytest
from django.utils import timezone

from meetings.in_flight import session_is_in_flight
from meetings.models import AudioSession, Node
from meetings.services.nodes import node_heartbeat
from meetings.services.sessions import session_detach, sessions_received_note
from meetings.values import OpenedSession
from tests.integration.made import commit, meeting_made, opened, silence, stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> OpenedSession:
    """On node-1, which lives."""
    node_heartbeat(name="node-1")
    return opened(meeting_made())


def seen_by(node: str, session: OpenedSession) -> bool | None:
    return session_is_in_flight(session_id=session.owner.session_id, node=node)


def test_what_came_through_a_socket_that_is_gone_is_in_flight_until_it_is_committed(session: OpenedSession) -> None:
    assert seen_by("node-2", session) is False
    assert session_detach(owner=session.owner, received=32_000)
    assert seen_by("node-2", session) is True
    commit(session.owner, silence(16_000))
    assert seen_by("node-2", session) is True
    commit(session.owner, silence(32_000), settled_from=16_000)
    assert seen_by("node-2", session) is False
    assert stored(session.owner).received == 32_000


def test_less_than_is_known_already_takes_nothing_back(session: OpenedSession) -> None:
    sessions_received_note(progress=[(session.owner, 32_000)])
    assert session_detach(owner=session.owner)
    assert stored(session.owner).received == 32_000


def test_nobody_waits_for_oneself_or_for_a_node_that_is_gone(session: OpenedSession) -> None:
    sessions_received_note(progress=[(session.owner, 32_000)])
    assert seen_by("node-2", session) is True
    assert seen_by("node-1", session) is None
    Node.objects.update(seen_at=timezone.now() - timedelta(minutes=1))
    assert seen_by("node-2", session) is None
    Node.objects.all().delete()
    assert seen_by("node-2", session) is None


@pytest.mark.parametrize("state", ["ended", "abandoned"])
def test_nobody_waits_for_what_is_over(session: OpenedSession, state: str) -> None:
    AudioSession.objects.update(state=state)
    assert seen_by("node-2", session) is None


def test_a_call_that_was_never_connected_is_nowhere(session: OpenedSession) -> None:
    AudioSession.objects.update(generation=0, state="detached")
    assert seen_by("node-2", session) is None
