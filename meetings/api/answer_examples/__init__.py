"""An example of what each call answers when it does what it was asked for. A test holds them to the schemas."""

from collections.abc import Mapping
from typing import Any

from meetings.api.answer_examples import access, audit, corrections, files, keeping, meetings, transcripts, webhooks

_PARTS = (access, audit, corrections, keeping, meetings, transcripts, webhooks)
# What a call answers with that says more than its schema's example.
BY_CALL: Mapping[str, Any] = {
    **{call: example for part in _PARTS for call, example in part.BY_CALL.items()},
    **files.BY_CALL,
}
BY_SCHEMA: Mapping[str, Any] = {schema: example for part in _PARTS for schema, example in part.BY_SCHEMA.items()}


def answer_example(operation_id: str, schema: Mapping[str, Any]) -> Any | None:
    """Of the call itself, or of whatever answers in this schema; None: there is none."""
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    return BY_CALL.get(operation_id, BY_SCHEMA.get(name))
