"""What an operator sees at once; and that nobody reads what was said without saying why."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from meetings.models import AuditEvent, Node, NodeReading, Segment
from meetings.services.audit import audit_verify
from meetings.services.node_readings import KEPT, node_reading_note, node_readings_old_delete
from meetings.services.nodes import node_heartbeat
from meetings.values import NodeState
from tests.integration.made import host_made, meeting_made, user_made
from tests.integration.recorded import said, speaking

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "we close the plant in Leeds"
STATE = NodeState(
    is_recognizing=True,
    sessions=3,
    sockets=7,
    load_level=0,
    finals=12,
    final_wait_p50_ms=180,
    final_wait_p95_ms=420,
    failures=0,
    refused=0,
)


def operator(*permissions: str) -> Client:
    user = user_made("operator", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


@pytest.fixture
def segment() -> Segment:
    said(speaking(meeting_made(actor=host_made(), title="Board")))
    Segment.objects.update(text=SECRET)
    return Segment.objects.get()


def test_the_first_page_shows_meetings_nodes_and_charts(segment: Segment) -> None:
    node_heartbeat(name="node-1")
    node_heartbeat(name="node-2")
    Node.objects.filter(name="node-2").update(seen_at=timezone.now() - timedelta(minutes=2))
    node_reading_note(name="node-1", state=STATE, now=timezone.now())
    page = text(operator("view_meeting", "view_node"), "/admin/")
    assert f'href="/admin/meetings/meeting/{segment.meeting_id}/support/"' in page
    assert "0.4 s" in page, "the p95 wait of the node's last minute"
    assert page.count("Minutes of audio") > 0
    assert page.index("node-2") < page.index("silent")
    assert SECRET not in page


def test_who_may_not_see_meetings_or_nodes_sees_neither(segment: Segment) -> None:
    node_heartbeat(name="node-1")
    page = text(operator(), "/admin/")
    assert "Board" not in page
    assert "node-1" not in page


def test_what_was_said_is_shown_for_a_reason_that_is_kept(segment: Segment) -> None:
    client = operator("view_meeting")
    address = f"/admin/meetings/meeting/{segment.meeting_id}/support/"
    first_look = text(client, address)
    assert SECRET not in first_look
    assert "Board</h1>" in first_look, "which meeting it is stands on the page"
    for reason in ("", "because", " " * 40):
        refused = client.post(address, {"reason": reason})
        assert SECRET not in refused.content.decode()
    assert not AuditEvent.objects.filter(action="support.transcript_read").exists()
    shown = client.post(address, {"reason": "Ticket 4711: the host misses a line"})
    assert SECRET in shown.content.decode()
    assert "no-store" in shown.headers["Cache-Control"]
    entry = AuditEvent.objects.get(action="support.transcript_read")
    assert (entry.meeting_id, entry.data) == (segment.meeting_id, {"reason": "Ticket 4711: the host misses a line"})
    assert entry.actor.startswith("user:")
    assert audit_verify(meeting_id=segment.meeting_id) is None
    assert SECRET not in text(client, address), "the next look needs the next reason"


@pytest.mark.parametrize("permissions", [(), ("view_segment",)])
def test_the_support_view_is_for_those_who_may_see_meetings(segment: Segment, permissions: tuple[str, ...]) -> None:
    address = f"/admin/meetings/meeting/{segment.meeting_id}/support/"
    assert operator(*permissions).get(address).status_code == 403
    assert Client().get(address).status_code == 302
    assert not AuditEvent.objects.filter(action="support.transcript_read").exists()


def test_no_other_page_of_the_admin_shows_or_finds_what_was_said(segment: Segment) -> None:
    client = operator("view_segment", "view_segmentrevision", "view_meetingevent", "view_audiosession")
    page = text(client, f"/admin/meetings/segment/{segment.pk}/change/")
    assert SECRET not in page
    assert segment.text_salt not in page
    assert client.get("/admin/meetings/segment/?q=Leeds").context["cl"].result_count == 0
    assert client.get(f"/admin/meetings/segment/?q={segment.pk}").context["cl"].result_count == 1


def test_readings_are_kept_for_two_weeks() -> None:
    now = timezone.now()
    node_reading_note(name="node-1", state=STATE, now=now - KEPT - timedelta(hours=1))
    node_reading_note(name="node-1", state=STATE, now=now)
    assert node_readings_old_delete(now=now) == 1
    assert NodeReading.objects.get().at == now


def test_the_admin_names_things_in_english_and_has_its_icon() -> None:
    page = text(operator("view_secondpass", "view_signonidentity", "view_apitoken"), "/admin/")
    for name in ("Second passes", "Sign-on identities", "API tokens"):
        assert name in page
    assert "passs" not in page
    assert 'href="/static/images/favicon.svg"' in page
