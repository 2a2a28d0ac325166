"""Staff find rows of the admin by ids and codes as these are written elsewhere."""

from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from meetings.models import AuditEvent, AuditHead, Meeting, WebhookDelivery
from tests.integration.api_calls import made, post, program
from tests.integration.test_admin import admin_client
from tests.integration.test_api_webhooks import posted
from tests.integration.webhooks_made import Clock, Receiver, worked

pytestmark = pytest.mark.django_db


def found(client: Client, model: str, text: str) -> list[Any]:
    answer = client.get(f"/admin/meetings/{model}/", {"q": text})
    assert answer.status_code == 200
    return [row.pk for row in answer.context["cl"].result_list]


def test_the_trail_is_found_by_a_meetings_id_its_code_and_those_it_had_before() -> None:
    client = program()
    meeting, other = made(client), made(client)
    post(client, f"/meetings/{meeting['id']}/link/renew", {})
    code = Meeting.objects.get(pk=meeting["id"]).code
    staff = admin_client("view_auditevent", "view_audithead")
    entries = set(AuditEvent.objects.filter(meeting_id=meeting["id"]).values_list("pk", flat=True))
    written = (meeting["id"], UUID(meeting["id"]).hex, code, meeting["code"], meeting["code"].upper())
    for text in written:
        assert set(found(staff, "auditevent", text)) == entries, text
        assert found(staff, "audithead", text) == [UUID(meeting["id"]).hex], text
    assert not entries & set(found(staff, "auditevent", other["code"]))
    assert found(staff, "auditevent", "tamo-rivu-keso-bani") == []
    assert AuditHead.objects.count() > 2


def test_what_an_entry_is_about_is_found_by_its_id_too() -> None:
    client = program()
    webhook = posted(client)
    staff = admin_client("view_auditevent")
    targets = AuditEvent.objects.filter(pk__in=found(staff, "auditevent", webhook["id"])).values_list(
        "target", flat=True
    )
    assert set(targets) == {f"webhook:{webhook['id']}"}


def test_deliveries_are_found_by_the_id_that_receivers_see() -> None:
    client = program()
    posted(client)
    meeting = made(client)
    made(client)
    receiver = Receiver()
    worked(Clock(), receiver)
    staff = admin_client("view_webhookdelivery")
    delivery = WebhookDelivery.objects.select_related("event").get(event__meeting=meeting["id"])
    seen = [each.headers["webhook-id"] for each in receiver.requests]
    assert f"msg_{delivery.event.uid.hex}" in seen
    for text in (
        f"msg_{delivery.event.uid.hex}",
        str(delivery.event.uid),
        str(delivery.pk),
        delivery.pk.hex,
        meeting["id"],
    ):
        assert found(staff, "webhookdelivery", text) == [delivery.pk], text
