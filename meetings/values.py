"""What goes into and comes out of the services of audio sessions. Pure; positions are sample counts at 16 kHz."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from meetings.session_clock import ClockCorrection, SessionClock
from meetings.wire import WireMessage

SpanKind = Literal["speech", "nonspeech", "muted", "gap"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOwner:
    """The right to write to a session: it stands until a newer connection raises the generation."""

    session_id: UUID
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReader:
    """By what somebody reads a caption feed, so that it ends with that.

    `bearer_id`: the API token that the socket shows, which has to stay valid; `admitted_by_id`: the one that let a
    viewer in, which must not be revoked. `needs_standing`: the account reads by its standing in the meeting.
    `link_number`: which link of the meeting let them in, where nothing else did.
    """

    meeting_id: UUID
    user_id: int | None = None
    bearer_id: int | None = None
    admitted_by_id: int | None = None
    needs_standing: bool = False
    link_number: int | None = None

    @property
    def can_be_lost(self) -> bool:
        """Not so of a guest who hosts the meeting in their browser session: nobody can take that from them."""
        by = (self.bearer_id, self.admitted_by_id, self.link_number)
        return self.needs_standing or any(each is not None for each in by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeemed:
    """Whom a ticket lets in. `session_id` is None for viewers, who have a `feed` instead."""

    participant_id: UUID
    meeting_id: UUID
    session_id: UUID | None
    role: str
    display_name: str
    feed: FeedReader | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCounters:
    """The stored ledger at one instant: settled = speech + nonspeech + muted + gap; the rest is in flight."""

    received: int = 0
    settled: int = 0
    speech: int = 0
    nonspeech: int = 0
    muted: int = 0
    gap: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageSpan:
    """What is spoken from position `start` on, up to the next one's start."""

    start: int
    language: str


def language_at(spans: Sequence[LanguageSpan], position: int) -> str:
    """`spans` are not empty and stand in the order of their starts; before the first of them, it is the first."""
    begun = [span.language for span in spans if span.start <= position]
    return begun[-1] if begun else spans[0].language


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingSwitch:
    """Whether a session may be recorded from position `start` on, up to the next one's start."""

    start: int
    is_on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedChunk:
    """Samples [start, end) that lie in a durable file; or that should, and `missing` says why they do not."""

    start: int
    end: int
    file: str = ""
    sha256: str = ""
    missing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechContext:
    """The end of what was said last, samples [start, end), and the recognizer's tokens of it.

    What is said next is understood by it. A replay needs these samples again, although they are settled.
    """

    start: int
    end: int
    language: str
    tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLevels:
    """How loud a session was from its level `first` on; see `meetings.levels`.

    `zero_ms` is the meeting time of position 0 as its clock stood there.
    """

    session_id: UUID
    zero_ms: int
    first: int
    levels: bytes


def resume_from(settled: int, context: SpeechContext | None) -> int:
    """Where a client has to send from: from the settled position on, and before it the context of what follows."""
    return settled if context is None else min(settled, context.start)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedSession:
    """What a `hello` gets. `resumed`: the session had been opened before. An ended one has no owner any more.

    `language` is what is spoken from here on; `languages` says what was spoken before, where that differed.
    `vocabulary` are words that may be said. `begun_at` is the first hello of all; `counters` were read under the
    generation that is now the caller's. `levels` are those of everybody in the meeting, around what is sent again.
    """

    owner: SessionOwner
    meeting_id: UUID
    meeting_started_at: datetime
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
    begun_at: datetime | None = None
    counters: SessionCounters = SessionCounters()
    languages: tuple[LanguageSpan, ...] = ()
    vocabulary: tuple[str, ...] = ()
    context: SpeechContext | None = None
    recording: tuple[RecordingSwitch, ...] = ()
    corrections: tuple[ClockCorrection, ...] = ()
    levels: tuple[StoredLevels, ...] = ()

    @property
    def resume_from(self) -> int:
        return resume_from(self.settled, self.context)

    @property
    def clock(self) -> SessionClock | None:
        """None before the first frame."""
        return None if self.origin_ms is None else SessionClock(origin_ms=self.origin_ms, corrections=self.corrections)


@dataclass(frozen=True, slots=True, kw_only=True)
class WordTiming:
    """One word, between positions of the session; `confidence` is 0 to 1."""

    text: str
    start: int
    end: int
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalSegment:
    """What an utterance between two positions was heard as; `confidence` is 0 to 1.

    `is_bleed`: it is another participant's voice in this one's microphone. It is stored as retracted, and may have no
    text.
    """

    segment_id: UUID
    rev: int
    start: int
    end: int
    text: str
    language: str
    confidence: float
    engine: str
    words: tuple[WordTiming, ...] = ()
    is_bleed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What the samples from the previous span's end (or `settled_from`) up to `end` became.

    Speech has a segment, a gap has a reason, and nothing else has either. `context` is that of what follows. The last
    span of a commit names all that was `recorded` of it. `levels` are those of the 20 ms that end in the span (see
    `meetings.levels`); empty where nobody asked for them.
    """

    kind: SpanKind
    end: int
    segment: FinalSegment | None = None
    reason: str = ""
    context: SpeechContext | None = None
    recorded: tuple[RecordedChunk, ...] = ()
    levels: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """`was_already`: an earlier answer was lost; `messages` are those that were stored then.

    `counters` were read in the transaction that moved them.
    """

    settled: int
    messages: tuple[WireMessage, ...]
    was_already: bool
    counters: SessionCounters = SessionCounters()


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedSession:
    """The ledger of a session, in samples, and the head of its meeting's log."""

    received: int
    speech: int
    nonspeech: int
    muted: int
    gap: int
    segments: int
    last_seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeState:
    """How a node fares. Counts are of the time since the last one; waits are from heard to decoded, if any was."""

    is_recognizing: bool
    sessions: int
    sockets: int
    load_level: int
    finals: int
    final_wait_p50_ms: int | None
    final_wait_p95_ms: int | None
    failures: int
    refused: int
