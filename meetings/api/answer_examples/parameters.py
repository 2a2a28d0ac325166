"""An example of each parameter that says what a thing is called, by the parameter's name."""

from collections.abc import Mapping
from typing import Any

from meetings import example_meeting as board
from meetings.api.answer_examples.access import MEMBER, ORGANISATION, ROLE, TOKEN
from meetings.api.answer_examples.corrections import REPLACEMENT
from meetings.api.answer_examples.meetings import KEY
from meetings.api.answer_examples.transcripts import EXPORT, RECORDING
from meetings.api.answer_examples.webhooks import DELIVERY, WEBHOOK

PARAMETERS: Mapping[str, Any] = {
    "ref": board.MEETING_CODE,
    "participant_id": board.ADA_ID,
    "session_id": board.ADA_SESSION_ID,
    "segment_id": board.ANSWER_ID,
    "key_id": KEY["id"],
    "role_id": ROLE["id"],
    "slug": ORGANISATION["slug"],
    "membership_id": MEMBER["id"],
    "token_id": TOKEN["id"],
    "replacement_id": REPLACEMENT["id"],
    "export_id": EXPORT["id"],
    "recording_id": RECORDING["id"],
    "webhook_id": WEBHOOK["id"],
    "delivery_id": DELIVERY["id"],
    "link": "made-up",
    "q": '"Ada Lovelace" morn*',
    "If-Match": '"1"',
    "Resume-Token": board.RESUME_TOKEN,
    "Idempotency-Key": "3f1c2a80-made-up",
}
