"""What the interface says of find and replace."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from meetings.api.correction_schemas import Reason
from meetings.api.schemas import Page, Schema
from meetings.limits import FIND_MAX_CHARS
from meetings.services.replacements import MOST_HITS


class ReplacementIn(Schema):
    find: str = Field(min_length=1, max_length=FIND_MAX_CHARS, description="as it stands in the lines; no pattern")
    replace: str = Field("", max_length=FIND_MAX_CHARS, description="empty: what is found is left out")
    match_case: bool = False
    whole_words: bool = True
    participant_ids: list[UUID] | None = Field(None, max_length=100, description="whose lines only; null: everybody's")
    reason: Reason = ""


class ApplyIn(Schema):
    hits: list[Annotated[int, Field(ge=0)]] | None = Field(
        None, max_length=MOST_HITS, description="`index` of those that are to be replaced; null: all"
    )


class ReplacementHitOut(Schema):
    """`before`, `found` and `behind` together are the line as it was when it was searched."""

    index: int
    segment_id: UUID
    rev: int
    speaker: str
    start_ms: int
    before: str
    found: str
    behind: str
    replaced: str = Field(description="the line with this hit replaced and no other")
    is_stale: bool = Field(description="the line was changed since: this hit would be skipped")


class ReplacementOut(Schema):
    id: UUID
    state: Literal["proposed", "applied", "reverted"]
    find: str
    replace: str
    match_case: bool
    whole_words: bool
    reason: str
    actor: str
    created_at: datetime
    applied_at: datetime | None
    reverted_at: datetime | None
    n_hits: int
    n_segments: int = Field(description="lines that were changed; 0 before that")


class ReviewOut(ReplacementOut):
    hits: list[ReplacementHitOut]


class ReplacedOut(ReplacementOut):
    skipped: list[UUID] = Field(description="segments that somebody has changed meanwhile, left alone")


class ReplacementsPage(Page):
    data: list[ReplacementOut]
