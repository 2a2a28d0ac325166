"""A meeting's messages for requests that follow it: what the caption socket sends, without a socket."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from meetings.values import FeedReader
from streaming.broadcast import Broadcast
from streaming.conditions import Conditions, FlowState
from streaming.errors import ForbiddenStream, SlowConsumer, Unavailable
from streaming.feed_rights import FeedRights
from streaming.feeds import Subscription, Wants
from streaming.protocol.server_messages import flow_message, warning_message
from streaming.protocol.text import encode
from streaming.tasks import TaskScope

BEAT_S = 10.0
MOST_WAITING = 64  # messages; what is behind them waits in the subscription, which has bounds of its own
MOST_FOLLOWERS = 300  # each message costs 0.1 ms of the process that carries the voices, for each of them


class _Follower:
    """One request, as the node and the rights of its reader know it: each call only queues."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[str] = asyncio.Queue(MOST_WAITING)
        self.is_over = False

    def flow(self, *, state: FlowState, reason: str) -> None:
        if state != "pause":  # nothing is sent here that could be paused: of that, the warning tells
            self._say(encode(flow_message(state=state, reason=reason)))

    def warning(self, *, code: str) -> None:
        self._say(encode(warning_message(code=code)))

    def goaway(self, *, reason: str, deadline_ms: int) -> None:
        self.end()

    def fail(self, error: ForbiddenStream) -> None:
        self.end()

    def end(self) -> None:
        self.is_over = True
        self._say("")  # wakes the reader; where there is no room for it, none waits

    async def read(self, subscription: Subscription) -> None:
        try:
            with suppress(SlowConsumer, Unavailable):  # it comes back and reads on from its last `seq`
                async with aclosing(subscription.messages()) as texts:
                    async for text in texts:
                        await self._waiting.put(text)
        finally:
            self.end()  # whatever happened: a follower that nothing feeds any more would look like a silent meeting

    async def messages(self) -> AsyncGenerator[str | None]:
        while not self.is_over:
            try:
                async with asyncio.timeout(BEAT_S):
                    text = await self._waiting.get()
            except TimeoutError:
                yield None
                continue
            if not self.is_over:
                yield text

    def _say(self, text: str) -> None:
        with suppress(asyncio.QueueFull):
            self._waiting.put_nowait(text)


class HttpFeeds:
    """`meetings.api.live_feeds.LiveFeeds` of this node."""

    def __init__(self, *, broadcast: Broadcast, rights: FeedRights, conditions: Conditions) -> None:
        self._broadcast = broadcast
        self._rights = rights
        self._conditions = conditions
        self._n_followers = 0

    @property
    def has_room(self) -> bool:
        return self._n_followers < MOST_FOLLOWERS

    async def follow(self, reader: FeedReader, *, after_seq: int, has_partials: bool) -> AsyncGenerator[str | None]:
        if not self.has_room:
            return  # many asked at once, and each found the last place
        follower, tasks = _Follower(), TaskScope("follower")
        self._n_followers += 1
        try:
            try:
                subscription = await self._broadcast.subscribe(
                    reader.meeting_id,
                    after_seq=after_seq,
                    wants=Wants(has_partials=has_partials),
                    on_meeting_ended=lambda: None,
                )
            except Unavailable:
                return  # the answer has begun, and can only end
            try:
                self._conditions.join(follower)
                self._rights.watch(follower, reader)
                tasks.spawn(follower.read(subscription), name="read")
                async with aclosing(follower.messages()) as messages:
                    async for message in messages:
                        yield message
            finally:
                self._rights.forget(follower)
                self._conditions.leave(follower)
                self._broadcast.unsubscribe(subscription)
                await tasks.close()
        finally:
            self._n_followers -= 1
