"""What the interface says of keeping and deleting."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from meetings.api.schemas import Schema
from meetings.checks import line_checked
from meetings.errors import Invalid
from meetings.limits import SEGMENT_TEXT_MAX_CHARS
from meetings.services.holds import REASON_MAX_CHARS


def _reason(text: str) -> str:
    try:
        return line_checked(text, what="The reason", max_chars=REASON_MAX_CHARS)
    except Invalid as refusal:
        raise ValueError(refusal.detail) from None


class RedactionIn(Schema):
    """The whole line, or characters [from_char, to_char) of its text, counted as Unicode code points."""

    whole: bool = False
    from_char: int | None = Field(None, ge=0, le=SEGMENT_TEXT_MAX_CHARS)
    to_char: int | None = Field(None, ge=1, le=SEGMENT_TEXT_MAX_CHARS)
    rev: int | None = Field(None, ge=1, description="the revision that the characters were counted in; 409 otherwise")


class HoldIn(Schema):
    reason: Annotated[str, AfterValidator(_reason), Field(max_length=REASON_MAX_CHARS)]


class HoldOut(Schema):
    id: UUID
    reason: str
    placed_by: str
    placed_at: datetime
    lifted_by: str
    lifted_at: datetime | None


class DeletionProofOut(Schema):
    """Keeps nothing of what was deleted. The audit trail's entry `audit_number` seals it."""

    id: UUID
    what: str
    target: str
    reason: str
    by: str
    counts: dict[str, int]
    digest: str
    audit_number: int
    at: datetime


class PurgeIn(Schema):
    what: Literal["text", "audio"]


class PurgeOut(Schema):
    id: UUID
    what: Literal["text", "unkept", "audio"]
    reason: str
    state: Literal["waiting", "done"]
    counts: dict[str, int]
    created_at: datetime
    done_at: datetime | None


class RetentionOut(Schema):
    """Days and names as they hold for this meeting, from its policies or from the server's defaults."""

    mode: Literal["ephemeral", "transcript", "transcript_and_audio"]
    text_days: int | None
    audio_days: int | None
    purge_names: bool
    text_due_at: datetime | None = Field(description="null while it is not over, and where nothing is due")
    audio_due_at: datetime | None
    hold: HoldOut | None
    purges: list[PurgeOut]
    proofs: list[DeletionProofOut]


class ErasureIn(Schema):
    resume_token: str | None = Field(None, max_length=200, description="shows that it is oneself; hosts need none")


class PersonalDataOut(Schema):
    """Everything that is stored of one person in one meeting."""

    meeting: dict[str, Any]
    participant: dict[str, Any]
    consents: list[dict[str, Any]]
    sessions: list[dict[str, Any]]
    segments: list[dict[str, Any]]
    recordings: list[dict[str, Any]]
    events: list[dict[str, Any]]
    audit: list[dict[str, Any]]


class MyDataOut(Schema):
    data: list[PersonalDataOut]
