"""Fan one meeting's messages out to the sockets of this process: events in `seq` order, partials as they come."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from uuid import UUID

from meetings.wire import group_name
from streaming.feeds import LogReader, Subscription, Wants
from streaming.layer_groups import LAYER_TIMEOUT_S, ChannelLayer, group_listen
from streaming.protocol.text import encode
from streaming.tasks import TaskScope

logger = logging.getLogger(__name__)

LOOK_AT_LOG_S = 1.0
MOST_WAITING_HINTS = 2_000

Message = Mapping[str, Any]  # as on the wire: built by meetings.messages and streaming.protocol, only passed on here


class Log(LogReader, Protocol):
    """The durable event log, as `Store` reads it."""

    async def meetings_last_seq(self, meeting_ids: list[UUID]) -> dict[UUID, int]: ...


OnSuperseded = Callable[[UUID, int], None]
OnFlush = Callable[[UUID], None]
OnEvent = Callable[[UUID, Message], None]


class MeetingHub:
    """One group subscription of this process for one meeting, and its local subscribers."""

    def __init__(
        self,
        meeting_id: UUID,
        *,
        log: Log,
        layer: ChannelLayer,
        on_superseded: OnSuperseded,
        on_event: OnEvent,
        on_flush: OnFlush,
    ) -> None:
        self.meeting_id = meeting_id
        self._log = log
        self._layer = layer
        self._on_superseded = on_superseded
        self._on_event = on_event
        self._on_flush = on_flush
        self.head_seq: int | None = None  # None until the log was asked where it stands
        self._catching_up = asyncio.Lock()
        self._partials: dict[str, Message] = {}
        self.subscriptions: set[Subscription] = set()

    def subscribe(self, *, after_seq: int, wants: Wants, on_meeting_ended: Callable[[], None]) -> Subscription:
        """A feed from `after_seq` on. It buffers from now, so nothing falls between the log and what comes live."""
        subscription = Subscription(
            meeting_id=self.meeting_id,
            log=self._log,
            after_seq=after_seq,
            wants=wants,
            open_partials=self.partials,
            on_meeting_ended=on_meeting_ended,
        )
        self.subscriptions.add(subscription)
        return subscription

    def partials(self) -> list[Message]:
        """The latest revision of each segment that is still open, as far as this process has heard."""
        return list(self._partials.values())

    async def run(self) -> None:
        """Listen until cancelled. While the layer is away the log, looked at every second, stays the truth."""
        await group_listen(self._layer, group_name(self.meeting_id), self._take)

    async def notice(self, last_seq: int) -> None:
        """The log has grown to `last_seq`; whatever was not heard of by then is read from it."""
        async with self._catching_up:
            while self.head_seq is not None and self.head_seq < last_seq:
                page = await self._log.events_after(self.meeting_id, after_seq=self.head_seq, limit=500)
                for message in page.messages:
                    self._fan_out_event(message["seq"], message)
                if not page.has_more:
                    break

    def start_at(self, seq: int) -> None:
        """Events up to `seq` are left to the subscriptions, which read them from the log.

        Of two that asked at once the first answer counts: a later one would jump over what was not fanned out yet.
        """
        if self.head_seq is None:
            self.head_seq = seq

    async def _take(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "meeting.event" if self.head_seq is not None and message["seq"] == self.head_seq + 1:
                self._fan_out_event(message["seq"], message["message"])
            case "meeting.event":
                await self.notice(message["seq"])
            case "meeting.ephemeral":
                self._fan_out_ephemeral(message["key"], message["message"])
            case "meeting.superseded":
                self._on_superseded(UUID(message["session_id"]), message["generation"])
            case "meeting.flush":
                self._on_flush(UUID(message["session_id"]))

    def _fan_out_event(self, seq: int, message: Message) -> None:
        if self.head_seq is None or seq <= self.head_seq:
            return
        self.head_seq = seq
        self._remember(message)
        text = encode(message)
        for subscription in self.subscriptions:
            subscription.offer_event(seq, message, text)
        if message["type"] == "event":
            self._on_event(self.meeting_id, message["event"])

    def _fan_out_ephemeral(self, key: str, message: Message) -> None:
        self._remember(message)
        text = encode(message)
        for subscription in self.subscriptions:
            subscription.offer_ephemeral(key, message, text)

    def _remember(self, message: Message) -> None:
        match message:
            case {"type": "segment", "segment": {"state": "partial", "id": segment_id}}:
                self._partials[segment_id] = message
            case {"type": "segment", "segment": {"id": segment_id}}:
                self._partials.pop(segment_id, None)
            case {"type": "partials_reset", "participant_id": speaker} | {
                "type": "event",
                "event": {"type": "participant.left", "participant": {"id": speaker}},
            }:
                kept = self._partials.items()
                self._partials = {k: m for k, m in kept if m["segment"]["participant_id"] != speaker}


class Broadcast:
    """The hubs of this process, one for each meeting that has a socket here."""

    def __init__(
        self,
        *,
        log: Log,
        layer: ChannelLayer,
        on_superseded: OnSuperseded,
        on_event: OnEvent = lambda meeting_id, event: None,
        on_flush: OnFlush = lambda session_id: None,
    ) -> None:
        """`on_event` hears of each durable event that is no segment, in the order of `seq`."""
        self._log = log
        self._layer = layer
        self._on_superseded = on_superseded
        self._on_event = on_event
        self._on_flush = on_flush
        self._hubs: dict[UUID, tuple[MeetingHub, asyncio.Task[None]]] = {}
        self._scope = TaskScope("broadcast")
        self._outgoing: deque[tuple[UUID, dict[str, Any]]] = deque(maxlen=MOST_WAITING_HINTS)
        self._has_outgoing = asyncio.Event()

    def start(self) -> None:
        self._scope.spawn(self._send(), name="send")
        self._scope.spawn(self._look_at_log(), name="look-at-log")

    async def close(self) -> None:
        await self._scope.close()

    async def subscribe(
        self, meeting_id: UUID, *, after_seq: int, wants: Wants, on_meeting_ended: Callable[[], None]
    ) -> Subscription:
        known = self._hubs.get(meeting_id)
        if known is None:
            hub = MeetingHub(
                meeting_id,
                log=self._log,
                layer=self._layer,
                on_superseded=self._on_superseded,
                on_event=self._on_event,
                on_flush=self._on_flush,
            )
            known = self._hubs[meeting_id] = (hub, self._scope.spawn(hub.run(), name="hub"))
        hub = known[0]
        subscription = hub.subscribe(after_seq=after_seq, wants=wants, on_meeting_ended=on_meeting_ended)
        try:
            if hub.head_seq is None:
                hub.start_at((await self._log.meetings_last_seq([meeting_id])).get(meeting_id, 0))
        except BaseException:
            self.unsubscribe(subscription)
            raise
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        known = self._hubs.get(subscription.meeting_id)
        if known is None:
            return
        hub, task = known
        hub.subscriptions.discard(subscription)
        if not hub.subscriptions:
            del self._hubs[subscription.meeting_id]
            task.cancel()

    def has_passed(self, meeting_id: UUID, seq: int) -> bool:
        """Whether events behind `seq` were told here already, or left to the readers of the log."""
        known = self._hubs.get(meeting_id)
        return known is not None and (known[0].head_seq or 0) > seq

    def publish(self, meeting_id: UUID, key: str, message: Message) -> None:
        """Send something that may be lost. Of messages with the same key a slow reader gets the latest."""
        self._queue(meeting_id, {"type": "meeting.ephemeral", "key": key, "message": message})

    def publish_superseded(self, meeting_id: UUID, session_id: UUID, generation: int) -> None:
        """Tell every process that a session has a newer connection; older ones end by it, or by their next commit."""
        message = {"type": "meeting.superseded", "session_id": str(session_id), "generation": generation}
        self._queue(meeting_id, message)

    def publish_flush(self, meeting_id: UUID, session_id: UUID) -> None:
        """Ask whichever process has a session to commit what it has of it."""
        self._queue(meeting_id, {"type": "meeting.flush", "session_id": str(session_id)})

    def _queue(self, meeting_id: UUID, message: dict[str, Any]) -> None:
        self._outgoing.append((meeting_id, message))  # full: the oldest hint goes
        self._has_outgoing.set()

    async def _send(self) -> None:
        while True:
            await self._has_outgoing.wait()
            if not self._outgoing:
                self._has_outgoing.clear()
                continue
            meeting_id, message = self._outgoing.popleft()
            try:
                async with asyncio.timeout(LAYER_TIMEOUT_S):
                    await self._layer.group_send(group_name(meeting_id), message)
            except Exception:
                logger.warning("the channel layer could not be written", exc_info=True)

    async def _look_at_log(self) -> None:
        while True:
            await asyncio.sleep(LOOK_AT_LOG_S)
            try:
                last_seqs = await self._log.meetings_last_seq(list(self._hubs))
                for meeting_id, last_seq in last_seqs.items():
                    if (known := self._hubs.get(meeting_id)) is not None:
                        await known[0].notice(last_seq)
            except Exception:
                logger.warning("the event log could not be read", exc_info=True)
