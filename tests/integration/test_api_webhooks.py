"""Webhooks over the interface: one's own alone, secrets shown once, nonsense refused with a reason."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django.fixtures import Settings

from meetings.models import AuditEvent, WebhookDelivery, WebhookEndpoint
from meetings.services import webhook_endpoints
from meetings.services.audit import audit_verify
from tests.integration.api_calls import API, Answer, assert_problem, get, guest, made, patch, post, program
from tests.integration.made import user_made
from tests.integration.webhooks_made import URL, Clock, Receiver, worked

pytestmark = pytest.mark.django_db


def posted(client: Client, **body: object) -> dict[str, Any]:
    response = post(client, "/webhooks", {"url": URL, "event_types": ["*"], **body})
    assert response.status_code == 201, response.content
    webhook: dict[str, Any] = response.json()
    return webhook


def deleted(client: Client, webhook_id: str) -> Answer:
    return client.delete(f"{API}/webhooks/{webhook_id}")


def test_a_webhook_is_made_read_listed_changed_and_removed() -> None:
    client = program()
    webhook = posted(client, event_types=["meeting.ended", "segment.final"], description="Archive")
    assert webhook["secret"].startswith("whsec_")
    shown = {name: value for name, value in webhook.items() if name != "secret"}
    assert get(client, f"/webhooks/{webhook['id']}").json() == shown
    assert get(client, "/webhooks").json() == {"data": [shown], "next_cursor": None, "has_more": False}
    changed = patch(client, f"/webhooks/{webhook['id']}", {"event_types": ["*"], "is_enabled": False}).json()
    assert (changed["event_types"], changed["is_enabled"], changed["disabled_reason"]) == (["*"], False, "owner")
    enabled = patch(client, f"/webhooks/{webhook['id']}", {"is_enabled": True, "url": URL + "/2"}).json()
    assert (enabled["url"], enabled["is_enabled"], enabled["disabled_at"]) == (URL + "/2", True, None)
    assert deleted(client, webhook["id"]).status_code == 204
    assert_problem(get(client, f"/webhooks/{webhook['id']}"), 404, "not_found")


def test_the_secret_is_shown_once_and_not_stored_as_it_is() -> None:
    client = program()
    webhook = posted(client)
    rotated = post(client, f"/webhooks/{webhook['id']}/rotate").json()
    assert rotated["secret"] != webhook["secret"]
    assert rotated["previous_secret_until"] is not None
    stored = str(WebhookEndpoint.objects.values().get())
    shown = get(client, "/webhooks").content.decode()
    for secret in (webhook["secret"], rotated["secret"]):
        assert secret.removeprefix("whsec_") not in stored + shown


def test_guests_have_no_webhooks() -> None:
    browser = guest()
    made(browser)
    assert_problem(post(browser, "/webhooks", {"url": URL, "event_types": ["*"]}), 401, "unauthenticated")
    assert_problem(get(browser, "/webhooks"), 401, "unauthenticated")


def test_others_webhooks_are_not_there_not_even_for_those_who_see_all_meetings() -> None:
    person = Client()
    person.force_login(user_made("ada"))
    webhook = posted(person)
    worked(Clock(), Receiver())
    delivery = post(person, f"/webhooks/{webhook['id']}/test").json()
    stranger = program()
    ref = f"/webhooks/{webhook['id']}"
    for response in (
        get(stranger, ref),
        patch(stranger, ref, {"is_enabled": False}),
        deleted(stranger, webhook["id"]),
        post(stranger, f"{ref}/rotate"),
        post(stranger, f"{ref}/test"),
        get(stranger, f"{ref}/deliveries"),
        post(stranger, f"/deliveries/{delivery['id']}/redeliver"),
    ):
        assert_problem(response, 404, "not_found")
    assert get(stranger, "/webhooks").json()["data"] == []
    assert get(person, ref).json()["is_enabled"] is True


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"url": "http://127.0.0.1/"}, "address_not_allowed"),
        ({"url": "http://[::ffff:10.0.0.1]/"}, "address_not_allowed"),
        ({"url": "http://localhost:8000/"}, "address_not_allowed"),
        ({"url": "https://a:b@example.com/"}, "webhook_url_invalid"),
        ({"url": "ftp://example.com/"}, "webhook_url_invalid"),
        ({"url": ""}, "validation_failed"),
        ({"event_types": []}, "validation_failed"),
        ({"event_types": ["meeting.exploded"]}, "event_type_unknown"),
        ({"event_types": "*"}, "validation_failed"),
        ({"description": "x" * 201}, "validation_failed"),
        ({"description": "two\nlines"}, "invalid"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_made_or_changed(body: dict[str, object], code: str) -> None:
    client = program()
    whole = {"url": URL, "event_types": ["*"], **body}
    assert_problem(post(client, "/webhooks", whole), 422, code)
    assert not WebhookEndpoint.objects.exists()
    webhook = posted(client)
    assert_problem(patch(client, f"/webhooks/{webhook['id']}", body), 422, code)
    assert get(client, f"/webhooks/{webhook['id']}").json()["url"] == URL


def test_where_the_operator_allows_it_private_addresses_are_taken(settings: Settings) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    assert posted(program(), url="http://127.0.0.1:9000/hook")["url"] == "http://127.0.0.1:9000/hook"


def test_somebody_has_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_endpoints, "MOST_ENDPOINTS", 2)
    client = program()
    posted(client), posted(client)
    assert_problem(post(client, "/webhooks", {"url": URL, "event_types": ["*"]}), 409, "too_many_webhooks")
    posted(program("other"))


def test_webhooks_and_deliveries_come_page_by_page() -> None:
    client = program()
    ids = [posted(client, event_types=["meeting.ended"])["id"] for _ in range(3)]
    first = get(client, "/webhooks", limit=2).json()
    second = get(client, "/webhooks", limit=2, cursor=first["next_cursor"]).json()
    assert [each["id"] for each in first["data"] + second["data"]] == ids
    sent = [post(client, f"/webhooks/{ids[0]}/test").json()["id"] for _ in range(3)]
    first = get(client, f"/webhooks/{ids[0]}/deliveries", limit=2).json()
    second = get(client, f"/webhooks/{ids[0]}/deliveries", limit=2, cursor=first["next_cursor"]).json()
    assert [each["id"] for each in first["data"] + second["data"]] == sent[::-1]
    assert_problem(get(client, "/webhooks", cursor=first["next_cursor"]), 422, "bad_cursor")


def test_the_log_says_how_a_delivery_went_and_it_can_be_sent_again() -> None:
    client = program()
    webhook = posted(client)
    meeting = made(client)
    worked(Clock(), Receiver(answers=[410]))
    (delivery,) = get(client, f"/webhooks/{webhook['id']}/deliveries", state="failed").json()["data"]
    assert (delivery["event_type"], delivery["meeting_id"]) == ("meeting.created", meeting["id"])
    assert (delivery["last_status"], delivery["last_error"], delivery["last_duration_ms"]) == (410, "refused", 7)
    assert [each["status"] for each in delivery["attempts"]] == [410]
    assert get(client, f"/webhooks/{webhook['id']}").json()["disabled_reason"] == "gone"
    again = f"/deliveries/{delivery['id']}/redeliver"
    assert_problem(post(client, again), 409, "webhook_disabled")
    assert_problem(post(client, f"/webhooks/{webhook['id']}/test"), 409, "webhook_disabled")
    patch(client, f"/webhooks/{webhook['id']}", {"is_enabled": True})
    assert post(client, again).json()["state"] == "pending"
    receiver = Receiver()
    assert worked(Clock(), receiver) == 1
    assert receiver.requests[0].headers["webhook-id"] == delivery["event_id"]
    assert get(client, f"/webhooks/{webhook['id']}/deliveries", state="dead").json()["data"] == []
    assert_problem(get(client, f"/webhooks/{webhook['id']}/deliveries", state="odd"), 422, "validation_failed")


def test_each_act_leaves_its_trace_without_address_or_secret() -> None:
    client = program()
    webhook = posted(client)
    patch(client, f"/webhooks/{webhook['id']}", {"description": "Archive"})
    post(client, f"/webhooks/{webhook['id']}/rotate")
    post(client, f"/webhooks/{webhook['id']}/test")
    deleted(client, webhook["id"])
    trail = AuditEvent.objects.filter(target=f"webhook:{webhook['id']}").order_by("number")
    actions = ["created", "updated", "rotated", "tested", "deleted"]
    assert [entry.action for entry in trail] == [f"webhook.{action}" for action in actions]
    assert audit_verify(meeting_id=None) is None
    for private in (URL, webhook["secret"]):
        assert private not in str(list(trail.values()))


def admin(*permissions: str) -> Client:
    user = user_made("admin", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def test_the_admin_shows_the_log_no_secret_and_sends_again_if_allowed() -> None:
    client = program()
    webhook = posted(client)
    made(client)
    worked(Clock(), Receiver())
    row = WebhookEndpoint.objects.get()
    looking = admin("view_webhookendpoint", "view_webhookdelivery")
    page = looking.get(f"/admin/meetings/webhookendpoint/{webhook['id']}/change/").content.decode()
    assert URL in page
    assert row.secret not in page
    delivery = WebhookDelivery.objects.get()
    assert looking.get(f"/admin/meetings/webhookdelivery/{delivery.pk}/change/").status_code == 200
    chosen = {"action": "redeliver", "_selected_action": [str(delivery.pk)]}
    looking.post("/admin/meetings/webhookdelivery/", chosen)
    assert WebhookDelivery.objects.get().state == "delivered"
    user = looking.get("/admin/").wsgi_request.user
    # it is an account
    user.user_permissions.add(Permission.objects.get(codename="change_webhookdelivery"))  # type: ignore[union-attr]
    looking.post("/admin/meetings/webhookdelivery/", chosen)
    assert WebhookDelivery.objects.get().state == "pending"
