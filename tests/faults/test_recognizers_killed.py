"""Recognizer processes die again and again; that costs time, and nothing else."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import httpx
import psutil

from bench.usage import recognizers_of
from streaming.tasks import TaskScope
from tests.faults.chaos_meeting import meeting_hold, meeting_outcome, streams_of
from tests.faults.chaos_report import report
from tests.nodes import REPEATABLE, NodeProcess, node_environment, node_running
from tests.sockets import WAIT_S

KILL_EVERY_S = 5.0
LONGEST_S = 400.0


@asynccontextmanager
async def recognizers_dying(node: NodeProcess, killed: list[int]) -> AsyncIterator[None]:
    """One of them is killed every five seconds, once anything was decoded since the last one died.

    Realistic: memory runs short while a long utterance is decoded, a fault in a native library. On a machine that is
    busy decoding takes longer than five seconds, and what dies whenever it is decoded is taken to be at fault itself.
    """
    random = Random(5)

    async def kill() -> None:
        n_before = -1
        while True:
            await asyncio.sleep(KILL_EVERY_S)
            n_decoded = await finals_decoded(node)
            if n_decoded > n_before and (alive := recognizers_of(node.process.pid)):
                victim = random.choice(alive)
                try:
                    victim.kill()
                except psutil.NoSuchProcess:
                    continue
                killed.append(victim.pid)
                n_before = n_decoded

    scope = TaskScope("killer")
    scope.spawn(kill(), name="killer")
    try:
        yield
    finally:
        await scope.close()


async def finals_decoded(node: NodeProcess) -> int:
    async with httpx.AsyncClient(timeout=WAIT_S) as http:
        metrics = (await http.get(f"{node.url}/metrics")).text
    return int(float(re.findall(r"^colloquy_final_wait_seconds_count (\S+)$", metrics, re.MULTILINE)[0]))


async def test_killing_a_recognizer_every_five_seconds_changes_nothing_but_latency(
    tmp_path: Path, speech_cache: Path, shared_testdata: Path
) -> None:
    """The same meeting is held at the same time on a node that nobody disturbs."""
    streams = streams_of(shared_testdata, n_speakers=1, minutes=0.75)
    environment, calm_environment = (
        node_environment(data_dir=tmp_path / name, models=speech_cache, **REPEATABLE) for name in ("dying", "calm")
    )
    killed: list[int] = []
    with node_running(environment) as node, node_running(calm_environment) as calm_node:
        async with asyncio.timeout(LONGEST_S), asyncio.TaskGroup() as group:  # without recognizers all waits, for ever
            calm = group.create_task(meeting_hold(calm_node.url, streams, speed=1.5))
            async with recognizers_dying(node, killed):
                code, voices = await meeting_hold(node.url, streams, speed=1.5)
        disturbed, undisturbed = await asyncio.gather(
            meeting_outcome(node.url, code, voices, environment=environment),
            meeting_outcome(calm_node.url, *calm.result(), environment=calm_environment),
        )
    found = report(disturbed, undisturbed)
    assert found["defects"] == [], found
    assert found["other_words"] == 0
    assert len(killed) >= 3
