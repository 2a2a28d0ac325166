"""Examples of what is answered about keeping and deleting, and of one person's data."""

from collections.abc import Mapping
from typing import Any

from meetings import example_meeting as board
from meetings.audit_chain import text_hash

_HOLD = {
    "id": "0197a1c2-0000-7000-8000-000000000081",
    "reason": "Case 2026/17",
    "placed_by": "user:1",
    "placed_at": "2026-03-02T12:00:00Z",
    "lifted_by": "",
    "lifted_at": None,
}
_HOLD_LIFTED = {**_HOLD, "lifted_by": "user:1", "lifted_at": "2026-04-01T12:00:00Z"}
_PURGE: Mapping[str, Any] = {
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
    "HoldOut": _HOLD,
    "PurgeOut": _PURGE,
    "RetentionOut": _RETENTION,
    "DeletionProofOut": _ERASURE_PROOF,
    "PersonalDataOut": _PERSONAL_DATA,
    "MyDataOut": {"data": [{**_PERSONAL_DATA, "participant": {**_PERSONAL_DATA["participant"], **_ACCOUNT}}]},
}
BY_CALL: Mapping[str, Any] = {"hold_lift": _HOLD_LIFTED}
