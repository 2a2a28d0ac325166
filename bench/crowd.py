"""The clients of a benchmark, in a process of their own so that their work is neither the server's nor the bench's."""

import asyncio
import gc
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import httpx

from bench.corpus import SpeakerStream
from bench.streams import Begin, Heard, Voice, heard_by, meeting_made
from bench.usage import Cpu, Held, cpu_of, held_by

TOGETHER_S = 1.0  # between everybody being there and everybody speaking


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`pid` is the web node's. People come one after another within `join_s`, as a meeting does, and are silent until
    all are there; who was refused asks again for `join_within_s`."""

    url: str
    pid: int
    streams: tuple[SpeakerStream, ...]
    idle_s: float
    people_per_meeting: int = 8
    join_every_s: float = 0.5
    join_within_s: float = 60.0
    drain_s: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """CPU seconds from the moment in which all speak until the last final; `idle_cores` before anybody came."""

    heard: tuple[Heard, ...]
    n_meetings: int
    took_s: float
    joined_s: float
    cpu: Cpu
    idle_cores: float
    clients_cpu_s: float
    held: Held


def crowd_run(plan: Plan) -> Outcome:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_run, plan).result()


def _run(plan: Plan) -> Outcome:
    gc.freeze()
    return asyncio.run(_meetings(plan))


async def _meetings(plan: Plan) -> Outcome:
    clock = asyncio.get_running_loop().time
    idle_before = cpu_of(plan.pid)
    await asyncio.sleep(plan.idle_s)
    idle = cpu_of(plan.pid) - idle_before
    begin = Begin()
    voices = [Voice(stream=each, url=plan.url, begin=begin, drain_s=plan.drain_s) for each in plan.streams]
    rooms = list(_rooms(voices, plan.people_per_meeting))
    async with httpx.AsyncClient(base_url=f"{plan.url}/api/v1/", timeout=30) as http:
        codes = [await meeting_made(http) for _ in rooms]
        came_s = clock()
        async with asyncio.TaskGroup() as group:
            coming = [
                group.create_task(
                    _take_part(http, code, voice, plan, came_s=came_s, place=voices.index(voice), group=group)
                )
                for code, room in zip(codes, rooms, strict=True)
                for voice in room
            ]
            await asyncio.gather(*coming)
            joined_s = clock() - came_s
            begin.at_s = clock() + TOGETHER_S
            await asyncio.sleep(TOGETHER_S)
            began_s, before, clients_before_s = clock(), cpu_of(plan.pid), time.process_time()
        took_s, cpu = clock() - began_s, cpu_of(plan.pid) - before
        clients_cpu_s = time.process_time() - clients_before_s
        heard: dict[int, Heard] = {}
        for code, room in zip(codes, rooms, strict=True):
            heard |= dict(zip(map(id, room), await heard_by(http, code, room), strict=True))
    return Outcome(
        heard=tuple(heard[id(voice)] for voice in voices),
        n_meetings=len(rooms),
        took_s=took_s,
        joined_s=joined_s,
        cpu=cpu,
        idle_cores=idle.total_s / plan.idle_s,
        clients_cpu_s=clients_cpu_s,
        held=held_by(plan.pid),
    )


async def _take_part(
    http: httpx.AsyncClient, code: str, voice: Voice, plan: Plan, *, came_s: float, place: int, group: asyncio.TaskGroup
) -> None:
    """Ends when the person is there, or will not be; speaking goes on in `group`."""
    await asyncio.sleep(place * plan.join_every_s)
    await voice.join(http, code, until_s=came_s + plan.join_within_s)
    group.create_task(voice.speak())


def _rooms(voices: Sequence[Voice], most: int) -> Iterator[Sequence[Voice]]:
    """As few meetings as will do, of nearly equal size."""
    n_rooms = -(-len(voices) // most)
    for number in range(n_rooms):
        yield voices[number::n_rooms]
