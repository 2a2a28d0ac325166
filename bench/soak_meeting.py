"""Drive a running node with people who never stop speaking, and measure it meanwhile."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np

from bench.corpus import SpeakerStream
from bench.session_clocks import clock_of
from bench.soak_figures import Measurement
from bench.usage import Held, held_by
from meetings.limits import SAMPLE_RATE_HZ
from meetings.session_clock import SessionClock
from streaming.client.rest import Admission, Rest
from streaming.client.session import AudioSession
from streaming.tasks import TaskScope
from tests.nodes import NodeProcess

WRITE_EVERY_S = 0.1
MOST_DRAINING_S = 120.0


@dataclass(slots=True, kw_only=True)
class Speaker:
    """One participant. `final_latencies_s` and `lag_ms` are what came since they were last read."""

    stream: SpeakerStream
    rest: Rest
    admission: Admission
    speed: float
    captured: int = 0
    gap_samples: int = 0
    clock: SessionClock | None = None
    lag_ms: int = 0
    final_latencies_s: list[float] = field(default_factory=list)
    _began_s: float = 0.0

    async def speak(self, seconds: float) -> None:
        scope = TaskScope("speaker")
        async with AudioSession(self.rest, self.admission) as session:
            self._began_s = asyncio.get_running_loop().time()
            scope.spawn(self._capture(session, seconds), name="capture")
            try:
                async for message in session.messages():
                    self._take(message)
            finally:
                await scope.close()

    async def _capture(self, session: AudioSession, seconds: float) -> None:
        """The recordings again and again, as a microphone gives them, only faster."""
        clock, audio = asyncio.get_running_loop().time, self.stream.audio
        while (spoken_s := clock() - self._began_s) < seconds:
            captured = int(spoken_s * self.speed * SAMPLE_RATE_HZ)
            await session.write(np.take(audio, range(self.captured, captured), mode="wrap"))
            self.captured = captured
            await asyncio.sleep(WRITE_EVERY_S)
        await session.end()

    def _take(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "ack":
                self.lag_ms = max(self.lag_ms, message["lag_ms"])
            case "ended":
                self.gap_samples = message["gap"]
            case "segment" if message["seq"] is not None and self.clock is not None:
                segment = message["segment"]
                if segment["participant_id"] == self.admission.participant_id:
                    self._arrived(self.clock.position_at(segment["end_ms"]))

    def _arrived(self, end_position: int) -> None:
        """In real time, since the last sample of the utterance was captured."""
        arrived_s = asyncio.get_running_loop().time() - self._began_s
        self.final_latencies_s.append(arrived_s - end_position / (SAMPLE_RATE_HZ * self.speed))


async def soak_meeting(
    node: NodeProcess, streams: Sequence[SpeakerStream], *, seconds: float, speed: float, every_s: float
) -> tuple[list[Measurement], int]:
    """The measurements, and how many samples were lost (a soak is worth nothing otherwise)."""
    measured: list[Measurement] = []
    async with AsyncExitStack() as stack, asyncio.timeout(seconds + MOST_DRAINING_S):
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=f"{node.url}/api/v1/", timeout=30))
        code = (await http.post("meetings", json={"title": "Soak"})).raise_for_status().json()["code"]
        speakers = []
        for stream in streams:
            rest = await stack.enter_async_context(Rest(node.url))
            admission = await rest.join(code, display_name=stream.name)
            speakers.append(Speaker(stream=stream, rest=rest, admission=admission, speed=speed))
        async with asyncio.TaskGroup() as group:
            for speaker in speakers:
                group.create_task(speaker.speak(seconds))
            began_s = asyncio.get_running_loop().time()
            while asyncio.get_running_loop().time() - began_s < seconds:
                await asyncio.sleep(every_s)
                await _learn_clocks(http, code, speakers)
                held = await asyncio.to_thread(held_by, node.process.pid)
                measured.append(_measurement(node, speakers, held, asyncio.get_running_loop().time() - began_s))
    return measured, sum(speaker.gap_samples for speaker in speakers)


async def _learn_clocks(http: httpx.AsyncClient, code: str, speakers: Sequence[Speaker]) -> None:
    ledger = (await http.get(f"meetings/{code}/ledger")).raise_for_status().json()
    clocks = {row["participant_id"]: clock_of(row) for row in ledger["sessions"]}
    for speaker in speakers:
        speaker.clock = clocks[speaker.admission.participant_id]


def _measurement(node: NodeProcess, speakers: Sequence[Speaker], held: Held, at_s: float) -> Measurement:
    latencies_s = [latency for speaker in speakers for latency in speaker.final_latencies_s]
    lag_ms = max(speaker.lag_ms for speaker in speakers)
    for speaker in speakers:
        speaker.final_latencies_s.clear()
        speaker.lag_ms = 0
    database = (path.stat().st_size for path in node.data_dir.glob("*.sqlite3*"))
    return Measurement(
        at_s=round(at_s, 2),
        meeting_h=round(max(speaker.captured for speaker in speakers) / SAMPLE_RATE_HZ / 3_600, 4),
        web_mib=round(held.web_mib, 2),
        recognizers_mib=round(held.recognizers_mib, 2),
        n_fds=held.n_fds,
        n_threads=held.n_threads,
        final_s=round(sum(latencies_s) / len(latencies_s), 3) if latencies_s else None,
        lag_ms=lag_ms,
        database_mib=round(sum(database) / 2**20, 3),
    )
