"""The shapes of durable facts on the wire. Pure: importable without a database."""

from typing import Annotated, Literal, NotRequired
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

# For descriptions of the wire: what is built comes from rows, whose columns are plain text.
Role = Annotated[str, Field(json_schema_extra={"enum": ["host", "speaker", "viewer", "agent", "phone"]})]
SegmentState = Annotated[
    str, Field(json_schema_extra={"enum": ["partial", "final", "corrected", "redacted", "retracted"]})
]


class ParticipantWire(TypedDict):
    id: str
    display_name: str
    role: Role
    language: str  # empty: the meeting's


class WordWire(TypedDict):
    """`s` and `e` are milliseconds of meeting time, as `start_ms` and `end_ms` are; `c` is 0 to 1."""

    w: str
    s: int
    e: int
    c: float


class SegmentWire(TypedDict):
    id: str
    rev: int
    state: SegmentState
    participant_id: str
    speaker: str
    start_ms: int
    end_ms: int
    text: str
    stable_chars: int
    language: str
    confidence: float
    words: list[WordWire]
    engine: str
    kept: NotRequired[bool]  # only where it is false: to be seen live, and to be stored by nobody


GapWire = TypedDict(
    "GapWire",
    {
        "session_id": str,
        "participant_id": str,
        "speaker": str,
        "start_ms": int | None,
        "end_ms": int | None,
        "from": int,
        "to": int,
        "reason": str,
    },
)

EventWire = TypedDict(
    "EventWire",
    {
        "type": str,
        "at": NotRequired[str],
        "at_ms": NotRequired[int],
        "on": NotRequired[bool],
        "participant": NotRequired[ParticipantWire],
        "title": NotRequired[str],
        "language": NotRequired[str],
        "changed": NotRequired[list[str]],
        "granted": NotRequired[list[str]],
        "participant_id": NotRequired[str],
        "session_id": NotRequired[str],
        "from": NotRequired[int],
        "to": NotRequired[int],
        "reason": NotRequired[str],
        "start_ms": NotRequired[int | None],
        "end_ms": NotRequired[int | None],
        "segment_id": NotRequired[str | None],
        "what": NotRequired[str],
    },
)


class SegmentMessage(TypedDict):
    type: Literal["segment"]
    seq: int | None
    segment: SegmentWire


class EventMessage(TypedDict):
    type: Literal["event"]
    seq: int
    event: EventWire


WireMessage = SegmentMessage | EventMessage


RIGHTS_GROUP = "rights"  # what every node hears: somebody's right to something was taken away


def group_name(meeting_id: UUID) -> str:
    """Of the channel layer's group that hears of a meeting."""
    return f"meeting.{meeting_id.hex}"
