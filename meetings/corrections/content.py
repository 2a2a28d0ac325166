"""What a line says, who says it and where: all that a revision keeps, apart from its number."""

from dataclasses import dataclass, replace
from uuid import UUID

from meetings.models import Segment, SegmentRevision
from meetings.wire import WordWire

FIELDS = (
    "state",
    "participant",
    "start",
    "end",
    "start_ms",
    "end_ms",
    "text",
    "words",
    "language",
    "confidence",
    "engine",
)
STANDING = (Segment.State.FINAL, Segment.State.CORRECTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    state: str
    participant_id: UUID
    start: int
    end: int
    start_ms: int
    end_ms: int
    text: str
    words: tuple[WordWire, ...]
    language: str
    confidence: float
    engine: str

    @property
    def is_standing(self) -> bool:
        return self.state in STANDING

    def says_the_same(self, other: "Content") -> bool:
        """For readers: that a person confirmed it makes no difference."""
        mine = (self.participant_id, self.start, self.end, self.text, self.is_standing)
        return mine == (other.participant_id, other.start, other.end, other.text, other.is_standing)

    def corrected(self) -> "Content":
        """As a person has it who chooses it."""
        return replace(self, state=Segment.State.CORRECTED.value) if self.is_standing else self


def content_of(segment: Segment) -> Content:
    return Content(
        state=segment.state,
        participant_id=segment.participant_id,
        start=segment.start,
        end=segment.end,
        start_ms=segment.start_ms,
        end_ms=segment.end_ms,
        text=segment.text,
        words=tuple(segment.words),
        language=segment.language,
        confidence=segment.confidence,
        engine=segment.engine,
    )


def content_of_revision(revision: SegmentRevision, segment: Segment) -> Content:
    """`segment` fills in what older versions did not store, for it never changed then."""

    def known(value: int | None, otherwise: int) -> int:
        return otherwise if value is None else value

    return Content(
        state=revision.state,
        participant_id=revision.participant_id or segment.participant_id,
        start=known(revision.start, segment.start),
        end=known(revision.end, segment.end),
        start_ms=known(revision.start_ms, segment.start_ms),
        end_ms=known(revision.end_ms, segment.end_ms),
        text=revision.text,
        words=tuple(revision.words),
        language=revision.language,
        confidence=revision.confidence,
        engine=revision.engine,
    )


def content_put(segment: Segment, content: Content) -> None:
    """Not saved."""
    segment.participant_id = content.participant_id
    segment.words = list(content.words)
    for name in FIELDS:
        if name not in ("participant", "words"):
            setattr(segment, name, getattr(content, name))
