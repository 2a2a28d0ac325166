"""Examples of what is answered about corrections: revisions, acts upon lines, replacements."""

from collections.abc import Mapping
from typing import Any

from meetings import example_meeting as board
from meetings.api.answer_examples.meetings import page
from meetings.wire import SegmentWire

CORRECTION_ID = "0197a1c2-0000-7000-8000-000000000071"
_SHOWN = ("rev", "state", "participant_id", "speaker", "start_ms", "end_ms", "text", "language")


def _revision(line: SegmentWire, **who_and_why: str) -> Mapping[str, Any]:
    content: Mapping[str, Any] = {**line}
    return {**{name: content[name] for name in _SHOWN}, **who_and_why}


_REVISIONS = (
    _revision(
        board.ANSWER_AS_HEARD,
        kind="recognized",
        actor="system",
        author="",
        reason="",
        at="2026-03-02T09:00:05Z",
    ),
    _revision(
        board.ANSWER,
        kind="corrected",
        actor="user:1",
        author="Ada Lovelace",
        reason="misheard",
        at=board.CORRECTED_AT,
    ),
)


def _act(*lines: SegmentWire) -> Mapping[str, Any]:
    return {"correction_id": CORRECTION_ID, "segments": list(lines)}


def _retracted(line: SegmentWire, rev: int) -> SegmentWire:
    return {**line, "rev": rev, "state": "retracted", "text": "", "stable_chars": 0, "words": []}


_AGAIN: SegmentWire = {**board.ANSWER_AS_HEARD, "rev": 3, "state": "final"}
_MERGED: SegmentWire = {**board.CLOSING_UNSPLIT, "rev": 3, "state": "corrected"}
_RESTORED: SegmentWire = {**board.CLOSING, "rev": 4}

REPLACEMENT: Mapping[str, Any] = {
    "id": "0197a1c2-0000-7000-8000-000000000072",
    "state": "proposed",
    "find": "Love lace",
    "replace": "Lovelace",
    "match_case": True,
    "whole_words": True,
    "reason": "",
    "actor": "user:1",
    "created_at": "2026-03-02T10:12:00Z",
    "applied_at": None,
    "reverted_at": None,
    "n_hits": 1,
    "n_segments": 0,
}
_HIT = {
    "index": 0,
    "segment_id": board.ANSWER_ID,
    "rev": 1,
    "speaker": "Charles",
    "start_ms": board.ANSWER["start_ms"],
    "before": "Good morning, Ada ",
    "found": "Love lace",
    "behind": ".",
    "replaced": board.ANSWER["text"],
    "is_stale": False,
}
_APPLIED = {**REPLACEMENT, "state": "applied", "applied_at": board.CORRECTED_AT, "n_segments": 1}
_REVERTED = {**_APPLIED, "state": "reverted", "reverted_at": "2026-03-02T10:20:00Z"}
_TAKEN_OUT = {
    "id": board.CLOSING["id"],
    "rev": 3,
    **{name: board.CLOSING[name] for name in ("participant_id", "speaker", "start_ms", "end_ms", "text", "language")},
    "actor": "user:1",
    "author": "Ada Lovelace",
    "reason": "not for the record",
    "at": board.CORRECTED_AT,
}

BY_SCHEMA: Mapping[str, Any] = {
    "SegmentOut": board.ANSWER,
    "RevisionsOut": {"data": list(_REVISIONS)},
    "CorrectionOut": _act(board.CLOSING, board.AGREED),
    "ReviewOut": {**REPLACEMENT, "hits": [_HIT]},
    "ReplacementsPage": page(_APPLIED),
    "ReplacedOut": {**_APPLIED, "skipped": []},
    "RetractedPage": {**page(_TAKEN_OUT), "n_lines": 1},
}
BY_CALL: Mapping[str, Any] = {
    "segment_correct": {**board.CLOSING, "rev": 3},
    "segment_undo": _act(_AGAIN),
    "segment_merge": _act(_MERGED, _retracted(board.AGREED, 2)),
    "segment_retract": _act(_retracted(board.CLOSING, 3)),
    "segment_restore": _act(_RESTORED),
    "segment_redact": board.ANSWER_REDACTED,
    "replacement_revert": {**_REVERTED, "skipped": []},
}
