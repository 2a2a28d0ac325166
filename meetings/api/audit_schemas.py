"""What the interface says of a meeting's audit trail."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field, JsonValue

from meetings.api.schemas import Page, Schema

HASH = "SHA-256 in hex"


class AuditEntryOut(Schema):
    """One act. `hash` is over all other fields, as docs/audit.md says; `previous_hash` is the entry's before it."""

    meeting_id: UUID
    number: int = Field(description="from 1 in each meeting, without a gap")
    at: str = Field(description="ISO 8601 with microseconds, exactly as it is hashed")
    actor: str = Field(examples=["user:1", "participant:0197a1c2-0000-7000-8000-000000000000", "guest", "system"])
    action: str = Field(examples=["segment.corrected"])
    target: str = Field(examples=["segment:0197a1c2-0000-7000-8000-000000000000"])
    data: dict[str, JsonValue] = Field(description="ids, counts and hashes")
    previous_hash: str = Field(description=f"{HASH}; empty in the first entry")
    hash: str = Field(description=HASH)


class AuditPage(Page):
    data: list[AuditEntryOut]


class SoftwareOut(Schema):
    name: str
    version: str


class ProvedTextOut(Schema):
    segment_id: UUID
    rev: int
    salt: str = Field(description='the entries hold SHA-256 of salt, "\\n" and text')


class ChainEndOut(Schema):
    number: int
    hash: str = Field(description=HASH)


class KeyOut(Schema):
    algorithm: Literal["Ed25519"]
    public_key: str = Field(description="32 bytes in hex")


class SignatureOut(KeyOut):
    value: str = Field(description="over the document without `signature`, as canonical JSON; 64 bytes in hex")


class AuditProofOut(Schema):
    """Checked by `python -m meetings.verify_proof`, which needs no server."""

    format: Literal["colloquy-audit-proof/1"]
    software: SoftwareOut
    made_at: datetime
    meeting_id: UUID
    entries: list[AuditEntryOut]
    texts: list[ProvedTextOut] = Field(description="of the lines that stand in the transcript")
    head: ChainEndOut
    signature: SignatureOut
