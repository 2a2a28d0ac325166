"""Signatures are those that receivers' own library checks; delays grow, and end."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings
from standardwebhooks import Webhook, WebhookVerificationError

from meetings.webhooks.retrying import GIVE_UP_AFTER, MOST_ATTEMPTS, pause, retry_delay
from meetings.webhooks.sealing import Unreadable, sealed, unsealed
from meetings.webhooks.signing import headers_signed, secret_new

BODY = '{"type":"segment.final","data":{"text":"Grüße"}}'.encode()


def test_a_receiver_s_own_library_verifies_what_we_sign() -> None:
    key = secret_new()
    headers = headers_signed(uid=uuid4(), timestamp_s=int(timezone.now().timestamp()), body=BODY, keys=[key])
    assert Webhook(key).verify(BODY, dict(headers))["type"] == "segment.final"


def test_after_a_rotation_both_secrets_verify_and_no_other() -> None:
    new, old = secret_new(), secret_new()
    headers = headers_signed(uid=uuid4(), timestamp_s=int(timezone.now().timestamp()), body=BODY, keys=[new, old])
    for key in (new, old):
        Webhook(key).verify(BODY, dict(headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(secret_new()).verify(BODY, dict(headers))


@pytest.mark.parametrize("changed", ["webhook-id", "webhook-timestamp", "body"])
def test_whatever_is_changed_on_the_way_is_noticed(changed: str) -> None:
    key, body, now_s = secret_new(), BODY, int(timezone.now().timestamp())
    headers = dict(headers_signed(uid=uuid4(), timestamp_s=now_s, body=body, keys=[key]))
    if changed == "body":
        body += b" "
    else:
        headers[changed] = {"webhook-id": "msg_other", "webhook-timestamp": str(now_s - 1)}[changed]
    with pytest.raises(WebhookVerificationError):
        Webhook(key).verify(body, headers)


def test_a_stolen_database_signs_nothing(settings: Settings) -> None:
    secret = secret_new()
    kept = sealed(secret)
    assert secret not in kept
    assert secret.removeprefix("whsec_") not in kept
    assert unsealed(kept) == secret
    settings.SECRET_KEY = "another-key-0123456789-abcdefghijklmnopqrstuvwxyz"
    with pytest.raises(Unreadable):
        unsealed(kept)


def test_a_secret_outlives_a_change_of_the_key_that_is_kept_as_a_fallback(settings: Settings) -> None:
    kept = sealed("whsec_x")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-0123456789-abcdefghijklmnopqrstuvwxyz"
    assert unsealed(kept) == "whsec_x"


def test_all_attempts_together_take_most_of_three_days_and_no_more() -> None:
    for chance, least in ((0.0, timedelta(days=2)), (0.5, timedelta(days=2.5))):
        total = sum((retry_delay(n, chance=chance) for n in range(1, MOST_ATTEMPTS)), timedelta())
        assert least < total < GIVE_UP_AFTER


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_delays_are_bounded_and_jitter_stays_within_a_fifth(n: int, chance: float) -> None:
    middle = retry_delay(n, chance=0.5)
    assert timedelta(seconds=10) <= middle <= timedelta(hours=8)
    assert 0.79 * middle <= retry_delay(n, chance=chance) <= 1.21 * middle
    assert timedelta(seconds=5) <= pause(n) <= timedelta(minutes=10)


def test_a_receiver_may_ask_for_more_time_up_to_an_hour() -> None:
    assert retry_delay(1, chance=0.5, asked_s=120) == timedelta(seconds=120)
    assert retry_delay(1, chance=0.5, asked_s=1e9) == timedelta(hours=1)
    assert retry_delay(1, chance=0.5, asked_s=1) == timedelta(seconds=10)
