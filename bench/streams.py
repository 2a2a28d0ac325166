"""Drive a running server: every speaker a participant of its own, in real time, all at once."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import httpx

from bench.corpus import SpeakerStream
from bench.figures import Shown
from meetings.limits import SAMPLE_RATE_HZ
from streaming.client.rest import Rest
from streaming.client.session import AudioSession
from streaming.recognizers.base import Float32

WRITE_EVERY_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What one speaker's client received of their own segments, and the session's closing account."""

    shown: tuple[Shown, ...]
    ended: dict[str, int]


async def meeting_stream(url: str, streams: Sequence[SpeakerStream]) -> list[Heard]:
    async with httpx.AsyncClient(base_url=f"{url}/api/v1/") as http:
        meeting = (await http.post("meetings", json={"title": "Benchmark"})).raise_for_status().json()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_stream(url, meeting["code"], stream)) for stream in streams]
        ledger = (await http.get(f"meetings/{meeting['code']}/ledger")).raise_for_status().json()
    origins_ms = {session["participant_id"]: session["origin_ms"] for session in ledger["sessions"]}
    return [_on_stream_time(task.result(), origins_ms) for task in tasks]


def _on_stream_time(heard: Heard, origins_ms: dict[str, int]) -> Heard:
    """Meeting time to time since the speaker's first sample."""

    def moved(segment: dict[str, Any]) -> dict[str, Any]:
        origin_ms = origins_ms[segment["participant_id"]]
        return segment | {name: segment[name] - origin_ms for name in ("start_ms", "end_ms")}

    shown = tuple(replace(each, segment=moved(each.segment)) for each in heard.shown)
    return replace(heard, shown=shown)


async def _stream(url: str, code: str, stream: SpeakerStream) -> Heard:
    shown: list[Shown] = []
    ended: dict[str, int] = {}
    clock = asyncio.get_running_loop().time
    async with Rest(url) as rest:
        admission = await rest.join(code, display_name=stream.name)
        async with AudioSession(rest, admission) as session, asyncio.TaskGroup() as group:
            started_s = clock()
            group.create_task(microphone(session, stream.audio, started_s))
            async for message in session.messages():
                if message["type"] == "segment" and message["segment"]["participant_id"] == admission.participant_id:
                    shown.append(Shown(at_s=clock() - started_s, segment=message["segment"]))
                elif message["type"] == "ended":
                    ended = message
    return Heard(shown=tuple(shown), ended=ended)


async def microphone(session: AudioSession, audio: Float32, started_s: float) -> None:
    """A microphone: each sample is there when it was spoken, whatever the machine is doing."""
    clock = asyncio.get_running_loop().time
    position = 0
    while position < audio.size:
        await asyncio.sleep(WRITE_EVERY_S)
        captured = min(audio.size, int((clock() - started_s) * SAMPLE_RATE_HZ))
        await session.write(audio[position:captured])
        position = captured
    await session.end()
