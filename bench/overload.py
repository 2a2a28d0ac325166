"""`python -m bench.overload`: twice as many people want in and speak as the node can transcribe in time.

Everybody asks at the same moment, and asks again after being refused, for as long as the run lasts. Those who are let
in speak without pause. What counts: whoever was let in gets every final in order and in time, partials slow down and
people are told, and a refusal comes at once.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from bench.corpus import SpeakerStream, recordings_read, speaker_stream, words_align
from bench.figures import Shown, finals_of, latencies, percentile
from bench.session_clocks import clock_of, on_stream_time
from bench.streams import microphone
from meetings.limits import SAMPLE_RATE_HZ
from meetings.session_clock import SessionClock
from streaming.client.rest import Admission, Rest
from streaming.client.session import AudioSession
from tests.nodes import ROOT, node_environment, node_running


@dataclass(slots=True)
class Voice:
    """One who was let in: what they said and what they were shown of it."""

    stream: SpeakerStream
    shown: list[Shown] = field(default_factory=list)
    ended: dict[str, int] = field(default_factory=dict)
    flows: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Asked:
    """How joining was answered: seconds until the answer, by HTTP status."""

    answered_s: dict[int, list[float]] = field(default_factory=dict)


def main() -> int:
    arguments = _arguments()
    models = arguments.data_dir / "models"
    recordings = recordings_read(arguments.testdata, n_utterances=10)
    words = words_align([each for group in recordings.values() for each in group], cache=models)
    groups = sorted(recordings.items())
    streams = []
    for number in range(arguments.joins):
        speaker, group = groups[number % len(groups)]
        turned = number // len(groups) % len(group)
        streams.append(speaker_stream(f"{speaker} {number}", group[turned:] + group[:turned], words))
    with tempfile.TemporaryDirectory(prefix="colloquy-overload-") as directory:
        environment = node_environment(data_dir=Path(directory), models=models.resolve(), JOINS_PER_MINUTE="100000")
        with node_running(environment) as node:
            row = asyncio.run(_run(node.url, streams, seconds=arguments.seconds))
    sys.stdout.write(json.dumps(row) + "\n")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.overload", description=__doc__)
    testdata = os.environ.get("COLLOQUY_TESTDATA") or ROOT.parent / "shared" / "testdata"
    parser.add_argument("--testdata", type=Path, default=Path(testdata))
    parser.add_argument("--data-dir", type=Path, default=ROOT / "data", help="where the prepared models are")
    parser.add_argument("--joins", type=int, default=40, help="how many want in")
    parser.add_argument("--seconds", type=float, default=60, help="how long each speaks")
    return parser.parse_args()


async def _run(url: str, streams: list[SpeakerStream], *, seconds: float) -> dict[str, Any]:
    asked, voices = Asked(), list[Voice]()
    loop = asyncio.get_running_loop()
    until_s = loop.time() + seconds
    async with httpx.AsyncClient(base_url=f"{url}/api/v1/", timeout=30) as http:
        meeting = (await http.post("meetings", json={"title": "Overload"})).raise_for_status().json()
        http.cookies.clear()  # from here on nobody is the meeting's host
        async with asyncio.TaskGroup() as group:
            for stream in streams:
                group.create_task(_want_in(http, url, meeting["code"], stream, asked, voices, until_s=until_s))
        ledger = (await http.get(f"meetings/{meeting['code']}/ledger")).raise_for_status().json()
    clocks = {session["participant_id"]: clock_of(session) for session in ledger["sessions"]}
    return _row(voices, asked, clocks, ledger=ledger["sessions"], n_joins=len(streams))


async def _want_in(
    http: httpx.AsyncClient,
    url: str,
    code: str,
    stream: SpeakerStream,
    asked: Asked,
    voices: list[Voice],
    *,
    until_s: float,
) -> None:
    clock = asyncio.get_running_loop().time
    while clock() < until_s - 10:
        began_s = clock()
        answer = await http.post(f"meetings/{code}/participants", json={"display_name": stream.name})
        asked.answered_s.setdefault(answer.status_code, []).append(clock() - began_s)
        if answer.status_code == httpx.codes.CREATED:
            body = answer.json()
            admission = Admission(**{name: body[name] for name in Admission.__dataclass_fields__})
            voice = Voice(stream=stream)
            voices.append(voice)
            await _speak(url, admission, voice, seconds=until_s - clock())
            return
        if "Retry-After" not in answer.headers:
            answer.raise_for_status()
        await asyncio.sleep(float(answer.headers["Retry-After"]))


async def _speak(url: str, admission: Admission, voice: Voice, *, seconds: float) -> None:
    clock = asyncio.get_running_loop().time
    audio = voice.stream.audio[: int(seconds * SAMPLE_RATE_HZ)]
    async with Rest(url) as rest, AudioSession(rest, admission) as session, asyncio.TaskGroup() as group:
        began_s = clock()
        group.create_task(microphone(session, audio, began_s))
        async for message in session.messages():
            if message["type"] == "segment" and message["segment"]["participant_id"] == admission.participant_id:
                voice.shown.append(Shown(at_s=clock() - began_s, segment=message["segment"]))
            elif message["type"] == "flow":
                voice.flows.append(message["state"])
            elif message["type"] == "ended":
                voice.ended = message


def _row(
    voices: list[Voice],
    asked: Asked,
    clocks: Mapping[str, SessionClock | None],
    *,
    ledger: list[dict[str, Any]],
    n_joins: int,
) -> dict[str, Any]:
    finals_s, words_s, n_partials, n_unordered = [], [], 0, 0
    for voice in voices:
        shown = [
            replace(each, segment=on_stream_time(each.segment, clocks[each.segment["participant_id"]]))
            for each in voice.shown
        ]
        found = latencies(voice.stream, shown)
        finals_s += found.final_s
        words_s += found.word_s
        n_partials += sum(each.segment["state"] == "partial" for each in shown)
        starts = [each.segment["start_ms"] for each in shown if each.segment["state"] == "final"]
        n_unordered += starts != sorted(starts)
    refused_s = [each for status, all_s in asked.answered_s.items() if status != httpx.codes.CREATED for each in all_s]
    n_finals = sum(len(finals_of(voice.shown)) for voice in voices)
    return {
        "joins": n_joins,
        "admitted": len(voices),
        "answers": {str(status): len(all_s) for status, all_s in sorted(asked.answered_s.items())},
        "slowest_refusal_s": round(max(refused_s, default=0.0), 3),
        "finals": n_finals,
        "stored_segments": sum(voice.ended.get("segments", 0) for voice in voices),
        "out_of_order": n_unordered,
        "gap_samples": sum(session["gap"] for session in ledger),
        "in_flight_samples": sum(session["in_flight"] for session in ledger),
        "final_p50_s": percentile(finals_s, 50),
        "final_p95_s": percentile(finals_s, 95),
        "word_p50_s": percentile(words_s, 50),
        "partials_per_final": round(n_partials / max(1, n_finals), 2),
        "flows": dict(Counter(state for voice in voices for state in voice.flows)),
        "spoken_s": round(float(np.sum([v.ended.get("received", 0) for v in voices])) / SAMPLE_RATE_HZ),
    }


if __name__ == "__main__":
    sys.exit(main())
