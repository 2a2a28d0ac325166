"""What the interface says of recorded sound."""

from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from meetings.api.schemas import GapOut, Schema


class AudioAddressOut(Schema):
    url: str = Field(description="signed; needs no credentials, and each use is audited")
    expires_in: int = Field(description="seconds")


class AudioLinkOut(AudioAddressOut):
    n_samples: int = Field(description="at 16 kHz")
    duration_ms: int


class RangeOut(Schema):
    model_config = ConfigDict(populate_by_name=True, hide_input_in_errors=True)
    from_: int = Field(alias="from")
    to: int


class RecordingOut(Schema):
    """A FLAC: one session from position 0 to its end, or everybody from meeting time 0 on (`mix`)."""

    id: UUID
    kind: Literal["session", "mix"]
    state: Literal["waiting", "done", "failed"]
    problem: str = Field(description="why it is not there (yet), or not whole")
    session_id: UUID | None
    participant_id: UUID | None
    display_name: str
    n_samples: int
    n_bytes: int
    sha256: str
    spans: list[RangeOut] = Field(description="positions that were recorded; the rest is silence")
    missing: list[GapOut] = Field(
        description="positions (of a mix: samples of meeting time) that should be heard, and why they are silent"
    )
    download: AudioAddressOut | None


class RecordingsOut(Schema):
    data: list[RecordingOut]
