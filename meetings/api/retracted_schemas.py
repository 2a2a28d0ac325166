"""What the interface says of lines that were taken out."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from meetings.api.schemas import Page, Schema


class RetractedOut(Schema):
    """A line that is in no transcript and can be put back."""

    id: UUID
    rev: int = Field(description="for the `If-Match` of putting it back")
    participant_id: UUID
    speaker: str
    start_ms: int
    end_ms: int
    text: str
    language: str
    actor: str = Field(description="who took it out", examples=["user:7"])
    author: str = Field(description="their name, where there is one")
    reason: str = Field(description="`bleed`: it was taken for another's voice in this microphone")
    at: datetime


class RetractedPage(Page):
    data: list[RetractedOut]
    n_lines: int = Field(description="of all pages together")
