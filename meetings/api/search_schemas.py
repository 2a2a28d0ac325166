"""What search is asked and what it answers."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field

from meetings.api.parameters import Speakers
from meetings.api.schemas import Page, Schema
from meetings.search.asking import CURSOR_MAX_CHARS, SPEAKERS_MAX
from meetings.search.backend import RANKED_MAX
from meetings.search.query import QUERY_MAX_CHARS

HITS_DEFAULT = 20
HITS_MAX = 100

HitsLimit = Annotated[
    int,
    Field(ge=1, description=f"at most {HITS_MAX} are returned"),
    AfterValidator(lambda limit: min(limit, HITS_MAX)),
]


class SearchQueryIn(Schema):
    model_config = ConfigDict(populate_by_name=True, hide_input_in_errors=True)
    q: str = Field(
        max_length=QUERY_MAX_CHARS,
        description='words that a line must all hold, "phrases", begin*, -without: `budget "next year" -tax`',
    )
    speaker: Annotated[Speakers, Field(max_length=SPEAKERS_MAX)] = Field(
        default_factory=list, description="participants' ids or display names, repeated or separated by commas"
    )
    meeting: str = Field("", max_length=100, description="id or code of the one meeting to search in")
    from_: date | None = Field(None, alias="from", description="meetings that began on this day (UTC) or later")
    to: date | None = Field(None, description="meetings that began on this day (UTC) or earlier")
    language: str = Field("", max_length=35, description="only lines in this language; `de` takes `de-AT` too")
    limit: HitsLimit = HITS_DEFAULT
    cursor: str | None = Field(None, max_length=CURSOR_MAX_CHARS, description="`next_cursor` of the page before")


class HitMeetingOut(Schema):
    id: UUID
    code: str
    title: str
    started_at: datetime | None


class SearchHitOut(Schema):
    meeting: HitMeetingOut
    segment_id: UUID
    rev: int
    participant_id: UUID
    speaker: str
    start_ms: int
    end_ms: int
    language: str
    text: str
    ranges: list[tuple[int, int]] = Field(
        description="what matched: [start, end) in `text`, in Unicode code points", examples=[[[4, 10]]]
    )
    url: str = Field(description="the line on the transcript's page")


class SearchPageOut(Page):
    data: list[SearchHitOut] = Field(description="the best first")
    n_matching: int = Field(description=f"lines that match; not counted beyond {RANKED_MAX}")
    is_cut: bool = Field(description=f"{RANKED_MAX} lines or more match: only the newest are ranked and shown")
