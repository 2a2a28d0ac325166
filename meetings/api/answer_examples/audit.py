"""Examples of the audit trail: entries sealed as real ones are, and a proof that holds of the example's transcript."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from meetings import example_meeting as board
from meetings.api.answer_examples.corrections import CORRECTION_ID
from meetings.api.answer_examples.meetings import page
from meetings.audit_chain import Entry, entry_fields, entry_hash, text_hash
from meetings.audit_key import ALGORITHM
from meetings.wire import SegmentWire

_SALT = "6d61646520757021"
_MEETING = f"meeting:{board.MEETING_ID}"
_ADA_SESSION = f"session:{board.ADA_SESSION_ID}"
_CHARLES_SESSION = f"session:{board.CHARLES_SESSION_ID}"


def _hashed(line: SegmentWire) -> Mapping[str, object]:
    return {"id": line["id"], "rev": line["rev"], "text_hash": text_hash(salt=_SALT, text=line["text"])}


def _committed(line: SegmentWire, *, seq: int) -> Mapping[str, object]:
    span = {"generation": 1, "from": 0, "to": 16 * line["end_ms"]}
    return {**span, "first_seq": seq, "segments": [_hashed(line)], "n_gaps": 0}


def _corrected(*lines: SegmentWire) -> Mapping[str, object]:
    first = _hashed(lines[0])
    acts = [{**_hashed(line), "state": line["state"], "participant": line["participant_id"]} for line in lines]
    said = {"rev": first["rev"], "reason": "", "text_hash": first["text_hash"]}
    return {"correction": CORRECTION_ID, **said, "segments": acts}


# When, who, what, to what, and what more is known of it.
_ACTS: tuple[tuple[str, str, str, str, Mapping[str, object]], ...] = (
    (board.CREATED_AT, "user:1", "meeting.created", _MEETING, {}),
    (
        "2026-03-02T09:00:04Z",
        f"participant:{board.ADA_ID}",
        "session.committed",
        _ADA_SESSION,
        _committed(board.GREETING, seq=6),
    ),
    (
        "2026-03-02T09:00:06Z",
        f"participant:{board.CHARLES_ID}",
        "session.committed",
        _CHARLES_SESSION,
        _committed(board.ANSWER_AS_HEARD, seq=8),
    ),
    (
        "2026-03-02T09:00:24Z",
        f"participant:{board.ADA_ID}",
        "session.committed",
        _ADA_SESSION,
        _committed(board.CLOSING_UNSPLIT, seq=11),
    ),
    (board.ENDED_AT, "user:1", "meeting.ended", _MEETING, {}),
    (board.CORRECTED_AT, "user:1", "segment.corrected", f"segment:{board.ANSWER_ID}", _corrected(board.ANSWER)),
    (
        board.CORRECTED_AT,
        "user:1",
        "segment.split",
        f"segment:{board.CLOSING_ID}",
        _corrected(board.CLOSING, board.AGREED),
    ),
)


def _trail() -> list[Mapping[str, Any]]:
    entries: list[Mapping[str, Any]] = []
    for number, (at, actor, action, target, data) in enumerate(_ACTS, start=1):
        entry = Entry(
            meeting_id=UUID(board.MEETING_ID),
            number=number,
            at=datetime.fromisoformat(at),
            actor=actor,
            action=action,
            target=target,
            data=data,
            previous_hash=entries[-1]["hash"] if entries else "",
        )
        entries.append({**entry_fields(entry), "hash": entry_hash(entry)})
    return entries


_TRAIL = _trail()
_KEY = {
    "algorithm": ALGORITHM,
    "public_key": "6b3c4966dbd0281b04e4a10f94e98702cf91179103abea147b87a93f17a0a7b7",
}
PROOF: Mapping[str, Any] = {
    "format": "colloquy-audit-proof/1",
    "software": {"name": "Colloquy", "version": "0.1.0"},
    "made_at": "2026-03-02T11:00:00+00:00",
    "meeting_id": board.MEETING_ID,
    "entries": _TRAIL,
    "texts": [{"segment_id": line["id"], "rev": line["rev"], "salt": _SALT} for line in board.SEGMENTS],
    "head": {"number": _TRAIL[-1]["number"], "hash": _TRAIL[-1]["hash"]},
    # Made with a key that was thrown away: whoever changes anything above signs anew with another one.
    "signature": {
        **_KEY,
        "value": (
            "977cb00f6b7ec7d5347edf65a4a6070c9b6bf94ea41f50f5983f5de0e9e43e1e"
            "3570e7cde94dd4f97a8187a4f2de71b4687dec2951afd4e4c48d7c987da28306"
        ),
    },
}

BY_SCHEMA: Mapping[str, Any] = {"AuditPage": page(*_TRAIL), "AuditProofOut": PROOF, "KeyOut": _KEY}
BY_CALL: Mapping[str, Any] = {}
