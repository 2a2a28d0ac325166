"""What the interface says of corrections."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from meetings.api.schemas import Schema, SegmentOut
from meetings.limits import REASON_MAX_CHARS, SEGMENT_TEXT_MAX_CHARS

Reason = Annotated[str, Field(max_length=REASON_MAX_CHARS, description="kept with the revision, for people")]
Rev = Annotated[int, Field(ge=1, le=2**31 - 1)]
Kind = Literal["corrected", "split", "merged", "retracted", "restored", "undone", "replaced", "reverted"]


class SegmentPatch(Schema):
    """What is left out stays."""

    text: str | None = Field(None, max_length=SEGMENT_TEXT_MAX_CHARS)
    participant_id: UUID | None = Field(None, description="who said it: somebody of the meeting")
    reason: Reason = ""


class ReasonIn(Schema):
    reason: Reason = ""


class UndoIn(ReasonIn):
    to_rev: Rev | None = Field(None, description="an earlier revision; left out: the one before the last change")


class SplitIn(ReasonIn):
    at: int = Field(ge=0, le=SEGMENT_TEXT_MAX_CHARS, description="the first character of the new line, in code points")
    participant_id: UUID | None = Field(None, description="who said what the new line holds; left out: the same")


class MergeIn(ReasonIn):
    next_id: UUID | None = Field(None, description="the line that is meant; refused if another one follows by now")


class CorrectionOut(Schema):
    """An act upon lines, and how they stand now, the one that was addressed first; retracted ones have no text."""

    correction_id: UUID | None = Field(description="null: nothing was to be changed")
    segments: list[SegmentOut]


class RevisionOut(Schema):
    """One state of a line, and who made it so, when and why."""

    rev: int
    state: Literal["final", "corrected", "redacted", "retracted"]
    participant_id: UUID
    speaker: str
    start_ms: int
    end_ms: int
    text: str
    language: str
    kind: Kind | Literal["recognized", ""]
    actor: str = Field(examples=["user:7"])
    author: str = Field(description="their name, where there is one")
    reason: str
    at: datetime


class RevisionsOut(Schema):
    data: list[RevisionOut] = Field(description="the first one first, the present one last")
