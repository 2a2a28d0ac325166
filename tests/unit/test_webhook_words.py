"""The pages of webhooks have words for whatever can happen."""

from datetime import UTC, datetime, timedelta

import pytest

from meetings.models import WebhookDelivery, WebhookEndpoint
from meetings.webhooks.catalogue import TYPES
from meetings.webhooks.words import ERRORS, EVENT_GROUPS, STATES, error_words, outcome_words
from tests.nodes import ROOT

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=3)


def test_every_event_can_be_chosen_by_its_words_and_no_other() -> None:
    assert sorted(type for group in EVENT_GROUPS.values() for type in group) == sorted(TYPES)


def test_every_state_has_words() -> None:
    assert set(STATES) == set(WebhookDelivery.State.values)


def test_every_error_that_the_interface_documents_has_words() -> None:
    schemas = (ROOT / "meetings" / "api" / "webhook_schemas.py").read_text()
    documented = {name for name in (*ERRORS, "refused", "redirect") if f"`{name}`" in schemas}
    assert documented == {*ERRORS, "refused", "redirect"}


def delivery(state: str, **fields: object) -> WebhookDelivery:
    return WebhookDelivery(state=state, next_attempt_at=NOW, **fields)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (delivery("pending"), "It is sent in the next seconds."),
        (delivery("delivered", last_status=204, last_duration_ms=7), "The answer was 204, after 7 ms."),
        (
            delivery("failed", last_error="refused", last_status=500, n_attempts=2),
            "The answer was 500. It was tried 2 times. It is sent in the next seconds.",
        ),
        (delivery("dead", last_error="timeout", n_attempts=1), f"{ERRORS['timeout']}. It was tried once."),
        (delivery("dead"), "It waited for three days. It was not tried."),
    ],
    ids=["pending", "delivered", "failed", "dead", "swept"],
)
def test_a_delivery_says_what_came_of_it_and_what_comes_next(row: WebhookDelivery, words: str) -> None:
    assert outcome_words(row, WebhookEndpoint(), now=NOW) == words


def test_what_waits_says_for_what() -> None:
    row = delivery("pending")
    assert outcome_words(row, WebhookEndpoint(paused_until=LATER), now=NOW) == "It is sent at 09:03:00 UTC."
    assert "once the webhook is resumed" in outcome_words(row, WebhookEndpoint(is_enabled=False), now=NOW)


def test_an_error_without_words_is_shown_as_it_is() -> None:
    assert error_words("new_error", None) == "new_error"
    assert error_words("", 204) == ""
