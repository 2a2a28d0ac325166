"""What happens in a meeting, as a client is told: typed, with the message itself for what has no type here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Message = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Also what this library knows no type of: see `message`."""

    message: Message = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption(Event):
    """A line of the transcript as it stands now. It replaces what was known of this id, if its `rev` is higher."""

    id: str
    rev: int
    state: Literal["partial", "final", "corrected", "redacted", "retracted"]
    participant_id: str
    speaker: str
    text: str
    start_ms: int
    end_ms: int

    @property
    def is_final(self) -> bool:
        return self.state == "final"


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined(Event):
    participant_id: str
    display_name: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Left(Event):
    participant_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaking(Event):
    """Somebody begins to speak, or has stopped, at meeting time `at_ms`."""

    participant_id: str
    is_speaking: bool
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BargeIn(Event):
    """A person talks over this agent, which is silent from now on; `heard_ms` is what was heard of `chunk_id`."""

    participant_id: str
    chunk_id: str | None
    heard_ms: int
    position: int
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkOver(Event):
    """Also given by awaiting what `say` returned."""

    chunk_id: str
    state: Literal["done", "interrupted", "cleared"]
    heard_ms: int
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned(Event):
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingEnded(Event):
    """The host ended it. What was said is still delivered; `Ended` follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended(Event):
    """The last event. Counters are samples: received = speech + nonspeech + muted + gap."""

    received: int
    speech: int
    nonspeech: int
    muted: int
    gap: int


def event_parse(message: Message) -> Event:
    """Never fails: what is not as documented is an Event without a type."""
    try:
        reader = _READERS.get(str(message.get("type")))
        return Event(message=message) if reader is None else reader(message)
    except (KeyError, TypeError):
        return Event(message=message)


def _caption(message: Message) -> Event:
    segment = message["segment"]
    names = ("id", "rev", "state", "participant_id", "speaker", "text", "start_ms", "end_ms")
    return Caption(message=message, **{name: segment[name] for name in names})


def _durable(message: Message) -> Event:
    event = message["event"]
    match event["type"]:
        case "participant.joined":
            who = event["participant"]
            return Joined(message=message, participant_id=who["id"], display_name=who["display_name"], role=who["role"])
        case "participant.left":
            return Left(message=message, participant_id=event["participant"]["id"])
    return Event(message=message)


def _speaking(message: Message) -> Event:
    is_speaking = message["state"] == "start"
    who, at_ms = message["participant_id"], message["at_ms"]
    return Speaking(message=message, participant_id=who, is_speaking=is_speaking, at_ms=at_ms)


def _barge_in(message: Message) -> Event:
    names = ("participant_id", "heard_ms", "position", "at_ms")
    return BargeIn(message=message, chunk_id=message["id"], **{name: message[name] for name in names})


def _said(message: Message) -> Event:
    names = ("state", "heard_ms", "position")
    return ChunkOver(message=message, chunk_id=message["id"], **{name: message[name] for name in names})


def _draining(message: Message) -> Event:
    is_meeting = message["reason"] == "meeting_ended"
    return MeetingEnded(message=message) if is_meeting else Event(message=message)


def _ended(message: Message) -> Event:
    names = ("received", "speech", "nonspeech", "muted", "gap")
    return Ended(message=message, **{name: message[name] for name in names})


_READERS: Mapping[str, Callable[[Message], Event]] = {
    "segment": _caption,
    "event": _durable,
    "speech": _speaking,
    "barge_in": _barge_in,
    "said": _said,
    "warning": lambda message: Warned(message=message, code=message["code"]),
    "draining": _draining,
    "ended": _ended,
}
