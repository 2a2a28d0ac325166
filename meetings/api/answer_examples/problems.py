"""Examples of refusals: what each call may be refused with, made of what the problem pages say."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from meetings import example_meeting as board
from meetings.api.problem_types import PROBLEM_TYPES
from meetings.api.problems import FieldProblem, Problem

Operation = Mapping[str, Any]

# Whoever asks these needs no credentials: the address is one, or it is public.
_OPEN_TO_ALL = frozenset({"audit_key", "segment_audio_play", "recording_download"})
_ADMIN_TAGS = frozenset({"access", "telephony", "webhooks"})  # whose reading calls need that scope too
_CHANGED_LINES = ("segment_redacted", "segment_retracted", "text_deleted")
# What is particular to a call; what its parameters and its body bring with them is found out below.
PARTICULAR: Mapping[str, tuple[str, ...]] = {
    "meeting_create": ("language_unsupported",),
    "meeting_update": ("language_unsupported",),
    "participant_admit": ("link_closed", "meeting_ended", "language_unsupported", "overloaded"),
    "participant_update": ("language_unsupported",),
    "ticket_renew": ("session_not_resumable",),
    "ingest_key_create": ("consent_missing", "language_unsupported", "meeting_ended", "too_many_keys"),
    "role_give": ("ambiguous_user", "has_role", "is_host", "log_in_first", "too_many_roles", "unknown_user"),
    "role_change": ("changed",),
    "link_renew": ("link_renewed",),
    "organisation_create": ("slug_taken",),
    "membership_give": ("ambiguous_user", "is_member", "unknown_user"),
    "membership_change": ("changed", "last_owner"),
    "membership_take": ("changed", "last_owner"),
    "token_create": ("too_many_tokens",),
    "event_list": ("too_many_waiters",),
    "caption_stream": ("too_many_waiters", "unavailable"),
    "caption_vtt": ("invalid", "precondition_failed", "too_many_waiters", "unavailable"),
    "search": ("bad_query",),
    "segment_correct": (*_CHANGED_LINES, "not_in_this_meeting"),
    "segment_undo": (*_CHANGED_LINES, "nothing_to_undo", "undo_blocked"),
    "segment_split": (*_CHANGED_LINES, "not_in_this_meeting", "nothing_to_split"),
    "segment_merge": (*_CHANGED_LINES, "another_line_follows", "languages_differ", "nothing_to_merge"),
    "segment_retract": ("conflict",),
    "segment_restore": ("conflict", "nothing_to_restore", "text_deleted", "words_stand_elsewhere"),
    "segment_redact": ("invalid", "legal_hold", "segment_changed", "segment_redacted", "text_deleted"),
    "replacement_propose": ("too_many_hits",),
    "replacement_apply": ("conflict", "no_such_hit", "nothing_to_replace"),
    "replacement_revert": ("conflict",),
    "transcript_docx": ("export_takes_longer",),
    "transcript_pdf": ("export_takes_longer",),
    "transcript_zip": ("export_takes_longer", "forbidden"),
    "export_request": ("option_useless", "too_many_exports"),
    "export_file": ("export_outdated",),
    "meeting_export_file": ("export_outdated",),
    "segment_audio": ("not_recorded",),
    "meeting_segment_audio": ("not_recorded",),
    "segment_audio_play": ("link_expired", "link_invalid", "recording_redacted"),
    "recording_download": ("link_expired", "link_invalid", "recording_redacted"),
    "recording_purge": ("legal_hold",),
    "retention_read": ("scope_missing",),
    "hold_place": ("legal_hold",),
    "hold_lift": ("no_legal_hold",),
    "meeting_purge": ("legal_hold",),
    "participant_erase": ("legal_hold", "participant_present"),
    "second_pass_start": ("meeting_not_ended", "nothing_recorded", "second_pass_off"),
    "webhook_create": ("address_not_allowed", "event_type_unknown", "too_many_webhooks", "webhook_url_invalid"),
    "webhook_update": ("address_not_allowed", "event_type_unknown", "webhook_url_invalid"),
    "webhook_test": ("webhook_disabled",),
    "webhook_redeliver": ("webhook_disabled",),
    "delivery_redeliver": ("webhook_disabled",),
}
_FIELD: FieldProblem = {
    "location": "query",
    "field": "limit",
    "code": "greater_than_equal",
    "detail": "Input should be greater than or equal to 1",
}
_FIELD_OF_BODY: FieldProblem = {"location": "body", "field": "title", "code": "missing", "detail": "Field required"}


def problem_example(code: str, *, is_of_body: bool = False) -> Mapping[str, Any]:
    kind = PROBLEM_TYPES[code]
    assert kind.status is not None, "it comes over sockets only"
    errors = [_FIELD_OF_BODY if is_of_body else _FIELD] if code == "validation_failed" else []
    wire = Problem(code=code, status=kind.status, detail=kind.meaning, errors=errors).as_wire()
    return {**wire, "segment": board.ANSWER} if code == "revision_mismatch" else {**wire}


def problem_examples(path: str, method: str, operation: Operation) -> Mapping[str, Any]:
    """By code, in the order of their statuses."""
    codes = sorted(set(_codes(path, method, operation)), key=lambda code: (PROBLEM_TYPES[code].status or 0, code))
    is_of_body = "requestBody" in operation
    return {code: {"summary": _summary(code), "value": problem_example(code, is_of_body=is_of_body)} for code in codes}


def _codes(path: str, method: str, operation: Operation) -> Iterator[str]:
    name = operation["operationId"]
    parameters = {each["name"] for each in operation.get("parameters", ())}
    is_change = method not in ("get", "head")
    yield from PARTICULAR.get(name, ())
    if name not in _OPEN_TO_ALL:
        yield "unauthenticated"
        if is_change or _ADMIN_TAGS.intersection(operation.get("tags", ())):
            yield "scope_missing"
    if "{" in path:
        yield "not_found"
        if is_change and "{ref}" in path:
            yield "forbidden"
    if "requestBody" in operation:
        yield from ("malformed_json", "unsupported_media_type", "body_too_large", "validation_failed")
    if any(each["in"] == "query" for each in operation.get("parameters", ())):
        yield "validation_failed"
    if name.startswith("transcript_"):
        yield "precondition_failed"
    if "cursor" in parameters:
        yield "bad_cursor"
    if "Idempotency-Key" in parameters:
        yield "idempotency_key_reused"
    if "If-Match" in parameters:
        yield from ("if_match_required", "bad_if_match", "revision_mismatch")


def _summary(code: str) -> str:
    status = PROBLEM_TYPES[code].status
    return f"{status} {HTTPStatus(status or 500).phrase}"
