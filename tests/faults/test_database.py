"""The database is locked or away in mid-meeting: nothing is shown that is not committed, and nothing is lost."""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest
from whisper_normalizer.english import EnglishTextNormalizer

from streaming.client.audio_files import audio_read
from streaming.recognizers.base import Float32
from tests.faults.postgres_server import PostgresServer, postgres_running
from tests.nodes import NodeProcess, node_environment, node_running
from tests.sockets import WAIT_S, Api, Peer, peer, silence

normalize = EnglishTextNormalizer()
WAITING = "the database does not answer; asked again"
N_RETRIES = 3


class Outage(Protocol):
    def begin(self) -> None: ...
    def end(self) -> None: ...


@dataclass(slots=True)
class SqliteLock:
    """Another connection writes, and is in no hurry."""

    connection: sqlite3.Connection

    def begin(self) -> None:
        self.connection.execute("BEGIN IMMEDIATE")

    def end(self) -> None:
        self.connection.execute("ROLLBACK")


@dataclass(slots=True)
class PostgresAway:
    server: PostgresServer

    def begin(self) -> None:
        self.server.stop()

    def end(self) -> None:
        self.server.start()


@dataclass(slots=True)
class Faulty:
    node: NodeProcess
    outage: Outage


@pytest.fixture
def on_sqlite(tmp_path: Path, speech_cache: Path) -> Iterator[Faulty]:
    path = tmp_path / "meetings.sqlite3"
    # As impatient as may be: each attempt to commit fails after a second instead of waiting for the lock.
    url = f"sqlite:///{path}?timeout=1"
    environment = node_environment(data_dir=tmp_path / "data", models=speech_cache, DATABASE_URL=url)
    with (
        node_running(environment) as node,
        closing(sqlite3.connect(path, isolation_level=None, timeout=WAIT_S, check_same_thread=False)) as connection,
    ):
        yield Faulty(node=node, outage=SqliteLock(connection))


@pytest.fixture
def on_postgres(tmp_path: Path, speech_cache: Path) -> Iterator[Faulty]:
    with postgres_running() as server:
        environment = node_environment(data_dir=tmp_path / "data", models=speech_cache, DATABASE_URL=server.url)
        with node_running(environment) as node:
            yield Faulty(node=node, outage=PostgresAway(server))


@pytest.fixture(params=["on_sqlite", "on_postgres"])
def faulty(request: pytest.FixtureRequest) -> Faulty:
    found: Faulty = request.getfixturevalue(request.param)
    return found


async def listen(one: Peer) -> None:
    async for text in one.socket:
        one.received.append(json.loads(text))


async def eventually(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not is_so():
            await asyncio.sleep(0.05)


def last_settled(one: Peer) -> int:
    return max((int(ack["settled"]) for ack in one.of("ack")), default=0)


async def at_rest(api: Api, code: str) -> int:
    """How much is settled in the database, once nothing is under way there any more."""
    settled = -1
    while True:
        (session,) = api.get(f"meetings/{code}/ledger").json()["sessions"]
        if settled == session["settled"]:
            return settled
        settled = session["settled"]
        await asyncio.sleep(1.5)


async def speak_through(faulty: Faulty, ada: Peer, vera: Peer, *, audio: Float32, code: str) -> int:
    """Half of the audio, then the other half while the database is out of reach. How many finals came before."""
    n_half, api = audio.size // 2, Api(faulty.node.url)
    await ada.stream(audio[:n_half], real_time_x=4.0)
    await ada.say(type="finalize", cid="half")
    await eventually(lambda: bool(ada.of("finalized")))
    n_settled = await at_rest(api, code)
    n_shown = len(api.get(f"meetings/{code}/transcript.json").json()["segments"])
    await eventually(lambda: len(ada.finals()) == len(vera.finals()) == n_shown)
    await asyncio.to_thread(faulty.outage.begin)
    try:
        await ada.stream(audio[n_half:], real_time_x=4.0)
        await eventually(lambda: faulty.node.log().count(WAITING) >= N_RETRIES)
        await eventually(lambda: any(ack["received"] == audio.size for ack in ada.of("ack")))
        assert len(ada.finals()) == len(vera.finals()) == n_shown > 0, "what is not committed was shown"
        assert last_settled(ada) <= n_settled < audio.size, "what is not committed was settled"
    finally:
        await asyncio.to_thread(faulty.outage.end)
    return n_shown


async def test_finals_wait_for_the_database_in_order_and_their_audio_stays_unsettled(
    faulty: Faulty, speech_samples: dict[str, Path]
) -> None:
    audio = np.concatenate([audio_read(speech_samples["beckett"]), silence(1.5)] * 2)
    api = Api(faulty.node.url)
    meeting = api.meeting()
    admission, viewer = api.admit(meeting), api.admit(meeting, "Vera", "viewer")
    async with (
        peer(f"{viewer['ws_url']}?after_seq=0", viewer["ticket"]) as vera,
        peer(admission["ws_url"], admission["ticket"]) as ada,
    ):
        await ada.hello()
        async with asyncio.TaskGroup() as group:
            listening = [group.create_task(listen(each)) for each in (ada, vera)]
            n_shown = await speak_through(faulty, ada, vera, audio=audio, code=meeting["code"])
            await ada.say(type="end", position=ada.position)
            await eventually(lambda: bool(ada.of("ended")))
            (ended,) = ada.of("ended")
            await eventually(lambda: max(vera.durable_seqs(), default=0) >= ended["last_seq"])
            for task in listening:
                task.cancel()
    assert len(vera.finals()) > n_shown
    assert (ended["received"], ended["gap"]) == (audio.size, 0)
    assert vera.durable_seqs() == list(range(1, ended["last_seq"] + 1))
    starts = [each["segment"]["start_ms"] for each in vera.finals()]
    assert all(before < after for before, after in pairwise(starts))
    stored = api.get(f"meetings/{meeting['code']}/transcript.json").json()
    assert stored["segments"] == [each["segment"] for each in vera.finals()]
    assert [each["segment"] for each in ada.finals()] == stored["segments"]
    said = normalize(" ".join(segment["text"] for segment in stored["segments"]))
    assert said.count("ever tried ever failed") == 2
