"""Drive a running server: every speaker a participant of its own, in real time, all at once."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np

from bench.corpus import SpeakerStream
from bench.figures import Shown
from bench.session_clocks import clock_of, on_stream_time
from meetings.limits import SAMPLE_RATE_HZ
from streaming.client.errors import ClientError
from streaming.client.rest import Admission, Rest
from streaming.client.session import AudioSession
from streaming.recognizers.base import Float32

WRITE_EVERY_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What one speaker's client received of their own segments, and the session's closing account.

    `ended` is empty for who was not let in, or whose session did not end in time; `n_refused` counts the answers that
    there was no room; `flows` are the server's words about its pace.
    """

    shown: tuple[Shown, ...]
    ended: dict[str, int]
    is_admitted: bool = True
    n_refused: int = 0
    flows: tuple[str, ...] = ()
    gap_samples: int = 0


@dataclass(slots=True)
class Begin:
    """The moment from which everybody speaks, on the loop's clock; None until it is known."""

    at_s: float | None = None


@dataclass(slots=True, kw_only=True)
class Voice:
    """One participant: joins, is silent until `begin`, speaks, and stays until everything is settled.

    Times of what is shown count from the first sample of `stream`, on the client's own clock.
    """

    stream: SpeakerStream
    url: str
    begin: Begin
    drain_s: float = 120.0
    admission: Admission | None = None
    n_refused: int = 0
    _shown: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    _ended: dict[str, int] = field(default_factory=dict)
    _flows: list[str] = field(default_factory=list)
    _began_s: float = 0.0
    _silent_samples: int = 0

    async def join(self, http: httpx.AsyncClient, code: str, *, until_s: float) -> None:
        """Asks again as long as there is no room, until `until_s` on the loop's clock."""
        clock = asyncio.get_running_loop().time
        while self.admission is None:
            answer = await http.post(f"meetings/{code}/participants", json={"display_name": self.stream.name})
            if answer.status_code == httpx.codes.CREATED:
                body = answer.json()
                self.admission = Admission(**{name: body[name] for name in Admission.__dataclass_fields__})
                return
            if "Retry-After" not in answer.headers:
                answer.raise_for_status()
            self.n_refused += 1
            wait_s = float(answer.headers["Retry-After"])
            if clock() + wait_s > until_s:
                return
            await asyncio.sleep(wait_s)

    async def speak(self) -> None:
        if self.admission is None:
            return
        clock = asyncio.get_running_loop().time
        async with Rest(self.url) as rest, AudioSession(rest, self.admission) as session:
            self._began_s = clock()
            async with asyncio.TaskGroup() as group:
                receiver = group.create_task(self._receive(session, self.admission.participant_id))
                await self._microphone(session)
                await asyncio.wait([receiver], timeout=self.drain_s)
                receiver.cancel()

    async def _receive(self, session: AudioSession, participant_id: str) -> None:
        clock = asyncio.get_running_loop().time
        try:
            async for message in session.messages():
                match message["type"]:
                    case "segment" if message["segment"]["participant_id"] == participant_id:
                        self._shown.append((clock(), message["segment"]))
                    case "flow":
                        self._flows.append(message["state"])
                    case "ended":
                        self._ended = message
        except ClientError:
            return  # a session that the server ends before its time has no `ended`, and is counted by that

    async def _microphone(self, session: AudioSession) -> None:
        """Each sample is there when it was spoken, whatever the machine is doing."""
        clock = asyncio.get_running_loop().time
        audio, position, speech_from = self.stream.audio, 0, None
        while speech_from is None or position < speech_from + audio.size:
            await asyncio.sleep(WRITE_EVERY_S)
            if speech_from is None and self.begin.at_s is not None:
                speech_from = max(position, round((self.begin.at_s - self._began_s) * SAMPLE_RATE_HZ))
                self._silent_samples = speech_from
            captured = int((clock() - self._began_s) * SAMPLE_RATE_HZ)
            if speech_from is not None:
                captured = min(captured, speech_from + audio.size)
            await session.write(_captured(audio, speech_from, position, captured))
            position = captured
        await session.end()

    def heard(self, account: Mapping[str, Any] | None) -> Heard:
        """`account` is the session's in the ledger: its clock takes meeting time to time since the first sample."""
        silent_s = self._silent_samples / SAMPLE_RATE_HZ
        clock, silent_ms = clock_of(account) if account else None, round(1_000 * silent_s)
        shown = tuple(
            Shown(
                at_s=at_s - self._began_s - silent_s,
                segment=on_stream_time(segment, clock, silent_ms=silent_ms),
            )
            for at_s, segment in self._shown
        )
        return Heard(
            shown=shown,
            ended=self._ended,
            is_admitted=self.admission is not None,
            n_refused=self.n_refused,
            flows=tuple(self._flows),
            gap_samples=account["gap"] if account else 0,
        )


async def meeting_stream(url: str, streams: Sequence[SpeakerStream]) -> list[Heard]:
    """All of them in one meeting, from now on."""
    loop = asyncio.get_running_loop()
    voices = [Voice(stream=stream, url=url, begin=Begin(at_s=0.0)) for stream in streams]
    async with httpx.AsyncClient(base_url=f"{url}/api/v1/", timeout=30) as http:
        code = await meeting_made(http)
        for voice in voices:
            await voice.join(http, code, until_s=loop.time() + 30)
        async with asyncio.TaskGroup() as group:
            for voice in voices:
                group.create_task(voice.speak())
        return await heard_by(http, code, voices)


async def meeting_made(http: httpx.AsyncClient) -> str:
    """A new meeting's code. From then on nobody is its host."""
    made = (await http.post("meetings", json={"title": "Benchmark"})).raise_for_status().json()
    http.cookies.clear()
    return str(made["code"])


async def heard_by(http: httpx.AsyncClient, code: str, voices: Sequence[Voice]) -> list[Heard]:
    ledger = (await http.get(f"meetings/{code}/ledger")).raise_for_status().json()
    accounts = {session["participant_id"]: session for session in ledger["sessions"]}
    return [voice.heard(accounts.get(voice.admission.participant_id) if voice.admission else None) for voice in voices]


def _captured(audio: Float32, speech_from: int | None, start: int, end: int) -> Float32:
    """Positions `start` to `end` of silence with `audio` from `speech_from` on."""
    samples = np.zeros(max(0, end - start), np.float32)
    if speech_from is not None and end > speech_from:
        first = max(start, speech_from)
        samples[first - start :] = audio[first - speech_from : end - speech_from]
    return samples


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
