"""Deliveries that fail: tried again, given up, disabled, taken up by other workers, sent again by hand."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail
from pytest_django.fixtures import Settings

from meetings.access import Actor
from meetings.models import AuditEvent, WebhookDelivery, WebhookEndpoint, WebhookEvent
from meetings.services.audit import audit_verify
from meetings.services.meetings import meeting_end
from meetings.services.webhook_deliveries import (
    LEASE,
    delivery_next,
    delivery_note,
    delivery_redeliver,
    webhook_claim,
    webhook_events_spread,
    webhooks_sweep,
)
from meetings.services.webhook_endpoints import webhook_delete, webhook_update
from meetings.webhooks.retrying import DISABLE_AFTER, GIVE_UP_AFTER, MOST_ATTEMPTS
from meetings.webhooks.sending import Answer
from tests.integration.made import host_made, meeting_made
from tests.integration.webhooks_made import URL, Clock, Receiver, renamed, told, webhook_made, worked

pytestmark = pytest.mark.django_db
State = WebhookDelivery.State


def test_a_failure_is_tried_again_later_and_what_is_behind_it_goes_on(host: Actor) -> None:
    webhook_made(host, "meeting.changed")
    meeting = meeting_made(actor=host)
    renamed(meeting, host, "One", "Two")
    clock, receiver = Clock(), Receiver(answers=[500, 204])
    assert worked(clock, receiver) == 0
    assert len(receiver.requests) == 1  # the endpoint is left alone for a moment
    assert worked(clock, receiver) == 0
    clock.move(timedelta(seconds=6))
    assert worked(clock, receiver) == 1
    clock.move(timedelta(seconds=60))
    assert worked(clock, receiver) == 1
    assert [told(request)["event"]["title"] for request in receiver.requests] == ["One", "Two", "One"]
    first = WebhookDelivery.objects.order_by("event_id")[0]
    assert (first.state, first.n_attempts, first.last_status) == (State.DELIVERED, 2, 204)
    assert [each.status for each in first.attempts.order_by("id")] == [500, 204]
    assert WebhookEndpoint.objects.get().failing_since is None


@pytest.mark.parametrize("status", [None, 301, 400, 404, 500, 503])
def test_whatever_is_not_a_success_counts_as_failed(host: Actor, status: int | None) -> None:
    webhook_made(host, "meeting.created")
    meeting_made(actor=host)
    assert worked(Clock(), Receiver(answers=[status])) == 0
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.last_status) == (State.FAILED, status)


def test_a_receiver_that_asks_for_time_gets_it(host: Actor) -> None:
    webhook_made(host, "meeting.created")
    meeting_made(actor=host)
    clock = Clock()
    worked(clock, Receiver(answers=[429], retry_after_s=1_800))
    assert WebhookDelivery.objects.get().next_attempt_at == clock() + timedelta(seconds=1_800)


def attempted_until_over(clock: Clock, receiver: Receiver) -> None:
    worked(clock, receiver)
    while (waiting := WebhookDelivery.objects.filter(done_at__isnull=True).first()) and waiting.next_attempt_at:
        paused_until = WebhookEndpoint.objects.get().paused_until or clock()
        clock.now = max(clock(), waiting.next_attempt_at, paused_until)
        n_before = len(receiver.requests)
        worked(clock, receiver)
        assert len(receiver.requests) == n_before + 1


def test_after_three_days_of_failures_a_delivery_is_a_dead_letter(host: Actor) -> None:
    webhook_made(host, "meeting.created")
    meeting_made(actor=host)
    clock, receiver = Clock(), Receiver(answers=[500])
    began = clock()
    attempted_until_over(clock, receiver)
    delivery = WebhookDelivery.objects.get()
    assert delivery.state == State.DEAD
    assert timedelta(days=2) < clock() - began < GIVE_UP_AFTER
    assert len(receiver.requests) == delivery.attempts.count() == delivery.n_attempts <= MOST_ATTEMPTS


def test_a_dead_letter_is_sent_again_by_hand_with_its_old_id(host: Actor) -> None:
    webhook_made(host, "meeting.created")
    meeting_made(actor=host)
    clock, receiver = Clock(), Receiver(answers=[500])
    attempted_until_over(clock, receiver)
    again = delivery_redeliver(delivery=WebhookDelivery.objects.get(), actor=host)
    assert (again.state, again.n_attempts) == (State.PENDING, 0)
    receiver.answers = [204]
    assert worked(clock, receiver) == 1
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1
    assert WebhookDelivery.objects.get().state == State.DELIVERED
    assert AuditEvent.objects.filter(action="webhook.redelivered", actor=host.label).count() == 1


def test_an_endpoint_that_only_fails_for_days_is_disabled_and_its_owner_told(host: Actor, settings: Settings) -> None:
    settings.EMAIL_HOST = "mail.example.com"
    User.objects.update(email="ada@example.com")
    webhook_made(host, "*")
    meeting = meeting_made(actor=host)
    clock, receiver = Clock(), Receiver(answers=[500])
    worked(clock, receiver)
    clock.move(DISABLE_AFTER)
    worked(clock, receiver)
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.is_enabled, endpoint.disabled_reason) == (False, "failing")
    entry = AuditEvent.objects.get(action="webhook.disabled")
    assert (entry.actor, entry.target, entry.data) == ("system", f"webhook:{endpoint.pk}", {"reason": "failing"})
    assert audit_verify(meeting_id=None) is None
    n_before = WebhookEvent.objects.count()
    meeting_end(meeting=meeting, actor=host)
    assert WebhookEvent.objects.count() == n_before  # nothing more is noted for it


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("email", "n_mails"), [("ada@example.com", 1), ("", 0)])
def test_the_owner_is_told_by_mail_where_there_is_one(settings: Settings, email: str, n_mails: int) -> None:
    host = host_made()
    settings.EMAIL_HOST = "mail.example.com"
    User.objects.update(email=email)
    webhook_made(host, "*")
    meeting_made(actor=host)
    worked(Clock(), Receiver(answers=[410]))
    assert WebhookEndpoint.objects.get().disabled_reason == "gone"
    assert len(mail.outbox) == n_mails
    for message in mail.outbox:
        assert message.to == [email]
        assert URL not in message.body


def test_what_waits_at_a_disabled_endpoint_goes_out_when_it_is_enabled_in_time(host: Actor) -> None:
    made = webhook_made(host, "meeting.created")
    meeting_made(actor=host)
    clock, receiver = Clock(), Receiver()
    webhook_events_spread(now=clock())
    webhook_update(endpoint=made.row, actor=host, is_enabled=False)
    assert worked(clock, receiver) == 0
    webhook_update(endpoint=made.row, actor=host, is_enabled=True)
    assert worked(clock, receiver) == 1


def test_what_waits_too_long_is_given_up_and_old_deliveries_are_forgotten(host: Actor) -> None:
    made = webhook_made(host, "meeting.created")
    meeting_made(actor=host)
    clock = Clock()
    webhook_events_spread(now=clock())
    webhook_update(endpoint=made.row, actor=host, is_enabled=False)
    assert webhooks_sweep(now=clock()) == 0
    clock.move(GIVE_UP_AFTER + timedelta(seconds=1))
    assert webhooks_sweep(now=clock()) == 1
    assert WebhookDelivery.objects.get().state == State.DEAD
    webhooks_sweep(now=clock() + timedelta(days=29))
    assert WebhookEvent.objects.count() == 1
    webhooks_sweep(now=clock() + timedelta(days=31))
    assert (WebhookEvent.objects.count(), WebhookDelivery.objects.count()) == (0, 0)


def test_an_endpoint_is_one_worker_s_and_another_s_when_that_one_is_dead(host: Actor) -> None:
    webhook_made(host, "*")
    meeting_made(actor=host)
    clock = Clock()
    webhook_events_spread(now=clock())
    endpoint = webhook_claim(now=clock())
    assert endpoint is not None
    assert webhook_claim(now=clock()) is None
    assert delivery_next(endpoint=endpoint, now=clock()) is not None  # and there it dies
    clock.move(LEASE + timedelta(seconds=1))
    successor = webhook_claim(now=clock())
    assert successor is not None
    assert delivery_next(endpoint=endpoint, now=clock()) is None  # the dead one, should it come back
    receiver = Receiver()
    WebhookEndpoint.objects.update(lease=None, lease_until=None)
    assert worked(clock, receiver) == 1


def test_what_is_asked_for_anew_while_a_request_is_on_its_way_is_sent_anew(host: Actor) -> None:
    webhook_made(host, "*")
    meeting_made(actor=host)
    clock, receiver = Clock(), Receiver()
    webhook_events_spread(now=clock())
    endpoint = webhook_claim(now=clock())
    assert endpoint is not None
    delivery = delivery_next(endpoint=endpoint, now=clock())
    assert delivery is not None
    delivery_redeliver(delivery=delivery, actor=host)
    late = Answer(status=204, error="", duration_ms=7)
    delivery_note(endpoint=endpoint, delivery=delivery, answer=late, now=clock(), chance=0.5)
    assert WebhookDelivery.objects.get().state == State.PENDING
    WebhookEndpoint.objects.update(lease=None, lease_until=None)
    assert worked(clock, receiver) == 1


def test_a_delivery_that_kills_its_workers_is_given_up_too(host: Actor) -> None:
    webhook_made(host, "*")
    meeting_made(actor=host)
    clock = Clock()
    webhook_events_spread(now=clock())
    for n in range(1, 4):
        endpoint = webhook_claim(now=clock())
        assert endpoint is not None
        delivery = delivery_next(endpoint=endpoint, now=clock())
        assert delivery is not None
        assert delivery.n_attempts == n
        clock.move(timedelta(minutes=10))
    clock.move(GIVE_UP_AFTER)
    assert webhooks_sweep(now=clock()) == 1


def test_an_answer_that_comes_after_the_webhook_was_removed_is_nobody_s(host: Actor) -> None:
    made = webhook_made(host, "*")
    meeting_made(actor=host)
    clock, receiver = Clock(), Receiver()
    webhook_events_spread(now=clock())
    endpoint = webhook_claim(now=clock())
    assert endpoint is not None
    webhook_delete(endpoint=made.row, actor=host)
    assert delivery_next(endpoint=endpoint, now=clock()) is None
    assert worked(clock, receiver) == 0
