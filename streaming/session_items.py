"""What reaches a session's pipeline, in the order in which the socket brought it."""

from dataclasses import dataclass
from datetime import datetime

from streaming.protocol.frames import AudioFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    frame: AudioFrame
    arrived_at: datetime
    arrived_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    is_on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """Why the next frame says that samples were lost."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Speak:
    """Another language, for what begins at `position` or later. None: whatever has been stored elsewhere meanwhile."""

    language: str | None = None
    position: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Whether this session may be recorded has changed; if it may, then what was captured from `position` on."""

    position: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finalize:
    cid: str | int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    position: int


@dataclass(frozen=True, slots=True)
class Abandon:
    """Nobody came back within the resume window: close what was received, and say that the participant is gone."""


Item = Frame | Mute | Lost | Speak | Record | Finalize | End | Abandon
