"""What the interface says of keys that let telephone calls in."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from meetings.api.schemas import OptionalName, Page, Schema, SpokenLanguage


class IngestKeyIn(Schema):
    consent: list[Literal["captions", "transcript", "recording"]] = Field(
        max_length=10,
        description="what callers have agreed to: you declare that each of them is told. At least captions, transcript",
    )
    display_name: OptionalName = Field("", description="of everybody who calls; empty: each caller's own")
    language: SpokenLanguage = ""
    expires_in_s: int | None = Field(None, ge=60, le=31_536_000, description="empty: valid until it is revoked")


class IngestKeyOut(Schema):
    id: UUID
    display_name: str
    language: str = Field(description="empty: the meeting's")
    consent: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class IngestKeysPage(Page):
    data: list[IngestKeyOut]


class TelerAddressesOut(Schema):
    flow_url: str = Field(description="the call flow that Teler asks for")
    ws_url: str = Field(description="the media stream, where a flow of your own names it")


class TwilioAddressesOut(Schema):
    twiml_url: str = Field(description="the TwiML that Twilio asks for when a call comes in")
    ws_url: str = Field(description="the media stream, where TwiML of your own names it")


class IngestKeyMadeOut(IngestKeyOut):
    key: str = Field(description="shown once, here")
    teler: TelerAddressesOut
    twilio: TwilioAddressesOut
