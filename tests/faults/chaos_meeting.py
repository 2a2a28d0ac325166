"""A meeting of headless participants against a real server, and what became of it in the log and in their hands."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx

from bench.corpus import SpeakerStream, recordings_read, speaker_stream
from bench.session_clocks import captured_ms, clock_of
from meetings.limits import SAMPLE_RATE_HZ
from meetings.session_clock import SessionClock
from streaming.client.rest import Admission, Rest
from streaming.client.session import AudioSession
from streaming.management.commands.speak import audio_capture
from streaming.tasks import TaskScope
from tests.faults.chaos_report import Line, MeetingOutcome, SpeakerOutcome
from tests.joining import joined
from tests.nodes import manage
from tests.sockets import WAIT_S

AS_FAST_AS_GRANTED = 0.0
# Printed between marks, because the shell may print more.
AUDIT_VERIFY = "from meetings.services.audit import audit_verify; print('<', audit_verify(meeting_id={!r}), '>')"


@dataclass(slots=True, kw_only=True)
class Voice:
    """One participant: what is spoken, and what their client was told."""

    stream: SpeakerStream
    rest: Rest
    admission: Admission
    n_interruptions: int = 0
    ended: dict[str, int] = field(default_factory=dict)
    shown: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    async def speak(self, *, speed: float) -> None:
        """Until the server has closed the account; `speed` 1 is real time."""
        scope = TaskScope("voice")
        async with AudioSession(self.rest, self.admission, on_interrupted=self._interrupted) as session:
            scope.spawn(audio_capture(session, self.stream.audio, speed=speed), name="capture")
            try:
                async for message in session.messages():
                    self._take(message)
            finally:
                await scope.close()

    def _interrupted(self) -> None:
        self.n_interruptions += 1

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "ended":
            self.ended = message
        elif message["type"] == "segment" and message["seq"] is not None:
            segment = message["segment"]
            if segment["participant_id"] == self.admission.participant_id:
                self.shown[segment["id"]].append(segment["text"])


def streams_of(testdata: Path, *, n_speakers: int, minutes: float) -> list[SpeakerStream]:
    """Each speaker's recordings, again and again in a changing order, for about so long."""
    streams = []
    for speaker, recordings in sorted(recordings_read(testdata, n_utterances=10).items())[:n_speakers]:
        random, picked = Random(speaker), list(recordings)
        while (stream := speaker_stream(speaker, picked, defaultdict(list))).audio.size < _samples(minutes):
            picked += random.sample(recordings, len(recordings))
        while len(picked) > 1 and stream.audio.size > _samples(minutes):
            picked.pop()
            stream = speaker_stream(speaker, picked, defaultdict(list))
        streams.append(stream)
    return streams


def _samples(minutes: float) -> int:
    return int(60 * minutes * SAMPLE_RATE_HZ)


async def meeting_create(url: str) -> str:
    async with httpx.AsyncClient(base_url=f"{url}/api/v1/", timeout=WAIT_S) as http:
        answer = await http.post("meetings", json={"title": "Chaos"})
    return str(answer.raise_for_status().json()["code"])


async def voice_join(stack: AsyncExitStack, url: str, code: str, stream: SpeakerStream) -> Voice:
    rest = await stack.enter_async_context(Rest(url))
    return Voice(stream=stream, rest=rest, admission=await joined(rest, code, display_name=stream.name))


async def meeting_hold(
    url: str, streams: Sequence[SpeakerStream], *, speed: float = AS_FAST_AS_GRANTED
) -> tuple[str, list[Voice]]:
    """A meeting of its own over a network that does not fail; its code and its voices."""
    code = await meeting_create(url)
    async with AsyncExitStack() as stack:
        voices = [await voice_join(stack, url, code, stream) for stream in streams]
        async with asyncio.TaskGroup() as group:
            for voice in voices:
                group.create_task(voice.speak(speed=speed))
    return code, voices


async def meeting_outcome(
    url: str, code: str, voices: Sequence[Voice], *, environment: dict[str, str]
) -> MeetingOutcome:
    """As anybody finds it afterwards over REST, and whether the audit trail is whole."""
    async with httpx.AsyncClient(base_url=f"{url}/api/v1/meetings/{code}/", timeout=WAIT_S) as http:
        transcript = (await http.get("transcript.json")).raise_for_status().json()
        ledger = (await http.get("ledger")).raise_for_status().json()
        log = await _log(http)
    clocks = {row["participant_id"]: clock_of(row) for row in ledger["sessions"]}
    verify = AUDIT_VERIFY.format(transcript["meeting"]["id"])
    verified = await asyncio.to_thread(manage, "shell", "-c", verify, environment=environment)
    return MeetingOutcome(
        speakers=tuple(_speaker(voice, transcript["segments"], log, clocks) for voice in voices),
        seqs=tuple(message["seq"] for message in log),
        audit_problem="" if "< None >" in verified else f"entry {verified}",
    )


async def _log(http: httpx.AsyncClient) -> list[dict[str, Any]]:
    log: list[dict[str, Any]] = []
    while True:
        params = {"after_seq": log[-1]["seq"] if log else 0}
        page = (await http.get("events", params=params)).raise_for_status().json()
        log += page["data"]
        if not page["has_more"]:
            return log


def _speaker(
    voice: Voice,
    segments: list[dict[str, Any]],
    log: list[dict[str, Any]],
    clocks: Mapping[str, SessionClock | None],
) -> SpeakerOutcome:
    participant_id = voice.admission.participant_id

    def line(segment: dict[str, Any]) -> Line:
        return Line(
            segment_id=segment["id"],
            start_ms=captured_ms(clocks[participant_id], segment["start_ms"]),
            end_ms=captured_ms(clocks[participant_id], segment["end_ms"]),
            text=segment["text"],
        )

    logged = [message["segment"] for message in log if message["type"] == "segment"]
    return SpeakerOutcome(
        stream=voice.stream,
        lines=tuple(line(each) for each in segments if each["participant_id"] == participant_id),
        logged=tuple(line(each) for each in logged if each["participant_id"] == participant_id),
        ended=voice.ended,
        shown=dict(voice.shown),
    )
