"""The pages of one's webhooks: all that the interface can do, in a browser without a script."""

import re
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from meetings.access import actor_for
from meetings.models import AuditEvent, WebhookDelivery, WebhookEndpoint
from meetings.services import webhook_endpoints
from meetings.services.webhook_endpoints import webhook_test
from meetings.webhook_log import SHOWN_AT_ONCE
from tests.integration.api_calls import assert_problem, get, made, post
from tests.integration.made import user_made
from tests.integration.webhooks_made import URL, Clock, Receiver, webhook_made, worked

pytestmark = pytest.mark.django_db
PAGE = "/account/webhooks/"


def person(name: str = "ada") -> Client:
    client = Client()
    client.force_login(user_made(name))
    return client


def read(client: Client, path: str = PAGE) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def made_by(client: Client, **fields: object) -> str:
    """The address of the new webhook's page."""
    answer = client.post(PAGE, {"url": URL, "everything": "on", **fields})
    assert answer.status_code == 201, answer.content
    return f"{PAGE}{WebhookEndpoint.objects.latest('created_at').pk}/"


def secrets_in(page: str) -> list[str]:
    return re.findall(r'value="(whsec_[^"]+)"', page)


def test_the_account_leads_to_ones_webhooks_and_those_to_each() -> None:
    client = person()
    assert PAGE in read(client, "/account/")
    page = made_by(client, description="Archive")
    listed = read(client)
    assert page in listed
    assert "Archive" in listed
    assert URL in listed


def test_the_secret_is_on_the_page_that_answers_and_on_no_other() -> None:
    client = person()
    answer = client.post(PAGE, {"url": URL, "types": ["meeting.ended", "segment.final"]})
    (secret,) = secrets_in(answer.content.decode())
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.event_types == ["meeting.ended", "segment.final"]
    page = f"{PAGE}{endpoint.pk}/"
    rotated = client.post(page, {"act": "rotate"}).content.decode()
    (renewed,) = secrets_in(rotated)
    assert renewed != secret
    assert "the old one too" in rotated
    for path in (PAGE, page, f"{page}?state=dead"):
        assert "whsec_" not in read(client, path)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"url": ""}, "Say where the requests are to go."),
        ({"url": "http://127.0.0.1/"}, "must be a public one"),
        ({"url": "ftp://example.com/"}, "must begin with https://"),
        ({"everything": ""}, "Choose what it is to be told of."),
        ({"everything": "", "types": ["meeting.exploded"]}, "meeting.exploded"),
        ({"description": "x" * 201}, "200 characters"),
    ],
    ids=["no-address", "private", "scheme", "no-events", "unknown-event", "long"],
)
def test_what_cannot_be_is_told_beside_its_field_and_what_was_typed_stays(
    fields: dict[str, object], words: str
) -> None:
    client = person()
    typed = {"url": URL, "everything": "on", "description": "Archive", **fields}
    answer = client.post(PAGE, typed)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert f'value="{typed["description"]}"' in answer.content.decode()
    assert not WebhookEndpoint.objects.exists()
    page = made_by(client)
    refused = client.post(page, {"act": "change", **typed})
    assert refused.status_code == 422
    assert words in refused.content.decode()
    assert WebhookEndpoint.objects.get().url == URL
    assert WebhookEndpoint.objects.get().description == ""


def test_address_and_events_are_changed_and_saving_the_same_address_forgives_nothing() -> None:
    client = person()
    page = made_by(client)
    made(client)
    worked(Clock(), Receiver(answers=[500]))
    same = {"act": "change", "url": URL, "description": "Archive", "types": ["meeting.ended"]}
    assert client.post(page, same).status_code == 302
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.description, endpoint.event_types) == ("Archive", ["meeting.ended"])
    assert endpoint.failing_since is not None
    assert "Nothing has been taken since" in read(client, page)
    client.post(page, {**same, "url": URL + "/2"})
    assert WebhookEndpoint.objects.get().failing_since is None
    assert re.search(r'value="meeting.ended"\s+checked', read(client, page))


def test_pausing_resuming_testing_and_sending_again() -> None:
    client = person()
    page = made_by(client)
    tested = client.post(page, {"act": "test"})
    delivery = WebhookDelivery.objects.get()
    assert tested.headers["Location"] == f"{page}?delivery={delivery.pk}#deliveries"
    waiting = read(client, tested.headers["Location"])
    assert "in the next seconds" in waiting
    assert "data-waiting" in waiting
    worked(Clock(), Receiver())
    assert "The answer was 204" in read(client, page)

    client.post(page, {"act": "pause"})
    assert WebhookEndpoint.objects.get().disabled_reason == "owner"
    again = f"/account/deliveries/{delivery.pk}/again/"
    for answer in (client.post(again, follow=True), client.post(page, {"act": "test"}, follow=True)):
        assert "The webhook is disabled." in answer.content.decode()
    assert WebhookDelivery.objects.get().state == "delivered"
    client.post(page, {"act": "resume"})
    assert client.post(again).headers["Location"] == tested.headers["Location"]
    receiver = Receiver()
    assert worked(Clock(), receiver) == 1
    assert receiver.requests[0].headers["webhook-id"] == f"msg_{delivery.event.uid.hex}"


def test_all_that_was_given_up_is_sent_again_in_its_order() -> None:
    client = person()
    page = made_by(client)
    for _ in range(3):
        client.post(page, {"act": "test"})
    worked(Clock(), Receiver())
    given_up = WebhookDelivery.objects.order_by("event_id")[:2]
    WebhookDelivery.objects.filter(pk__in=[each.pk for each in given_up]).update(state="dead")
    assert "send_dead" in read(client, f"{page}?state=dead")
    assert "send_dead" not in read(client, page)
    answer = client.post(page, {"act": "send_dead"}, follow=True)
    assert "To be sent again: 2." in answer.content.decode()
    receiver = Receiver()
    assert worked(Clock(), receiver) == 2
    ids = [request.headers["webhook-id"] for request in receiver.requests]
    assert ids == [f"msg_{each.event.uid.hex}" for each in given_up]
    entry = AuditEvent.objects.filter(action="webhook.redelivered").latest("number")
    assert entry.data == {"n_deliveries": 2}


def test_the_interface_sends_again_all_that_was_given_up_unless_it_is_paused() -> None:
    client = person()
    page = made_by(client)
    client.post(page, {"act": "test"})
    worked(Clock(), Receiver())
    WebhookDelivery.objects.update(state="dead")
    again = f"/webhooks/{WebhookEndpoint.objects.get().pk}/redeliver"
    client.post(page, {"act": "pause"})
    assert_problem(post(client, again), 409, "webhook_disabled")
    client.post(page, {"act": "resume"})
    answer = post(client, again)
    assert (answer.status_code, answer.json()) == (202, {"n_deliveries": 1})
    assert post(client, again).json() == {"n_deliveries": 0}


def test_the_log_is_narrowed_down_by_state_and_comes_page_by_page() -> None:
    user = user_made("ada")
    client = Client()
    client.force_login(user)
    endpoint = webhook_made(actor_for(user), "meeting.ended").row
    page = f"{PAGE}{endpoint.pk}/"
    ids = [webhook_test(endpoint=endpoint, actor=actor_for(user)).pk for _ in range(SHOWN_AT_ONCE + 2)][::-1]
    first = read(client, page)
    assert re.findall(r'id="delivery-([^"]+)"', first) == [str(each) for each in ids[:SHOWN_AT_ONCE]]
    (older,) = re.findall(r'href="([^"]+cursor=[^"]+)"', first)
    second = read(client, older.replace("&amp;", "&"))
    assert re.findall(r'id="delivery-([^"]+)"', second) == [str(each) for each in ids[SHOWN_AT_ONCE:]]
    assert "There is none." in read(client, f"{page}?state=dead")
    alone = read(client, f"{page}?delivery={ids[3]}")
    assert re.findall(r'id="delivery-([^"]+)"', alone) == [str(ids[3])]
    for nonsense in ("state=odd", "delivery=odd", "cursor=odd"):
        assert client.get(f"{page}?{nonsense}").status_code == 404


def test_a_meeting_is_named_only_while_its_owner_may_read_it() -> None:
    client = person()
    page = made_by(client)
    made(client, title="Redundancies")
    worked(Clock(), Receiver())
    assert "Redundancies" in read(client, page)
    WebhookEndpoint.objects.update(owner=user_made("grace"))
    other = Client()
    other.force_login(WebhookEndpoint.objects.get().owner)
    log = read(other, page)
    assert "meeting.created" in log
    assert "Redundancies" not in log


def test_removing_wants_to_be_sure() -> None:
    client = person()
    page = made_by(client)
    assert "Tick that you are sure" in client.post(page, {"act": "remove"}, follow=True).content.decode()
    assert WebhookEndpoint.objects.exists()
    assert client.post(page, {"act": "remove", "sure": "on"}).headers["Location"] == PAGE
    assert not WebhookEndpoint.objects.exists()
    assert client.get(page).status_code == 404


def test_others_webhooks_are_not_there_and_nobody_without_an_account_has_any() -> None:
    page = made_by(person())
    delivery_id = uuid4()
    for client, expected in ((person("grace"), 404), (Client(), 302)):
        for answer in (
            client.get(page),
            client.post(page, {"act": "remove", "sure": "on"}),
            client.post(f"/account/deliveries/{delivery_id}/again/"),
        ):
            assert answer.status_code == expected
            assert expected == 404 or answer.headers["Location"].startswith("/login/")
    assert WebhookEndpoint.objects.exists()


def test_an_act_that_there_is_not_is_refused() -> None:
    client = person()
    page = made_by(client)
    assert client.post(page, {"act": "dance"}).status_code == 404
    assert client.get("/account/deliveries/" + str(uuid4()) + "/again/").status_code == 405


def test_who_has_as_many_as_one_may_is_told(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setattr(webhook_endpoints, "MOST_ENDPOINTS", 1)
    client = person()
    made_by(client)
    answer = client.post(PAGE, {"url": URL, "everything": "on"})
    assert answer.status_code == 409
    assert "remove one" in answer.content.decode()


def test_what_somebody_names_a_webhook_is_text() -> None:
    client = person()
    page = made_by(client, description="<script>alert(1)</script>")
    for path in (PAGE, page):
        assert "<script>alert" not in read(client, path)
    assert get(client, "/webhooks").json()["data"][0]["description"] == "<script>alert(1)</script>"
