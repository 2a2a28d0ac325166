"""What the interface says of transcripts as files."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from meetings.api.parameters import Seq, Speakers, TranscriptQuery
from meetings.api.schemas import Schema
from meetings.exports.options import ExportOptions
from meetings.exports.wish import Wish

FormatName = Literal["txt", "md", "docx", "pdf", "csv", "vtt", "srt", "ttml", "json", "zip"]

NAMES = "say who speaks"
TIMESTAMPS = "say when; captions always do"
PARAGRAPHS = "lines of one speaker in a row become one paragraph"


class CaptionQuery(TranscriptQuery):
    names: bool = Field(True, description=NAMES)


class ReadingQuery(CaptionQuery):
    timestamps: bool = Field(True, description=TIMESTAMPS)
    paragraphs: bool = Field(False, description=PARAGRAPHS)


class ArchiveQuery(Schema):
    download: bool = Field(False, description="offer the file for saving under a name")


class ExportIn(Schema):
    """What a format has no use for is refused; the archive (`zip`) takes `audio` only."""

    format: FormatName
    speakers: Speakers = Field(default_factory=list, description="participants' ids or display names")
    language: str = Field("", max_length=35, description="only segments in this language")
    as_of_seq: Seq | None = Field(None, description="as the transcript stood after this event")
    names: bool = Field(True, description=NAMES)
    timestamps: bool = Field(True, description=TIMESTAMPS)
    paragraphs: bool = Field(False, description=PARAGRAPHS)
    audio: bool = Field(False, description="with the recorded sound; archives only")


class ExportOptionsOut(Schema):
    speakers: list[str]
    language: str
    as_of_seq: int | None
    names: bool
    timestamps: bool
    paragraphs: bool
    audio: bool


class ExportOut(Schema):
    id: UUID
    meeting_id: UUID
    format: FormatName
    options: ExportOptionsOut
    state: Literal["queued", "running", "done", "failed"]
    progress: int = Field(description="percent")
    problem: str = Field(description="why it is not there (yet)")
    n_bytes: int
    sha256: str
    created_at: datetime
    expires_at: datetime = Field(description="when the file is deleted")
    url: str | None = Field(description="where the file is, for the same caller, once it is done")


class ExportsOut(Schema):
    data: list[ExportOut]


def wish_of_query(query: TranscriptQuery, *, format: str) -> Wish:
    """Of a class whose fields are those that the format has a use for."""
    return Wish(
        format=format,
        speakers=tuple(query.speakers),
        language=query.language,
        as_of_seq=query.as_of_seq,
        options=ExportOptions(
            has_names=getattr(query, "names", True),
            has_timestamps=getattr(query, "timestamps", True),
            has_paragraphs=getattr(query, "paragraphs", False),
        ),
    )


def wish_of_body(body: ExportIn) -> Wish:
    return Wish(
        format=body.format,
        speakers=tuple(body.speakers),
        language=body.language,
        as_of_seq=body.as_of_seq,
        options=ExportOptions(has_names=body.names, has_timestamps=body.timestamps, has_paragraphs=body.paragraphs),
        has_audio=body.audio,
    )
