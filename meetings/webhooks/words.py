"""Events, deliveries and what went wrong with them, in the words of the pages. A test holds it to the catalogue."""

from collections.abc import Mapping
from datetime import datetime

from meetings.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from meetings.webhooks.sending import DEADLINE_S

EVENT_GROUPS: Mapping[str, Mapping[str, str]] = {
    "The meeting": {
        "meeting.created": "A meeting was made",
        "meeting.started": "The first participant has come",
        "meeting.changed": "Its title, language, policies, vocabulary or link were changed",
        "meeting.recording": "Whether it is recorded has changed",
        "meeting.ended": "The host has ended it",
    },
    "People": {
        "participant.joined": "Somebody has come",
        "participant.left": "Somebody has gone",
        "participant.changed": "Somebody has another name",
        "participant.consented": "Somebody agrees to other things than before",
        "participant.language": "Somebody speaks another language",
    },
    "What was said": {
        "segment.final": "A line stands, or was put back",
        "segment.corrected": "A line was corrected",
        "segment.redacted": "Something was removed from a line for good",
        "segment.retracted": "A line was taken out",
        "audio.gap": "Sound was lost",
        "audio.repaired": "What was lost was recognized later, from the recording",
        "content.purged": "Something was deleted for good",
    },
    "Files": {
        "recording.ready": "A recording can be fetched",
        "export.ready": "An export can be fetched",
    },
}

STATES: Mapping[str, str] = {
    WebhookDelivery.State.PENDING: "Waiting",
    WebhookDelivery.State.DELIVERED: "Delivered",
    WebhookDelivery.State.FAILED: "Failed, tried again",
    WebhookDelivery.State.DEAD: "Given up",
}

ERRORS: Mapping[str, str] = {
    "timeout": f"There was no answer within {DEADLINE_S:.0f} seconds",
    "no_connection": "There was no connection",
    "tls": "The address's certificate was not accepted",
    "name_unknown": "The name in the address is not known",
    "address_not_allowed": "The name stands for a private address, which this server does not send to",
    "bad_answer": "The answer was not HTTP",
    "internal": "It could not be sent, for a reason of this server's",
    "not_allowed": "The meeting is no longer yours to read",
    "event_gone": "There is nothing left to tell",
    "secret_unreadable": "The secret cannot be read any more: make a new one",
}


def error_words(error: str, status: int | None) -> str:
    """Empty where nothing went wrong."""
    if error == "refused":
        return f"The answer was {status}"
    if error == "redirect":
        return f"The answer was {status}, a redirect, which is not followed"
    return ERRORS.get(error, error)


def attempt_words(attempt: WebhookAttempt) -> str:
    words = error_words(attempt.error, attempt.status) or f"The answer was {attempt.status}"
    return f"{words}, after {attempt.duration_ms} ms."


def outcome_words(delivery: WebhookDelivery, endpoint: WebhookEndpoint, *, now: datetime) -> str:
    """What has come of it, and what comes next."""
    state, went_wrong = delivery.state, error_words(delivery.last_error, delivery.last_status)
    if state == WebhookDelivery.State.DELIVERED:
        return f"The answer was {delivery.last_status}, after {delivery.last_duration_ms} ms."
    if state == WebhookDelivery.State.DEAD:
        return f"{went_wrong or 'It waited for three days'}. {_times(delivery.n_attempts)}."
    tried = f"{went_wrong}. {_times(delivery.n_attempts)}. " if state == WebhookDelivery.State.FAILED else ""
    return tried + _next(delivery, endpoint, now=now)


def _next(delivery: WebhookDelivery, endpoint: WebhookEndpoint, *, now: datetime) -> str:
    if not endpoint.is_enabled:
        return "It is sent once the webhook is resumed."
    moments = [each for each in (delivery.next_attempt_at, endpoint.paused_until) if each is not None]
    at = max(moments, default=now)
    return f"It is sent at {at:%H:%M:%S} UTC." if at > now else "It is sent in the next seconds."


def _times(n: int) -> str:
    return {0: "It was not tried", 1: "It was tried once"}.get(n, f"It was tried {n} times")
