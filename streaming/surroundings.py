"""What an audio session works with: the services of its node, and the socket that it talks to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from meetings.values import EndedSession, SessionOwner
from streaming.captions import Publish
from streaming.clocks import Clock
from streaming.commits import CommitStore
from streaming.conversation import Conversation
from streaming.errors import StreamError
from streaming.recording_shelf import RecordingMeans
from streaming.scheduler import Scheduler
from streaming.session_times import OriginStore
from streaming.spoken import LanguageStore
from streaming.vad import SpeechDetector
from streaming.voice_link import VoiceLink

LinkMade = Callable[[UUID, Conversation], VoiceLink]


class SessionStore(CommitStore, LanguageStore, OriginStore, Protocol):
    async def session_leave(self, owner: SessionOwner, *, reason: str) -> None: ...
    async def session_end(self, owner: SessionOwner, *, reason: str) -> EndedSession: ...


class Sink(Protocol):
    """The socket side of a session; each call only queues. After a disconnect there is none."""

    def ack(self, *, received: int, settled: int, lag_ms: int) -> None: ...
    def finalized(self, *, cid: str | int | None, position: int, after_seq: int) -> None: ...
    def ended(self, counters: EndedSession) -> None: ...
    def warning(self, *, code: str) -> None: ...
    def fail(self, error: StreamError) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a node gives every session."""

    store: SessionStore
    scheduler: Scheduler
    publish: Publish
    clock: Clock
    detector: Callable[[], SpeechDetector]
    link: LinkMade | None = None  # where other nodes may have parts of a room
    update_every_x: Callable[[str], int] = lambda language: 1  # of the language that is spoken
    has_partials: bool = True
    recording: RecordingMeans | None = None  # None: nothing is recorded here
