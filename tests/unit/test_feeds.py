"""A reader gets every event once and in order, whatever of the hints is lost, doubled or late."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest
from channels.layers import InMemoryChannelLayer
from hypothesis import given
from hypothesis import strategies as st

from meetings.wire import group_name
from streaming.broadcast import Broadcast
from streaming.errors import SlowConsumer
from streaming.feeds import MOST_WAITING_EVENTS, Subscription, Wants
from streaming.protocol.text import encode

MEETING = uuid4()


def event(seq: int, kind: str = "participant.joined") -> dict[str, Any]:
    return {"type": "event", "seq": seq, "event": {"type": kind}}


def partial(segment_id: str, rev: int, speaker: str = "ada") -> dict[str, Any]:
    segment = {"id": segment_id, "rev": rev, "state": "partial", "participant_id": speaker, "text": f"text {rev}"}
    return {"type": "segment", "seq": None, "segment": segment}


def final(seq: int, segment_id: str) -> dict[str, Any]:
    segment = {"id": segment_id, "rev": 99, "state": "final", "participant_id": "ada"}
    return {"type": "segment", "seq": seq, "segment": segment}


@dataclass(frozen=True, slots=True)
class Page:
    messages: Sequence[Mapping[str, Any]]
    has_more: bool


@dataclass(slots=True)
class MemoryLog:
    """The durable log, in pages of two."""

    messages: list[dict[str, Any]] = field(default_factory=list)

    async def events_after(self, meeting_id: UUID, *, after_seq: int, limit: int) -> Page:
        await asyncio.sleep(0)
        rest = [message for message in self.messages if message["seq"] > after_seq]
        return Page(rest[:2], len(rest) > 2)

    async def participants_present(self, meeting_id: UUID) -> list[Mapping[str, Any]]:
        return []

    async def meetings_last_seq(self, meeting_ids: Sequence[UUID]) -> dict[UUID, int]:
        return dict.fromkeys(meeting_ids, len(self.messages))


def subscription(log: MemoryLog, *, after_seq: int = 0, wants: Wants | None = None) -> Subscription:
    return Subscription(
        meeting_id=MEETING,
        log=log,
        after_seq=after_seq,
        wants=wants or Wants(),
        open_partials=list,
        on_meeting_ended=lambda: None,
    )


def offer(feed: Subscription, message: dict[str, Any]) -> None:
    if message["seq"] is None:
        feed.offer_ephemeral(message["segment"]["id"], message, encode(message))
    else:
        feed.offer_event(message["seq"], message, encode(message))


async def read(feed: Subscription, n: int) -> list[dict[str, Any]]:
    got = []
    async with aclosing(feed.messages()) as texts:
        async for text in texts:
            got.append(json.loads(text))
            if len(got) == n:
                break
    return got


async def test_a_feed_is_the_log_then_a_snapshot_then_live() -> None:
    log = MemoryLog([event(seq) for seq in (1, 2, 3, 4, 5)])
    got = await read(subscription(log, after_seq=1), 6)
    assert [each["type"] for each in got] == ["event"] * 4 + ["snapshot", "live"]
    assert [each["seq"] for each in got[:4]] == [2, 3, 4, 5]
    assert got[-1]["seq"] == 5


@given(st.lists(st.integers(1, 12), max_size=40), st.integers(0, 12))
async def test_any_delivery_of_hints_gives_every_event_once_and_in_order(offered: list[int], after_seq: int) -> None:
    log = MemoryLog([event(seq) for seq in range(1, 13)])
    feed = subscription(log, after_seq=after_seq)
    for seq in [*offered, 12]:
        offer(feed, event(seq))
    got = await read(feed, 12 - after_seq + 2)
    assert [each["seq"] for each in got if each["type"] == "event"] == list(range(after_seq + 1, 13))


async def test_a_missed_event_is_read_from_the_log() -> None:
    log = MemoryLog()
    feed = subscription(log)
    log.messages = [event(1), event(2), event(3)]
    offer(feed, event(3))
    got = await read(feed, 5)
    assert [each["seq"] for each in got if each["type"] == "event"] == [1, 2, 3]


async def test_a_slow_reader_loses_partials_never_finals() -> None:
    log = MemoryLog()
    feed = subscription(log)
    for rev in range(1, 100):
        offer(feed, partial("s1", rev))
    offer(feed, partial("s2", 1))
    log.messages = [final(1, "s1")]
    offer(feed, log.messages[0])
    got = await read(feed, 4)
    segments = [(each["segment"]["id"], each["seq"]) for each in got if each["type"] == "segment"]
    assert segments == [("s1", 1), ("s2", None)]


async def test_a_reader_past_its_bound_is_told_so() -> None:
    log = MemoryLog()
    feed = subscription(log)
    for seq in range(1, MOST_WAITING_EVENTS + 2):
        offer(feed, event(seq))
    with pytest.raises(SlowConsumer):
        await read(feed, MOST_WAITING_EVENTS)


async def test_a_reader_gets_only_the_captions_it_wants() -> None:
    log = MemoryLog([final(1, "s1"), event(2), final(3, "s2")])
    log.messages[2]["segment"]["participant_id"] = "ben"
    feed = subscription(log, wants=Wants(participant_id="ben", captions="own", has_partials=False))
    offer(feed, partial("s3", 1, "ben"))
    got = await read(feed, 4)
    assert [each["seq"] for each in got if each["type"] in ("event", "segment")] == [2, 3]
    assert feed.cursor == 3


async def test_the_end_of_the_meeting_is_noticed_from_the_log_too() -> None:
    noticed: list[bool] = []
    feed = Subscription(
        meeting_id=MEETING,
        log=MemoryLog([event(1, "meeting.ended")]),
        after_seq=0,
        wants=Wants(),
        open_partials=list,
        on_meeting_ended=lambda: noticed.append(True),
    )
    await read(feed, 2)
    assert noticed == [True]


@asynccontextmanager
async def broadcasting(log: MemoryLog, layer: InMemoryChannelLayer) -> AsyncIterator[Broadcast]:
    broadcast = Broadcast(log=log, layer=layer, on_superseded=lambda *_: None)
    broadcast.start()
    try:
        yield broadcast
    finally:
        await broadcast.close()


async def subscribed(broadcast: Broadcast, after_seq: int = 0) -> Subscription:
    return await broadcast.subscribe(MEETING, after_seq=after_seq, wants=Wants(), on_meeting_ended=lambda: None)


async def joined(layer: InMemoryChannelLayer) -> None:
    """The meeting's hub joins its group in a task of its own."""
    async with asyncio.timeout(60):
        while not layer.groups.get(group_name(MEETING)):
            await asyncio.sleep(0)


async def test_a_partial_reaches_every_socket_of_the_meeting_and_the_snapshot_of_later_ones() -> None:
    layer = InMemoryChannelLayer()
    async with broadcasting(MemoryLog(), layer) as broadcast:
        first = await subscribed(broadcast)
        await joined(layer)
        broadcast.publish(MEETING, "s1", partial("s1", 1))
        got = await read(first, 3)
        late = await read(await subscribed(broadcast), 1)
    assert got[2]["segment"]["rev"] == 1
    assert [each["id"] for each in late[0]["segments"]] == ["s1"]


async def test_an_event_whose_hint_was_lost_is_found_in_the_log_within_the_next_look() -> None:
    log, layer = MemoryLog(), InMemoryChannelLayer()
    async with broadcasting(log, layer) as broadcast:
        feed = await subscribed(broadcast)
        log.messages.append(event(1))
        got = await read(feed, 3)
    assert {each["type"] for each in got} == {"event", "snapshot", "live"}


async def test_a_hint_with_a_hole_before_it_brings_what_is_missing() -> None:
    log, layer = MemoryLog(), InMemoryChannelLayer()
    async with broadcasting(log, layer) as broadcast:
        feed = await subscribed(broadcast)
        await joined(layer)
        log.messages += [event(1), event(2), event(3)]
        await layer.group_send(group_name(MEETING), {"type": "meeting.event", "seq": 3, "message": event(3)})
        got = await read(feed, 5)
    assert [each["seq"] for each in got if each["type"] == "event"] == [1, 2, 3]


async def test_whoever_has_a_session_is_asked_for_it_on_every_node() -> None:
    layer, session_id = InMemoryChannelLayer(), uuid4()
    asked: asyncio.Queue[UUID] = asyncio.Queue()
    other = Broadcast(
        log=MemoryLog(), layer=layer, on_superseded=lambda *_: None, on_flush=lambda which: asked.put_nowait(which)
    )
    other.start()
    async with broadcasting(MemoryLog(), layer) as broadcast:
        await subscribed(other)
        await joined(layer)
        broadcast.publish_flush(MEETING, session_id)
        async with asyncio.timeout(60):
            assert await asked.get() == session_id
    await other.close()
