"""Parameters that several calls share. What is merely too much is cut down; what makes no sense is refused."""

from typing import Annotated
from uuid import UUID

from ninja import Path
from pydantic import AfterValidator, Field

from meetings.api.schemas import Schema

LIMIT_DEFAULT = 100
LIMIT_MAX = 500
SEQ_MAX = 2**53  # the largest whole number that every reader of JSON holds
SPEAKERS_MAX = 100
WAIT_MAX_S = 25.0


def _names(values: list[str]) -> list[str]:
    """`?speakers=a,b&speakers=c` names three."""
    return [name.strip() for value in values for name in value.split(",") if name.strip()]


Ref = Annotated[str, Path(description="id or code of the meeting")]
ParticipantId = Annotated[UUID, Path(description="`participant_id` of the admission")]
SessionId = Annotated[UUID, Path(description="`session_id` of the admission")]
RecordingId = Annotated[UUID, Path(description="`id` of the recording")]
SegmentId = Annotated[UUID, Path(description="`id` of the segment")]

Limit = Annotated[
    int,
    Field(ge=1, description=f"at most {LIMIT_MAX} are returned"),
    AfterValidator(lambda limit: min(limit, LIMIT_MAX)),
]
Seq = Annotated[int, Field(ge=0, le=SEQ_MAX)]
WaitSeconds = Annotated[
    float,
    Field(ge=0, allow_inf_nan=False, description=f"wait for the next event, at most {WAIT_MAX_S:g} s"),
    AfterValidator(lambda seconds: min(seconds, WAIT_MAX_S)),
]
Speakers = Annotated[list[str], AfterValidator(_names), Field(max_length=SPEAKERS_MAX)]


class PageQuery(Schema):
    limit: Limit = LIMIT_DEFAULT
    cursor: str | None = Field(None, max_length=400, description="`next_cursor` of the page before")


class EventsQuery(Schema):
    after_seq: Seq = Field(0, description="the last `seq` that the caller knows")
    limit: Limit = LIMIT_DEFAULT
    wait_s: WaitSeconds = 0


class TranscriptQuery(Schema):
    speakers: Speakers = Field(
        default_factory=list, description="participants' ids or display names, repeated or separated by commas"
    )
    language: str = Field("", max_length=35, description="only segments in this language")
    as_of_seq: Seq | None = Field(None, description="as the transcript stood after this event")
    download: bool = Field(False, description="offer the file for saving under a name")


class SegmentsQuery(PageQuery):
    speakers: Speakers = Field(default_factory=list, description="as for transcripts")
