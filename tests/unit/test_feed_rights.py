"""Feeds end when their readers may not read any more, and nobody else's does."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import pytest
from channels.layers import InMemoryChannelLayer

from meetings.values import FeedReader
from meetings.wire import RIGHTS_GROUP
from streaming import feed_rights
from streaming.errors import ForbiddenStream
from streaming.feed_rights import FeedRights

MEETING = uuid4()
NEVER_S = 1_000_000.0


@dataclass(slots=True)
class Rights:
    """What stands in the database: who has lost what."""

    lost: set[FeedReader] = field(default_factory=set)
    asked: list[set[FeedReader]] = field(default_factory=list)
    n_failures: int = 0

    async def feeds_lost(self, readers: Collection[FeedReader]) -> set[FeedReader]:
        self.asked.append(set(readers))
        if self.n_failures:
            self.n_failures -= 1
            raise ConnectionError
        return self.lost & set(readers)


@dataclass(slots=True, eq=False)
class Socket:
    closed_with: list[ForbiddenStream] = field(default_factory=list)

    def fail(self, error: ForbiddenStream) -> None:
        self.closed_with.append(error)


class NoLayer(InMemoryChannelLayer):
    async def new_channel(self, prefix: str = "specific.") -> str:
        raise ConnectionError


def reader(user_id: int) -> FeedReader:
    return FeedReader(meeting_id=MEETING, user_id=user_id, needs_standing=True)


@asynccontextmanager
async def started(rights: FeedRights) -> AsyncIterator[None]:
    rights.start()
    try:
        async with asyncio.timeout(60):
            yield
    finally:
        await rights.close()


async def until_closed(socket: Socket) -> None:
    while not socket.closed_with:
        await asyncio.sleep(0)


async def test_whoever_lost_the_right_is_closed_as_forbidden_once_and_nobody_else_is() -> None:
    store, ada, bob, tab = Rights(lost={reader(1)}), Socket(), Socket(), Socket()
    rights = FeedRights(store=store, layer=InMemoryChannelLayer())
    for socket, user_id in ((ada, 1), (bob, 2), (tab, 1)):
        rights.watch(socket, reader(user_id))
    await rights.look()
    await rights.look()
    assert [len(each.closed_with) for each in (ada, bob, tab)] == [1, 0, 1]
    assert ada.closed_with[0].close_code == 4403
    assert store.asked == [{reader(1), reader(2)}, {reader(2)}]


async def test_a_socket_that_has_gone_is_asked_for_no_more() -> None:
    store, ada = Rights(lost={reader(1)}), Socket()
    rights = FeedRights(store=store, layer=InMemoryChannelLayer())
    rights.watch(ada, reader(1))
    rights.forget(ada)
    rights.forget(ada)
    await rights.look()
    assert (ada.closed_with, store.asked) == ([], [])


async def test_guests_who_have_nothing_to_lose_cost_no_query() -> None:
    store, guest = Rights(), Socket()
    rights = FeedRights(store=store, layer=InMemoryChannelLayer())
    rights.watch(guest, FeedReader(meeting_id=MEETING))
    await rights.look()
    assert store.asked == []


@pytest.mark.parametrize(
    "can_be_lost",
    [
        FeedReader(meeting_id=MEETING, user_id=1, needs_standing=True),
        FeedReader(meeting_id=MEETING, user_id=1, bearer_id=1),
        FeedReader(meeting_id=MEETING, user_id=1, admitted_by_id=1),
    ],
    ids=["standing", "bearer", "admitted"],
)
async def test_everybody_else_is_looked_after(can_be_lost: FeedReader) -> None:
    store, socket = Rights(lost={can_be_lost}), Socket()
    rights = FeedRights(store=store, layer=InMemoryChannelLayer())
    rights.watch(socket, can_be_lost)
    await rights.look()
    assert len(socket.closed_with) == 1


async def test_a_hint_from_any_node_has_it_looked_at_without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_rights, "LOOK_EVERY_S", NEVER_S)
    layer, socket = InMemoryChannelLayer(), Socket()
    rights = FeedRights(store=Rights(lost={reader(1)}), layer=layer)
    rights.watch(socket, reader(1))
    async with started(rights):
        while not layer.groups.get(RIGHTS_GROUP):
            await asyncio.sleep(0)
        await layer.group_send(RIGHTS_GROUP, {"type": "rights.taken"})
        await until_closed(socket)
    assert not layer.groups.get(RIGHTS_GROUP), "who has gone is told no more"


async def test_without_hints_and_after_failures_it_is_looked_at_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_rights, "LOOK_EVERY_S", 0.0)
    monkeypatch.setattr(feed_rights, "LEAST_APART_S", 0.0)
    store, socket = Rights(lost={reader(1)}, n_failures=2), Socket()
    rights = FeedRights(store=store, layer=NoLayer())
    rights.watch(socket, reader(1))
    async with started(rights):
        await until_closed(socket)
    assert len(store.asked) >= 3
