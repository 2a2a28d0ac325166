"""Caption feeds of one node, while another node is asked and spoken to: Redis between them, PostgreSQL where it is."""

import asyncio
import shutil
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from channels_redis.pubsub import RedisPubSubChannelLayer

from meetings.values import FeedReader
from streaming import feed_rights
from streaming.errors import ForbiddenStream
from streaming.feed_rights import FeedRights
from streaming.recognizers.base import Float32
from tests.faults.postgres_server import postgres_running
from tests.integration.test_feed_rights_live import TAKEN, Person, Program, given, people_made, rest_of
from tests.nodes import NodeProcess, node_environment, node_running
from tests.sockets import WAIT_S, Api, Message, Peer, peer

pytestmark = pytest.mark.redis

NEVER_S = 1_000_000.0
MOST_TIMES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Feeds are read on `one`; all that happens is said and asked on `other`."""

    one: NodeProcess
    other: NodeProcess
    host: Program
    people: dict[str, Person]

    def feed_url(self, node: NodeProcess, meeting: Message) -> str:
        return f"{node.websocket_url}/ws/v1/meetings/{meeting['id']}/captions?after_seq=0"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, speech_cache: Any, redis_url: str) -> Iterator[Pair]:
    directory = tmp_path_factory.mktemp("pair")
    with ExitStack() as stack:
        database = f"sqlite:///{directory / 'both.sqlite3'}"
        if shutil.which("postgres"):
            database = stack.enter_context(postgres_running()).url
        shared = {
            "DATABASE_URL": database,
            "REDIS_URL": redis_url,
            "SECRET_KEY": "one key for both nodes, long enough to be taken for one",
            "RECOGNIZER_PROCESSES": "1",
        }
        one, other = (
            stack.enter_context(
                node_running(node_environment(data_dir=directory / name, models=speech_cache, **shared))
            )
            for name in ("one", "other")
        )
        host = rest_of(other, other.manage("api_token", "a-program").strip())
        people = people_made(other, [f"reader-{what}" for what in (*TAKEN, "hint")])
        yield Pair(one=one, other=other, host=host, people=people)


@pytest.mark.parametrize("what", TAKEN)
async def test_a_feed_ends_on_one_node_when_its_right_is_taken_on_the_other(pair: Pair, what: str) -> None:
    person = pair.people[f"reader-{what}"]
    meeting = pair.host.ask("POST", "meetings", title="Taken")
    take = given(pair.other, pair.host, meeting, person, what)
    guest = Api(pair.one.url).admit(meeting, "Guest", "viewer")
    headers = {"Authorization": f"Bearer {person.secret}"}
    async with (
        peer(pair.feed_url(pair.one, meeting), "", headers=headers) as feed,
        peer(guest["ws_url"], guest["ticket"]) as other,
    ):
        await feed.until("live")
        await other.until("live")
        await asyncio.to_thread(take)
        assert await feed.closed() == 4403
        await other.say(type="ping", t=1)
        await other.until("pong")


@dataclass(slots=True)
class Asked:
    """A node whose clock stands still: it looks when a hint comes, or not at all."""

    n_looks: int = 0

    async def feeds_lost(self, readers: Collection[FeedReader]) -> set[FeedReader]:
        self.n_looks += 1
        return set(readers)


@dataclass(slots=True, eq=False)
class Socket:
    error: ForbiddenStream | None = None

    def fail(self, error: ForbiddenStream) -> None:
        self.error = error


async def test_the_other_nodes_are_told_at_once(pair: Pair, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_rights, "LOOK_EVERY_S", NEVER_S)
    layer = RedisPubSubChannelLayer(hosts=[redis_url], prefix="colloquy")
    person, asked, socket = pair.people["reader-hint"], Asked(), Socket()
    meeting = pair.host.ask("POST", "meetings", title="Told")
    take = given(pair.other, pair.host, meeting, person, "role")
    rights = FeedRights(store=asked, layer=layer)
    rights.watch(socket, FeedReader(meeting_id=uuid4(), user_id=1, needs_standing=True))
    rights.start()
    try:
        async with asyncio.timeout(WAIT_S):
            while not layer.groups:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0)
            assert asked.n_looks == 0
            await asyncio.to_thread(take)
            while socket.error is None:
                await asyncio.sleep(0.01)
    finally:
        await rights.close()
        await layer.flush()
    assert (socket.error.code, asked.n_looks) == ("forbidden", 1)


async def test_what_is_said_and_redacted_on_one_node_reaches_the_feeds_of_both(pair: Pair, beckett: Float32) -> None:
    """Unfinished sentences, which only the channel layer carries, lines, and what becomes of them."""
    meeting = pair.host.ask("POST", "meetings", title="Said")
    voice = Api(pair.other.url).admit(meeting, "Ada")
    headers = {"Authorization": f"Bearer {pair.host.secret}"}
    async with (
        peer(pair.feed_url(pair.one, meeting), "", headers=headers) as far,
        peer(pair.feed_url(pair.other, meeting), "", headers=headers) as near,
        peer(voice["ws_url"], voice["ticket"]) as ada,
    ):
        await far.until("live")
        await near.until("live")
        await ada.hello()
        for _ in range(MOST_TIMES):  # a machine that is busy leaves unfinished sentences out
            await ada.stream(beckett, real_time_x=2)
            for feed in (far, near):
                await feed.until("segment", lambda each: each["seq"] is not None)
            if all(has_partials(feed) for feed in (far, near)):
                break
        assert (await ada.end())["gap"] == 0
        lines = [await line_left(feed) for feed in (far, near)]
        assert lines[0] == lines[1]
        assert "ever tried" in " ".join(lines[0].values()).lower()
        assert all(has_partials(feed) for feed in (far, near))
        for line in lines[0]:
            await asyncio.to_thread(pair.host.ask, "POST", f"segments/{line}/redact", whole=True)
        for feed in (far, near):
            await redacted(feed, {UUID(line) for line in lines[0]})
            assert feed.durable_seqs() == list(range(1, len(feed.durable_seqs()) + 1))
    for node in (pair.one, pair.other):
        async with peer(pair.feed_url(node, meeting), "", headers=headers) as again:
            await again.until("live")
            assert {each["segment"]["text"] for each in again.finals()} == {""}


def has_partials(feed: Peer) -> bool:
    return any(each["seq"] is None for each in feed.of("segment"))


async def line_left(feed: Peer) -> dict[str, str]:
    """The lines that a feed was told of until the speaker left, by their ids."""
    await feed.until("event", lambda each: each["event"]["type"] == "participant.left")
    return {each["segment"]["id"]: each["segment"]["text"] for each in feed.finals()}


async def redacted(feed: Peer, lines: set[UUID]) -> None:
    while lines:
        told = await feed.until("segment", lambda each: each["segment"]["state"] == "redacted")
        assert told["segment"]["text"] == ""
        lines.discard(UUID(told["segment"]["id"]))
