"""Examples of what is answered about keeping and deleting, the audit trail, and one person's data."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from meetings import example_meeting as board
from meetings.api.answer_examples.meetings import page
from meetings.audit_chain import Entry, entry_fields, entry_hash, text_hash
from meetings.audit_key import ALGORITHM

_SALT = "6d61646520757021"
_ACTS: tuple[tuple[str, str, str, str, Mapping[str, object]], ...] = (
    (board.CREATED_AT, "user:1", "meeting.created", f"meeting:{board.MEETING_ID}", {}),
    (board.ENDED_AT, "user:1", "meeting.ended", f"meeting:{board.MEETING_ID}", {}),
    (
        board.CORRECTED_AT,
        "user:1",
        "segment.corrected",
        f"segment:{board.ANSWER_ID}",
        {
            "rev": board.ANSWER["rev"],
            "participant": board.CHARLES_ID,
            "text_hash": text_hash(salt=_SALT, text=board.ANSWER["text"]),
        },
    ),
)


def _trail() -> list[Mapping[str, Any]]:
    """Sealed as real ones are."""
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


TRAIL = _trail()
_KEY = {
    "algorithm": ALGORITHM,
    "public_key": "b7e26d4fd7ace87bc9f4fb66a2852051e7944d16693d8183fc0a9ff5d809a302",
}
PROOF: Mapping[str, Any] = {
    "format": "colloquy-audit-proof/1",
    "software": {"name": "Colloquy", "version": "0.1.0"},
    "made_at": "2026-03-02T11:00:00+00:00",
    "meeting_id": board.MEETING_ID,
    "entries": TRAIL,
    "texts": [{"segment_id": board.ANSWER_ID, "rev": board.ANSWER["rev"], "salt": _SALT}],
    "head": {"number": TRAIL[-1]["number"], "hash": TRAIL[-1]["hash"]},
    # Made with a key that was thrown away. A test checks it.
    "signature": {
        **_KEY,
        "value": (
            "97c1f9c738a80a2d0ca24136a078cbaa57d03569a101f3a3b82516f8f5342484"
            "ac2c59c4578269cedde1dfaf8e2dd71612814d5e7d996f9e490f94a345d2bb0e"
        ),
    },
}

_HOLD = {
    "id": "0197a1c2-0000-7000-8000-000000000081",
    "reason": "Case 2026/17",
    "placed_by": "user:1",
    "placed_at": "2026-03-02T12:00:00Z",
    "lifted_by": "",
    "lifted_at": None,
}
_HOLD_LIFTED = {**_HOLD, "lifted_by": "user:1", "lifted_at": "2026-04-01T12:00:00Z"}
_PURGE = {
    "id": "0197a1c2-0000-7000-8000-000000000082",
    "what": "audio",
    "reason": "asked",
    "state": "waiting",
    "counts": {},
    "created_at": "2026-04-01T12:05:00Z",
    "done_at": None,
}
_PURGED = {**_PURGE, "state": "done", "counts": {"files": 3}, "done_at": "2026-04-01T12:06:00Z"}
_DELETION_PROOF = {
    "id": "0197a1c2-0000-7000-8000-000000000083",
    "what": "audio",
    "target": f"meeting:{board.MEETING_ID}",
    "reason": "asked",
    "by": "user:1",
    "counts": {"files": 3},
    "digest": text_hash(salt="an example", text=""),
    "audit_number": 42,
    "at": "2026-04-01T12:06:00Z",
}
_ERASURE_PROOF = {
    **_DELETION_PROOF,
    "what": "participant",
    "target": f"participant:{board.CHARLES_ID}",
    "by": f"participant:{board.CHARLES_ID}",
    "counts": {"segments": 2, "revisions": 1, "files": 1},
}
_RETENTION = {
    "mode": "transcript_and_audio",
    "text_days": 365,
    "audio_days": 30,
    "purge_names": False,
    "text_due_at": "2027-03-03T09:45:00Z",
    "audio_due_at": "2026-04-02T09:45:00Z",
    "hold": None,
    "purges": [_PURGED],
    "proofs": [_DELETION_PROOF],
}
_PERSONAL_DATA: Mapping[str, Any] = {
    "meeting": {"id": board.MEETING_ID, "title": "Board", "started_at": board.STARTED_AT},
    "participant": {
        **board.CHARLES,
        "account": None,
        "joined_at": "2026-03-02T09:00:02Z",
        "left_at": "2026-03-02T09:44:59Z",
    },
    "consents": [
        {"granted": ["captions", "transcript"], "at": "2026-03-02T09:00:02Z", "is_declared_for_them": False},
    ],
    "sessions": [
        {
            "id": board.CHARLES_SESSION_ID,
            "state": "ended",
            "begun_at": "2026-03-02T09:00:02Z",
            "ended_at": board.ENDED_AT,
            "received": 480_000,
            "speech": 112_000,
            "nonspeech": 320_000,
            "muted": 0,
            "gap": 48_000,
        }
    ],
    "segments": [
        {
            **board.ANSWER,
            "is_kept": True,
            "revisions": [
                {
                    "rev": 1,
                    "text": board.ANSWER_AS_HEARD["text"],
                    "reason": "misheard",
                    "at": board.CORRECTED_AT,
                }
            ],
        }
    ],
    "recordings": [],
    "events": [
        {
            "seq": 12,
            "type": "participant.left",
            "at": "2026-03-02T09:44:59Z",
            "payload": {"participant": board.CHARLES, "at_ms": 2_699_000},
        }
    ],
    "audit": [
        {
            "number": 5,
            "at": "2026-03-02T09:00:02Z",
            "actor": f"participant:{board.CHARLES_ID}",
            "action": "participant.consented",
            "target": f"participant:{board.CHARLES_ID}",
        }
    ],
}
_ACCOUNT = {"account": "charles"}

BY_SCHEMA: Mapping[str, Any] = {
    "AuditPage": page(*TRAIL),
    "AuditProofOut": PROOF,
    "KeyOut": _KEY,
    "HoldOut": _HOLD,
    "PurgeOut": _PURGE,
    "RetentionOut": _RETENTION,
    "DeletionProofOut": _ERASURE_PROOF,
    "PersonalDataOut": _PERSONAL_DATA,
    "MyDataOut": {"data": [{**_PERSONAL_DATA, "participant": {**_PERSONAL_DATA["participant"], **_ACCOUNT}}]},
}
BY_CALL: Mapping[str, Any] = {"hold_lift": _HOLD_LIFTED}
