"""Bodies of the REST interface. Requests are strict in what they name and ignore what they do not know."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal, TypeVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from meetings.checks import display_name_checked, language_checked, line_checked, policies_checked, title_checked
from meetings.errors import Invalid
from meetings.limits import (
    DISPLAY_NAME_MAX_CHARS,
    TITLE_MAX_CHARS,
    VOCABULARY_MAX_TERMS,
    VOCABULARY_TERM_MAX_CHARS,
)

T = TypeVar("T")
SLUG = r"^[A-Za-z0-9_-]{1,50}$"


class Schema(BaseModel):
    # Not ninja's, which reads attributes: it takes the JSON text "title" for something with a method of that name.
    # And a validation error that reaches a log must not carry what was said or who said it.
    model_config = ConfigDict(hide_input_in_errors=True)


def _checked(check: Callable[[T], T]) -> AfterValidator:
    """The services' own check, made early so that the refusal can name the field."""

    def validate(value: T) -> T:
        try:
            return check(value)
        except Invalid as refusal:
            raise ValueError(refusal.detail) from None

    return AfterValidator(validate)


def _term(text: str) -> str:
    return line_checked(text, what="A term", max_chars=VOCABULARY_TERM_MAX_CHARS)


Title = Annotated[str, _checked(title_checked), Field(max_length=TITLE_MAX_CHARS)]
DisplayName = Annotated[str, _checked(display_name_checked), Field(max_length=DISPLAY_NAME_MAX_CHARS)]
OptionalName = Annotated[
    str, _checked(lambda name: name and display_name_checked(name)), Field(max_length=DISPLAY_NAME_MAX_CHARS)
]
Language = Annotated[
    str,
    _checked(language_checked),
    Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$", description="BCP 47 tag", examples=["en", "pt-BR"]),
]
SpokenLanguage = Annotated[
    str,
    _checked(lambda tag: tag and language_checked(tag)),
    Field(
        pattern=r"^([A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3})?$",
        description="BCP 47 tag; empty: the meeting's language",
        examples=["en", "pt-BR", ""],
    ),
]
Policies = Annotated[dict[str, JsonValue], _checked(policies_checked)]
Term = Annotated[str, _checked(_term), Field(max_length=VOCABULARY_TERM_MAX_CHARS)]
Vocabulary = Annotated[list[Term], Field(max_length=VOCABULARY_MAX_TERMS)]
State = Literal["scheduled", "live", "ended"]
Role = Literal["host", "speaker", "viewer", "agent", "phone"]


class MeetingIn(Schema):
    title: Title
    language: Language = "en"
    policies: Policies = Field(default_factory=dict, description="consent, recording and retention")
    vocabulary: Vocabulary = Field(default_factory=list, description="names and terms to expect")
    organisation: Annotated[str, Field(pattern=SLUG)] | None = Field(
        None, description="the short name of one that the caller belongs to: its members may read the meeting"
    )


class MeetingPatch(Schema):
    """What is left out stays."""

    title: Title | None = None
    language: Language | None = None
    policies: Policies | None = None
    vocabulary: Vocabulary | None = None


class HostOut(Schema):
    display_name: str


class MeetingOut(Schema):
    id: UUID
    code: str = Field(examples=["tamo-rivu-keso-bani"])
    title: str
    state: State
    language: str
    join_url: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    last_seq: int
    policies: dict[str, JsonValue]
    vocabulary: list[str]
    host: HostOut | None


class Page(Schema):
    next_cursor: str | None
    has_more: bool


class MeetingsPage(Page):
    data: list[MeetingOut]


class ParticipantIn(Schema):
    display_name: DisplayName
    role: Literal["host", "speaker", "viewer", "agent"] = "speaker"
    language: SpokenLanguage = ""


class ParticipantPatch(Schema):
    """What is left out stays."""

    display_name: DisplayName | None = None
    language: SpokenLanguage | None = None
    resume_token: str | None = Field(None, max_length=200, description="shows that it is oneself; hosts need none")


class LimitsOut(Schema):
    frame_ms: list[int] = Field(examples=[[20, 200]])
    max_frame_bytes: int
    unsettled_max_ms: int
    catchup_x: int


class TicketOut(Schema):
    ticket: str = Field(description="opens one socket once")
    ticket_expires_in: int = Field(description="seconds")
    ws_url: str


class AdmissionOut(TicketOut):
    participant_id: UUID
    session_id: UUID = Field(description="of the audio session; for viewers of their caption feed")
    resume_token: str = Field(description="gets the next ticket; valid for the life of the session")
    limits: LimitsOut


class TicketIn(Schema):
    resume_token: str | None = Field(None, max_length=200)


class ParticipantOut(Schema):
    id: UUID
    display_name: str
    role: Role
    language: str = Field(description="empty: the meeting's")
    joined_at: datetime | None
    left_at: datetime | None


class ParticipantsPage(Page):
    data: list[ParticipantOut]


class WordOut(Schema):
    w: str
    s: int = Field(description="start, ms of the meeting")
    e: int = Field(description="end, ms of the meeting")
    c: float | None = Field(default=None, description="confidence, 0 to 1")


class SegmentOut(Schema):
    id: UUID
    rev: int
    state: Literal["partial", "final", "corrected", "redacted", "retracted"]
    participant_id: UUID
    speaker: str
    start_ms: int
    end_ms: int
    text: str
    stable_chars: int
    language: str
    confidence: float
    words: list[WordOut]
    engine: str


class SegmentsPage(Page):
    data: list[SegmentOut]


class TranscriptParticipantOut(Schema):
    id: UUID
    display_name: str
    role: Role
    language: str = Field(description="empty: the meeting's")


class TranscriptGapOut(Schema):
    """Lost audio. Times are null when the session ended before its first frame."""

    model_config = ConfigDict(populate_by_name=True, hide_input_in_errors=True)
    session_id: UUID
    participant_id: UUID
    speaker: str
    start_ms: int | None
    end_ms: int | None
    from_: int = Field(alias="from", description="position of the first lost sample")
    to: int = Field(description="position after the last lost sample")
    reason: str


class TranscriptOut(Schema):
    meeting: MeetingOut
    as_of_seq: int
    participants: list[TranscriptParticipantOut]
    segments: list[SegmentOut]
    gaps: list[TranscriptGapOut]


class LogSegmentOut(SegmentOut):
    kept: bool = Field(
        default=True, description="only where it is false: its speaker agreed to its being seen live, and to no more"
    )


class SegmentMessageOut(Schema):
    type: Literal["segment"]
    seq: int
    segment: LogSegmentOut


class EventOut(Schema):
    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)
    type: str = Field(examples=["participant.joined"])


class EventMessageOut(Schema):
    type: Literal["event"]
    seq: int
    event: EventOut


class EventsOut(Schema):
    data: list[SegmentMessageOut | EventMessageOut] = Field(description="exactly as on the sockets")
    next_after_seq: int
    has_more: bool


class GapOut(Schema):
    model_config = ConfigDict(populate_by_name=True, hide_input_in_errors=True)
    from_: int = Field(alias="from")
    to: int
    reason: str


class LedgerGapOut(GapOut):
    repaired: bool = Field(description="made good from the recording: the transcript has what was said there")


class ClockCorrectionOut(Schema):
    """From this position on meeting time is that much later than origin_ms alone says, and never goes back."""

    model_config = ConfigDict(populate_by_name=True, hide_input_in_errors=True)
    from_: int = Field(alias="from")
    offset_ms: int


class SessionLedgerOut(Schema):
    """Sample counts at 16 kHz: received = speech + nonspeech + muted + gap + in_flight."""

    session_id: UUID
    participant_id: UUID
    display_name: str
    state: Literal["open", "detached", "ended", "abandoned"]
    origin_ms: int | None = Field(description="meeting time of position 0; null before the first frame")
    corrections: list[ClockCorrectionOut]
    received: int
    settled: int
    speech: int
    nonspeech: int
    muted: int
    gap: int
    in_flight: int
    gaps: list[LedgerGapOut]


class LedgerOut(Schema):
    sessions: list[SessionLedgerOut]
