"""Sockets that are never read: memory stays flat, they are closed in bounded time, and resume without loss."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from streaming.consumers.base import WRITABLE_WITHIN_S
from streaming.feeds import MOST_WAITING_EVENTS
from tests.faults.honest import honest_speaker
from tests.faults.storm_node import CLOSE_WITHIN_S, STORM_BYTES
from tests.nodes import ROOT, STOP_S, NodeProcess, database_make, node_environment, wait_until_ready
from tests.sockets import WAIT_S, Api, Message, Peer, peer, silence

BOUNDED_BYTES = STORM_BYTES // 3  # two readers left the whole storm unread
PEOPLE = {"Vera": "viewer", "Bob": "speaker", "Eve": "viewer"}
N_EVENTS = MOST_WAITING_EVENTS + 500
COMMIT_MANY = """
from meetings.models import Meeting
from tests.integration.made import commit, opened, speech
meeting = Meeting.objects.get(code="{code}")
session = opened(meeting, display_name="Crowd")
for start in range(0, {n}, 100):
    spans = [speech(at * 1600, (at + 1) * 1600, text=f"line {{at}}") for at in range(start, start + 100)]
    commit(session.owner, *spans, settled_from=start * 1600, received=(start + 100) * 1600)
"""


@pytest.fixture
def storm_file(tmp_path: Path) -> Path:
    return tmp_path / "storm"


@pytest.fixture
def stormy_node(storm_file: Path, speech_cache: Path, tmp_path: Path) -> Iterator[NodeProcess]:
    environment = node_environment(data_dir=tmp_path / "data", models=speech_cache, RECOGNIZER_PROCESSES="1")
    database_make(environment)
    with (tmp_path / "data" / "node.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.storm_node", str(storm_file)],
            env=environment, cwd=ROOT, stdout=log, stderr=log,
        )  # fmt: skip
    node = NodeProcess(
        url=f"http://127.0.0.1:{environment['PORT']}", data_dir=tmp_path / "data", environment=environment,
        process=process,
    )  # fmt: skip
    try:
        wait_until_ready(node)
        yield node
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=STOP_S) == 0, node.log()
    finally:
        process.kill()
        process.wait()


@asynccontextmanager
async def alive(*sockets: Peer) -> AsyncIterator[None]:
    """As a browser whose page hangs: its network code answers, and nobody takes what arrives."""
    living = [asyncio.ensure_future(show_life(each)) for each in sockets]
    try:
        yield
    finally:
        for each in living:
            each.cancel()
        await asyncio.gather(*living, return_exceptions=True)


async def show_life(one: Peer) -> None:
    while True:
        await one.socket.pong()
        await asyncio.sleep(2)


async def is_cut_off(node: NodeProcess, port: int) -> None:
    """Wait until the server has let go of the connection from this port."""
    process = psutil.Process(node.process.pid)
    while any(each.raddr[1:] == (port,) for each in process.net_connections("tcp")):
        await asyncio.sleep(0.2)


async def largest_rss_bytes(node: NodeProcess, *, until: Path) -> int:
    process, largest = psutil.Process(node.process.pid), 0
    while not until.exists():
        largest = max(largest, process.memory_info().rss)
        await asyncio.sleep(0.1)
    return largest


async def grown_bytes(node: NodeProcess, meeting: Message, storm_file: Path) -> int:
    """How much the node grew while a storm of partials and more events than may wait went over the meeting."""
    rss_before = psutil.Process(node.process.pid).memory_info().rss
    storm_file.write_text(meeting["id"])
    script = COMMIT_MANY.format(code=meeting["code"], n=N_EVENTS)
    async with asyncio.timeout(400):
        largest, _, _ = await asyncio.gather(
            largest_rss_bytes(node, until=storm_file.with_suffix(".done")),
            asyncio.to_thread(node.manage, "shell", "--no-imports", "-c", script),
            asyncio.sleep(WRITABLE_WITHIN_S + 4),
        )
    return largest - rss_before


async def test_readers_that_never_read_are_closed_with_4508_and_resume_without_loss(
    stormy_node: NodeProcess, storm_file: Path, speech_samples: dict[str, Path]
) -> None:
    node, api = stormy_node, Api(stormy_node.url)
    meeting = api.meeting()
    vera, bob, eve = (api.admit(meeting, name, role) for name, role in PEOPLE.items())
    async with (
        honest_speaker(api, meeting, speech_samples, captions="own"),
        peer(vera["ws_url"], vera["ticket"]) as feed,
        peer(bob["ws_url"], bob["ticket"]) as voice,
        peer(eve["ws_url"], eve["ticket"]) as never_read,
        alive(feed, voice, never_read),
    ):
        await feed.until("live")
        await voice.hello()
        await voice.stream(silence(1.0))
        await voice.until("ack", lambda ack: ack["received"] == 16_000)
        assert await grown_bytes(node, meeting, storm_file) < BOUNDED_BYTES
        assert [await feed.closed(), await voice.closed()] == [4508, 4508]
        last_seq = api.get(f"meetings/{meeting['code']}").json()["last_seq"]
        assert last_seq > N_EVENTS
        await feed_resumes(api, vera, feed, last_seq=last_seq)
        await voice_resumes(api, bob, voice, last_seq=last_seq)
        async with asyncio.timeout(CLOSE_WITHIN_S + WAIT_S):
            await is_cut_off(node, never_read.socket.local_address[1])
        never_read.socket.transport.abort()


async def feed_resumes(api: Api, admission: Message, before: Peer, *, last_seq: int) -> None:
    n_known = len(before.durable_seqs())
    url = f"{admission['ws_url']}?after_seq={n_known}"
    async with peer(url, api.ticket(admission)) as again:
        await again.until("live")
    seqs = before.durable_seqs() + again.durable_seqs()
    assert seqs[:last_seq] == list(range(1, last_seq + 1))


async def voice_resumes(api: Api, admission: Message, before: Peer, *, last_seq: int) -> None:
    resume = {"token": admission["resume_token"], "after_seq": len(before.durable_seqs())}
    async with peer(admission["ws_url"], api.ticket(admission)) as again:
        welcome = await again.hello(resume=resume, consent=False)
        await again.stream(silence(2.0)[welcome["settled"] :])
        ended = await again.end()
    seqs = before.durable_seqs() + again.durable_seqs()
    assert seqs[:last_seq] == list(range(1, last_seq + 1))
    assert (ended["received"], ended["nonspeech"], ended["gap"]) == (32_000, 32_000, 0)
