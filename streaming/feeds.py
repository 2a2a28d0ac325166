"""One reader of one meeting: the log after N, a snapshot, `live`, then everything, with events in `seq` order."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol
from uuid import UUID

from streaming.errors import SlowConsumer
from streaming.protocol.feed_messages import live_message, snapshot_message
from streaming.protocol.text import encode
from streaming.wakeup import Wakeup

Message = Mapping[str, Any]

PAGE_EVENTS = 500
# A reader this far behind the meeting is not reading. It resumes from its last seq and gets all of it then.
MOST_WAITING_EVENTS = 2_000
MOST_WAITING_HINTS = 500


class EventsPage(Protocol):
    @property
    def messages(self) -> Sequence[Message]: ...
    @property
    def has_more(self) -> bool: ...


class LogReader(Protocol):
    async def events_after(self, meeting_id: UUID, *, after_seq: int, limit: int) -> EventsPage: ...
    async def participants_present(self, meeting_id: UUID) -> Sequence[Message]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wants:
    """What a reader asked for in `hello.want`. Events that are not segments always come: they keep `seq` whole."""

    participant_id: str = ""
    captions: Literal["all", "own", "none"] = "all"
    has_partials: bool = True

    def takes(self, message: Message) -> bool:
        if message["type"] != "segment":
            return True
        if message["seq"] is None and not self.has_partials:
            return False
        return self.captions == "all" or (
            self.captions == "own" and message["segment"]["participant_id"] == self.participant_id
        )


class Subscription:
    """What one socket has still to be sent.

    Hints (partials, speech) coalesce by key and may be lost; events may not. Should the queue of events overflow,
    the subscription stops taking any and `messages` ends with SlowConsumer, so memory is bounded.
    """

    def __init__(
        self,
        *,
        meeting_id: UUID,
        log: LogReader,
        after_seq: int,
        wants: Wants,
        open_partials: Callable[[], list[Message]],
        on_meeting_ended: Callable[[], None],
    ) -> None:
        self.meeting_id = meeting_id
        self.cursor = after_seq
        self._log = log
        self._wants = wants
        self._open_partials = open_partials
        self._on_meeting_ended = on_meeting_ended
        self._events: deque[tuple[int, Message, str]] = deque()
        self._hints: dict[str, str] = {}
        self._has_news = Wakeup()
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []  # for a seq to be handed to the socket
        self._is_overflown = False

    def offer_event(self, seq: int, message: Message, text: str) -> None:
        if len(self._events) >= MOST_WAITING_EVENTS:
            self._is_overflown = True
        else:
            self._events.append((seq, message, text))
        if message["type"] == "segment":
            self._hints.pop(message["segment"]["id"], None)
        self._has_news.set()

    def offer_ephemeral(self, key: str, message: Message, text: str) -> None:
        if self._wants.takes(message) and (key in self._hints or len(self._hints) < MOST_WAITING_HINTS):
            self._hints[key] = text
            self._has_news.set()

    async def messages(self) -> AsyncGenerator[str, None]:
        """Raises SlowConsumer."""
        async for text in self._read_log(until_seq=None):
            yield text
        yield await self._snapshot()
        yield encode(live_message(seq=self.cursor))
        while True:
            await self._has_news.wait()
            if self._is_overflown:
                raise SlowConsumer("the reader fell too far behind the meeting")
            if self._events:
                async for text in self._next_event(*self._events.popleft()):
                    yield text
            elif self._hints:
                yield self._hints.pop(next(iter(self._hints)))
            else:
                self._has_news.clear()

    async def wait_for(self, seq: int) -> None:
        """Return once everything up to `seq` was handed to the socket."""
        if self.cursor < seq:
            reached = asyncio.get_running_loop().create_future()
            self._waiting.append((seq, reached))
            await reached

    async def _next_event(self, seq: int, message: Message, text: str) -> AsyncGenerator[str, None]:
        if seq == self.cursor + 1:
            if self._wants.takes(message):
                yield text
            self._advance(seq, message)
        elif seq > self.cursor:
            async for missed in self._read_log(until_seq=seq):
                yield missed

    async def _read_log(self, *, until_seq: int | None) -> AsyncGenerator[str, None]:
        while until_seq is None or self.cursor < until_seq:
            page = await self._log.events_after(self.meeting_id, after_seq=self.cursor, limit=PAGE_EVENTS)
            for message in page.messages:
                if self._wants.takes(message):
                    yield encode(message)
                self._advance(message["seq"], message)
            if not page.has_more:
                return

    def _advance(self, seq: int, message: Message) -> None:
        if message["type"] == "event" and message["event"]["type"] == "meeting.ended":
            self._on_meeting_ended()
        self.cursor = seq
        for _, reached in [each for each in self._waiting if each[0] <= seq and not each[1].done()]:
            reached.set_result(None)
        self._waiting = [each for each in self._waiting if each[0] > seq and not each[1].done()]

    async def _snapshot(self) -> str:
        participants = await self._log.participants_present(self.meeting_id)
        partials = [m["segment"] for m in self._open_partials() if self._wants.takes(m)]
        return encode(snapshot_message(segments=partials, participants=participants))
