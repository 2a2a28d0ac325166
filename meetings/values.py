"""Values that cross between the stored half and the live half. Pure: no ORM, so both halves may import them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

WireMessage = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOwner:
    """The right to commit: it lasts until a newer connection raises the session's generation."""

    session_id: UUID
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeemed:
    """Who a ticket was for. `session_id` is None for viewers."""

    participant_id: UUID
    meeting_id: UUID
    session_id: UUID | None
    role: str
    display_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedSession:
    """Where a session stands as a connection begins. Positions are samples at 16 kHz."""

    owner: SessionOwner
    meeting_id: UUID
    participant_id: UUID
    display_name: str
    role: str
    resumed: bool
    settled: int
    received: int
    origin_ms: int | None
    consent: tuple[str, ...]
    language: str
    last_seq: int
    is_ended: bool
    resume_token: str
    is_meeting_ended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WordTiming:
    """A word of a segment: start and end in seconds from the segment's start, confidence from 0 to 1."""

    w: str
    s: float
    e: float
    c: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalSegment:
    """The text of an utterance [start, end), in positions."""

    segment_id: UUID
    rev: int
    start: int
    end: int
    text: str
    language: str
    confidence: float
    words: tuple[WordTiming, ...]
    engine: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What the samples from the previous span's end up to `end` became. `segment` for speech, `reason` for gaps."""

    kind: Literal["speech", "nonspeech", "muted", "gap"]
    end: int
    segment: FinalSegment | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """`messages` are those that the commit made durable, as on the wire, in `seq` order."""

    settled: int
    messages: tuple[WireMessage, ...]
    was_already: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedSession:
    """The ledger of an ended session, in samples."""

    received: int
    speech: int
    nonspeech: int
    muted: int
    gap: int
    segments: int
    last_seq: int
