"""Two people speak for minutes while the server is killed again and again and their networks fail.

The long form prints a report as JSON, and ends with 1 when a promise was broken. It takes the minutes of real time,
and about a quarter of that again for the undisturbed run of the same audio:

    .venv/bin/python -m tests.faults.chaos --minutes 10 --seed 1

`tests/faults/test_chaos.py` runs the same in a minute.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from bench.corpus import SpeakerStream
from meetings.limits import SAMPLE_RATE_HZ
from tests.faults.chaos_meeting import (
    Voice,
    meeting_create,
    meeting_hold,
    meeting_outcome,
    streams_of,
    voice_join,
)
from tests.faults.chaos_network import Network
from tests.faults.chaos_node import MortalNode
from tests.faults.chaos_report import report
from tests.nodes import REPEATABLE, ROOT, node_environment

MOST_DRAINING_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """How bad it gets; seconds are drawn from between the two of a pair."""

    kill_every_s: tuple[float, float] = (10.0, 20.0)
    calm_s: tuple[float, float] = (5.0, 30.0)
    trouble_s: tuple[float, float] = (0.5, 30.0)
    fewest_kills: int = 0


async def chaos(
    streams: Sequence[SpeakerStream], *, environment: dict[str, str], seed: int, weather: Weather
) -> dict[str, Any]:
    """Run it, and compare with an undisturbed run. A seed gives the same faults, as nearly as real processes can."""
    async with MortalNode(environment) as node:
        happened: list[str] = []
        code, voices = await _stormy(node, streams, seed=seed, weather=weather, happened=happened)
        disturbed = await meeting_outcome(node.url, code, voices, environment=environment)
        calm_code, calm_voices = await meeting_hold(node.url, streams)
        undisturbed = await meeting_outcome(node.url, calm_code, calm_voices, environment=environment)
    weathered = {
        "seed": seed,
        "audio_s": [round(stream.audio.size / SAMPLE_RATE_HZ, 1) for stream in streams],
        "kills": node.n_kills,
        "troubles": happened,
        "interruptions": [voice.n_interruptions for voice in voices],
    }
    return weathered | report(disturbed, undisturbed)


async def _stormy(
    node: MortalNode, streams: Sequence[SpeakerStream], *, seed: int, weather: Weather, happened: list[str]
) -> tuple[str, list[Voice]]:
    longest_s = max(stream.audio.size for stream in streams) / SAMPLE_RATE_HZ
    code = await meeting_create(node.url)
    async with AsyncExitStack() as stack, asyncio.timeout(longest_s + MOST_DRAINING_S):
        networks = [await stack.enter_async_context(Network(node.port)) for _ in streams]
        voices = [
            await voice_join(stack, network.url, code, stream)
            for network, stream in zip(networks, streams, strict=True)
        ]
        async with asyncio.TaskGroup() as speaking:
            for voice in voices:
                speaking.create_task(voice.speak(speed=1.0))
            random = Random(f"{seed} kills")
            dying = node.dying(every_s=weather.kill_every_s, at_least=weather.fewest_kills, random=random)
            async with dying, asyncio.TaskGroup() as troubles:
                for number, network in enumerate(networks):
                    troubling = Random(f"{seed} network {number}")
                    troubles.create_task(_troubled(network, troubling, weather, longest_s, happened, number))
            # From here on nothing fails any more: the clients deliver what they kept.
    return code, voices


async def _troubled(
    network: Network, random: Random, weather: Weather, seconds: float, happened: list[str], number: int
) -> None:
    clock = asyncio.get_running_loop().time
    began_s = clock()
    try:
        async with asyncio.timeout(seconds):
            while True:
                await asyncio.sleep(random.uniform(*weather.calm_s))
                name, fault = network.fault(random)
                lasts_s = random.uniform(*weather.trouble_s)
                happened.append(f"{clock() - began_s:.1f} s: network {number} {name} for {lasts_s:.1f} s")
                async with fault():
                    await asyncio.sleep(lasts_s)
    except TimeoutError:
        return


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.chaos", description=__doc__)
    testdata = os.environ.get("COLLOQUY_TESTDATA") or ROOT.parent / "shared" / "testdata"
    parser.add_argument("--testdata", type=Path, default=Path(testdata))
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--speakers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    streams = streams_of(arguments.testdata, n_speakers=arguments.speakers, minutes=arguments.minutes)
    with tempfile.TemporaryDirectory(prefix="colloquy-chaos-") as directory:
        models = (ROOT / "data" / "models").resolve()
        environment = node_environment(data_dir=Path(directory) / "data", models=models, **REPEATABLE)
        found = asyncio.run(chaos(streams, environment=environment, seed=arguments.seed, weather=Weather()))
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    return 1 if found["defects"] else 0


if __name__ == "__main__":
    sys.exit(main())
