"""What an entry of the audit trail asserts, as one canonical text, and its hash. Pure: no Django, no clock."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

OUTSIDE = "outside"  # the chain of what was done outside of any meeting


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is sealed. `number` counts from 1 in each chain; the first entry's `previous_hash` is empty."""

    meeting_id: UUID | None
    number: int
    at: datetime
    actor: str
    action: str
    target: str
    data: Mapping[str, object]
    previous_hash: str


def chain_of(meeting_id: UUID | None) -> str:
    return OUTSIDE if meeting_id is None else meeting_id.hex


def meeting_of(chain: str) -> UUID | None:
    return None if chain == OUTSIDE else UUID(hex=chain)


def canonical(value: object) -> bytes:
    """JSON in UTF-8 with sorted keys and no spaces, of which there is one for each value as long as no floats occur."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def entry_fields(entry: Entry) -> dict[str, object]:
    return {
        "meeting_id": str(entry.meeting_id) if entry.meeting_id else None,
        "number": entry.number,
        "at": entry.at.isoformat(timespec="microseconds"),
        "actor": entry.actor,
        "action": entry.action,
        "target": entry.target,
        "data": entry.data,
        "previous_hash": entry.previous_hash,
    }


def entry_hash(entry: Entry) -> str:
    return hashlib.sha256(canonical(entry_fields(entry))).hexdigest()


def text_hash(*, salt: str, text: str) -> str:
    """What the trail keeps of a text: it proves the text while the row with its salt exists, and nothing after."""
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()
