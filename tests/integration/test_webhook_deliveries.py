"""Deliveries: in order, signed, read when they are sent, and told only to who may know."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django.fixtures import Settings
from standardwebhooks import Webhook, WebhookVerificationError

from meetings.access import Actor, actor_for
from meetings.models import Meeting, Segment, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookEvent
from meetings.services.redaction import segment_redact
from meetings.services.webhook_deliveries import (
    webhook_events_spread,
)
from meetings.services.webhook_endpoints import webhook_rotate, webhook_test
from meetings.webhooks.sending import Request, Sender
from meetings.webhooks.work import webhooks_work
from tests.hook_server import hook_server
from tests.integration.made import commit, meeting_made, opened, speech, user_made
from tests.integration.webhooks_made import URL, Clock, Receiver, renamed, told, types_of, webhook_made, worked

pytestmark = pytest.mark.django_db
State = WebhookDelivery.State


def test_a_meeting_is_told_in_order_signed_and_versioned(host: Actor) -> None:
    made = webhook_made(host, "*")
    session = opened(meeting_made(actor=host))
    commit(session.owner, speech(0, 16_000, text="hello there"), received=16_000)
    receiver = Receiver()
    assert worked(Clock(), receiver) == 4
    assert types_of(receiver.requests) == ["meeting.created", "meeting.started", "participant.joined", "segment.final"]
    for request in receiver.requests:
        said = Webhook(made.secret).verify(request.body, dict(request.headers))
        assert said["version"] == 1
        assert request.url == URL
    said = told(receiver.requests[3])
    assert (said["seq"], said["segment"]["text"], said["meeting"]["title"]) == (3, "hello there", "Board")
    assert told(receiver.requests[2])["event"]["participant"]["display_name"] == "Ada"
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 4
    assert worked(Clock(), receiver) == 0
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {State.DELIVERED}


def test_a_real_receiver_gets_it_and_the_log_says_so(host: Actor) -> None:
    with hook_server() as hooks:
        made = webhook_made_local(host, hooks.url)
        meeting_made(actor=host)
        assert webhooks_work(clock=Clock(), sender=Sender(is_private_allowed=True)) == 1
        (came,) = hooks.received
        assert Webhook(made.secret).verify(came.body, dict(came.headers))["type"] == "meeting.created"
    attempt = WebhookAttempt.objects.get()
    assert (attempt.status, attempt.error) == (204, "")


def webhook_made_local(host: Actor, url: str) -> Any:
    made = webhook_made(host, "*")
    WebhookEndpoint.objects.filter(pk=made.row.pk).update(url=url)  # the setting stands in the way of making one
    return made


def test_a_private_address_is_never_asked_whatever_the_row_says(host: Actor) -> None:
    with hook_server() as hooks:
        webhook_made_local(host, hooks.url)
        meeting_made(actor=host)
        assert webhooks_work(clock=Clock(), sender=Sender(is_private_allowed=False)) == 0
        assert hooks.received == []
    assert WebhookDelivery.objects.get().last_error == "address_not_allowed"


@pytest.mark.parametrize("is_participant", [True, False])
def test_owners_are_told_of_meetings_that_they_may_read_and_of_no_others(host: Actor, is_participant: bool) -> None:
    other = actor_for(user_made("other"))
    webhook_made(other, "meeting.changed")
    meeting = meeting_made(actor=host)
    if is_participant:
        meeting.participants.create(user=other.user, display_name="Other", role="viewer")
    renamed(meeting, host, "Anew")
    receiver = Receiver()
    assert worked(Clock(), receiver) == len(receiver.requests) == int(is_participant)
    assert WebhookEvent.objects.count() == int(is_participant)  # what nobody gets is not kept


def test_who_may_no_longer_read_the_meeting_is_not_told_of_what_waits(host: Actor) -> None:
    webhook_made(host, "meeting.changed")
    meeting = meeting_made(actor=host)
    renamed(meeting, host, "Anew")
    clock, receiver = Clock(), Receiver()
    assert webhook_events_spread(now=clock()) == 1
    Meeting.objects.update(host=user_made("heir"))
    assert worked(clock, receiver) == 0
    assert receiver.requests == []
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.last_error) == (State.DEAD, "not_allowed")
    assert WebhookEndpoint.objects.get().n_failures == 0


def test_an_account_that_was_closed_is_told_nothing(host: Actor) -> None:
    webhook_made(host, "*")
    meeting_made(actor=host)
    User.objects.update(is_active=False)
    receiver = Receiver()
    assert worked(Clock(), receiver) == 0
    assert receiver.requests == []


def test_what_was_redacted_before_it_is_sent_is_not_in_it(host: Actor) -> None:
    webhook_made(host, "segment.final")
    session = opened(meeting_made(actor=host))
    commit(session.owner, speech(0, 16_000, text="a secret"), received=16_000)
    clock, receiver = Clock(), Receiver(answers=[500, 204])
    worked(clock, receiver)
    assert told(receiver.requests[0])["segment"]["text"] == "a secret"
    segment_redact(segment_id=Segment.objects.get().pk, actor=host.label)
    clock.move(timedelta(minutes=1))
    worked(clock, receiver)
    assert b"a secret" not in receiver.requests[1].body
    assert receiver.requests[0].headers["webhook-id"] == receiver.requests[1].headers["webhook-id"]


def test_what_happened_before_a_webhook_was_made_is_not_told(host: Actor) -> None:
    first = webhook_made(host, "*")
    meeting = meeting_made(actor=host)
    webhook_made(host, "*")
    renamed(meeting, host, "Anew")
    assert webhook_events_spread(now=Clock()()) == 3
    assert WebhookDelivery.objects.filter(endpoint=first.row).count() == 2


def test_after_a_rotation_old_and_new_secrets_verify_for_a_day(host: Actor) -> None:
    made = webhook_made(host, "*")
    rotated = webhook_rotate(endpoint=made.row, actor=host)
    clock, receiver = Clock(), Receiver()
    meeting = meeting_made(actor=host)
    worked(clock, receiver)
    for secret in (made.secret, rotated.secret):
        Webhook(secret).verify(receiver.requests[0].body, dict(receiver.requests[0].headers))
    WebhookEndpoint.objects.update(previous_until=clock() - timedelta(seconds=1))
    renamed(meeting, host, "Anew")
    worked(clock, receiver)
    with pytest.raises(WebhookVerificationError):
        Webhook(made.secret).verify(receiver.requests[1].body, dict(receiver.requests[1].headers))


def test_a_secret_that_cannot_be_read_any_more_is_said_and_nothing_goes_out_unsigned(
    host: Actor, settings: Settings
) -> None:
    webhook_made(host, "*")
    meeting_made(actor=host)
    settings.SECRET_KEY = "another-key-0123456789-abcdefghijklmnopqrstuvwxyz"
    receiver = Receiver()
    assert worked(Clock(), receiver) == 0
    assert receiver.requests == []
    assert WebhookDelivery.objects.get().last_error == "secret_unreadable"


def test_a_test_is_sent_whatever_is_subscribed_to(host: Actor) -> None:
    made = webhook_made(host, "meeting.ended")
    webhook_test(endpoint=made.row, actor=host)
    receiver = Receiver()
    assert worked(Clock(), receiver) == 1
    assert types_of(receiver.requests) == ["webhook.test"]
    assert told(receiver.requests[0]) == {"webhook_id": str(made.row.pk)}


def test_nothing_of_what_was_said_or_where_it_went_is_logged(host: Actor, caplog: pytest.LogCaptureFixture) -> None:
    made = webhook_made(host, "*")
    session = opened(meeting_made(actor=host, title="Secret plans"), display_name="Grace")
    commit(session.owner, speech(0, 16_000, text="nobody must read this"), received=16_000)
    worked(Clock(), Receiver(answers=[500]))
    logged = caplog.text + str([record.__dict__ for record in caplog.records])
    assert "a webhook was not taken" in logged
    for private in ("nobody must", "Grace", "Secret plans", URL, made.secret):
        assert private not in logged


def test_deliveries_of_several_endpoints_run_side_by_side(host: Actor) -> None:
    """Each has its own thread: eight that answer only when all eight have been asked."""
    import threading

    together = threading.Barrier(8)

    class Meeting8(Receiver):
        def send(self, request: Request) -> Any:
            together.wait(timeout=30)
            return super().send(request)

    for _ in range(8):
        webhook_made(host, "meeting.created")
    meeting_made(actor=host)
    assert worked(Clock(), Meeting8()) == 8
    assert timezone.now() > WebhookDelivery.objects.latest("created_at").created_at
