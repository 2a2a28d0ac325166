"""Requests that follow a meeting: so many and no more, kept alive in silence, told of the node, and let go."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from uuid import UUID, uuid4

import pytest
from channels.layers import InMemoryChannelLayer

from meetings.api.live_feeds import live_feeds, live_feeds_set
from meetings.api.problems import ProblemError
from meetings.values import FeedReader
from streaming import http_feeds
from streaming.broadcast import Broadcast
from streaming.conditions import Conditions
from streaming.errors import StoreUnavailable
from streaming.feed_rights import FeedRights
from streaming.feeds import MOST_WAITING_EVENTS
from streaming.http_feeds import HttpFeeds
from tests.unit.test_feed_rights import Rights
from tests.unit.test_feeds import MemoryLog, Page, event, partial

READER = FeedReader(meeting_id=uuid4(), user_id=1, needs_standing=True)


class BrokenLog(MemoryLog):
    """The database is away, or does something that nobody thought of."""

    def __init__(self, error: Exception, *, where: str) -> None:
        super().__init__()
        self._error, self._where = error, where

    async def events_after(self, meeting_id: UUID, *, after_seq: int, limit: int) -> Page:
        if self._where == "events_after":
            raise self._error
        return await super().events_after(meeting_id, after_seq=after_seq, limit=limit)

    async def meetings_last_seq(self, meeting_ids: Sequence[UUID]) -> dict[UUID, int]:
        if self._where == "meetings_last_seq":
            raise self._error
        return await super().meetings_last_seq(meeting_ids)


class Node:
    """What `HttpFeeds` has of a node."""

    def __init__(self, log: MemoryLog | None = None) -> None:
        layer = InMemoryChannelLayer()
        self.log, self.rights = log or MemoryLog(), Rights()
        self.broadcast = Broadcast(log=self.log, layer=layer, on_superseded=lambda session_id, generation: None)
        self.conditions = Conditions()
        self.feed_rights = FeedRights(store=self.rights, layer=layer)
        self.feeds = HttpFeeds(broadcast=self.broadcast, rights=self.feed_rights, conditions=self.conditions)

    def follow(self, *, has_partials: bool = True) -> AsyncGenerator[str | None]:
        return self.feeds.follow(READER, after_seq=0, has_partials=has_partials)

    def say(self, *messages: dict[str, object]) -> None:
        """To everybody who follows, as the broadcast does."""
        for hub, _ in self.broadcast._hubs.values():
            for message in messages:
                if (seq := message["seq"]) is None:
                    hub._fan_out_ephemeral("key", message)
                else:
                    hub._fan_out_event(int(str(seq)), message)

    @property
    def is_left(self) -> bool:
        return not self.broadcast._hubs and not self.conditions.n_sockets and not self.feed_rights._watched


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    node = Node()
    yield node
    live_feeds_set(None)
    await node.broadcast.close()


async def kinds(messages: AsyncGenerator[str | None], n: int) -> list[str | None]:
    found = [await anext(messages) for _ in range(n)]
    return [None if text is None else json.loads(text)["type"] for text in found]


async def test_it_is_the_sockets_feed_and_silence_is_told_from_time_to_time(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_feeds, "BEAT_S", 0.01)
    node.log.messages = [event(1)]
    async with aclosing(node.follow()) as messages:
        assert await kinds(messages, 4) == ["event", "snapshot", "live", None]
        node.say(partial("a", 1), event(2))
        assert [kind for kind in await kinds(messages, 3) if kind] == ["event", "segment"]
    assert node.is_left


async def test_partials_come_only_where_they_are_wished_for(node: Node) -> None:
    async with aclosing(node.follow(has_partials=False)) as messages:
        assert await kinds(messages, 2) == ["snapshot", "live"]
        node.say(partial("a", 1), event(1))
        assert await kinds(messages, 1) == ["event"]


async def test_what_the_node_tells_its_sockets_is_told_but_no_pause(node: Node) -> None:
    async with aclosing(node.follow()) as messages:
        await kinds(messages, 2)
        node.conditions.recognizing(False)
        node.conditions.recognizing(True)
        told = [await anext(messages), await anext(messages)]
        assert [None if text is None else json.loads(text) for text in told] == [
            {"type": "warning", "code": "recognition_unavailable"},
            {"type": "flow", "state": "ok", "reason": ""},
        ]


@pytest.mark.parametrize("why", ["right", "node", "reader"])
async def test_it_ends(node: Node, why: str) -> None:
    async with aclosing(node.follow()) as messages:
        await kinds(messages, 2)
        match why:
            case "right":
                node.rights.lost = {READER}
                await node.feed_rights.look()
            case "node":
                node.conditions.goaway(reason="deploy", deadline_ms=10_000)
            case "reader":  # who took nothing for so long that more would not fit
                node.say(*(event(seq) for seq in range(1, MOST_WAITING_EVENTS + 100)))
        assert len([text async for text in messages]) <= http_feeds.MOST_WAITING
    assert node.is_left


@pytest.mark.parametrize(
    ("error", "where"),
    [
        (StoreUnavailable(), "meetings_last_seq"),
        (StoreUnavailable(), "events_after"),
        (RuntimeError("nobody thought of it"), "events_after"),
    ],
)
async def test_what_cannot_be_read_any_more_ends_and_does_not_stay_silent(error: Exception, where: str) -> None:
    node = Node(BrokenLog(error, where=where))
    try:
        async with asyncio.timeout(1), aclosing(node.follow()) as messages:
            assert [text async for text in messages] == []
        assert node.is_left
    finally:
        await node.broadcast.close()


async def test_one_too_many_is_refused_until_somebody_goes(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_feeds, "MOST_FOLLOWERS", 1)
    with pytest.raises(ProblemError) as nowhere:
        live_feeds()
    live_feeds_set(node.feeds)
    async with aclosing(live_feeds().follow(READER, after_seq=0, has_partials=True)) as messages:
        await kinds(messages, 1)
        with pytest.raises(ProblemError) as refused:
            live_feeds()
        async with asyncio.timeout(1), aclosing(node.follow()) as late:
            assert [text async for text in late] == [], "asked while there was room"
    assert live_feeds() is node.feeds
    assert (nowhere.value.problem.code, refused.value.problem.code) == ("unavailable", "too_many_waiters")
    assert refused.value.problem.status == 503
