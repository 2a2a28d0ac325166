"""Examples of what is answered about webhooks and their deliveries."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from meetings import example_meeting as board
from meetings.api.answer_examples.meetings import page
from meetings.webhooks.catalogue import TEST
from meetings.webhooks.signing import webhook_id

WEBHOOK: Mapping[str, Any] = {
    "id": "0197a1c2-0000-7000-8000-000000000091",
    "url": "https://hooks.example.com/colloquy",
    "description": "",
    "event_types": ["meeting.ended", "segment.final"],
    "is_enabled": True,
    "disabled_reason": "",
    "disabled_at": None,
    "failing_since": None,
    "previous_secret_until": None,
    "created_at": board.CREATED_AT,
}
_MADE = {**WEBHOOK, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
DELIVERY: Mapping[str, Any] = {
    "id": "0197a1c2-0000-7000-8000-000000000092",
    "webhook_id": WEBHOOK["id"],
    "event_id": webhook_id(UUID("0197a1c2-0000-7000-8000-000000000093")),
    "event_type": "meeting.ended",
    "event_at": board.ENDED_AT,
    "meeting_id": board.MEETING_ID,
    "state": "delivered",
    "n_attempts": 2,
    "next_attempt_at": None,
    "last_status": 204,
    "last_error": "",
    "last_duration_ms": 85,
    "created_at": board.ENDED_AT,
    "done_at": "2026-03-02T09:45:07Z",
    "attempts": [
        {"at": "2026-03-02T09:45:07Z", "status": 204, "error": "", "duration_ms": 85},
        {"at": "2026-03-02T09:45:01Z", "status": 503, "error": "refused", "duration_ms": 120},
    ],
}
_NOT_YET = {
    **DELIVERY,
    "state": "pending",
    "n_attempts": 0,
    "next_attempt_at": board.CORRECTED_AT,
    "last_status": None,
    "last_duration_ms": None,
    "created_at": board.CORRECTED_AT,
    "done_at": None,
    "attempts": [],
}
_TEST = {**_NOT_YET, "event_type": TEST, "event_at": board.CORRECTED_AT, "meeting_id": None}

BY_SCHEMA: Mapping[str, Any] = {
    "WebhookOut": WEBHOOK,
    "WebhookMadeOut": _MADE,
    "WebhooksPage": page(WEBHOOK),
    "DeliveryOut": _TEST,
    "DeliveriesPage": page(DELIVERY),
    "RedeliveredOut": {"n_deliveries": 3},
}
BY_CALL: Mapping[str, Any] = {
    "webhook_update": {**WEBHOOK, "event_types": ["*"]},
    "webhook_rotate": {**_MADE, "previous_secret_until": "2026-03-03T10:12:30Z"},
    "delivery_redeliver": {**_NOT_YET, "created_at": board.ENDED_AT},
}
