"""Two recordings streamed at the same time: who said what, while it is said, and afterwards."""

import asyncio
import json
from pathlib import Path

import jiwer
import pytest
from whisper_normalizer.english import EnglishTextNormalizer

from streaming.client.audio_files import audio_read
from streaming.client.rest import Rest
from streaming.client.session import AudioSession
from streaming.management.commands.speak import audio_capture, recordings_join
from streaming.recognizers.base import DecodeOptions
from streaming.recognizers.registry import recognizer_load
from streaming.speech_models.store import model_ensure
from tests.joining import joined
from tests.nodes import NodeProcess
from tests.sockets import Api, Peer, peer

N_UTTERANCES = 10  # of each of two speakers, all there are: one word in a hundred is one point
MOST_POINTS_LOST = 2.0

normalize = EnglishTextNormalizer()


@pytest.fixture(scope="session")
def readings(shared_testdata: Path) -> dict[str, list[tuple[Path, str]]]:
    """Two speakers, the first utterances of each with their text."""
    found: dict[str, list[tuple[Path, str]]] = {}
    for line in (shared_testdata / "read" / "manifest.jsonl").read_text().splitlines():
        row = json.loads(line)
        found.setdefault(row["speaker"], []).append((shared_testdata / "read" / row["audio"], row["text"]))
    return {speaker: found[speaker][:N_UTTERANCES] for speaker in sorted(found)[1:3]}


async def speak(url: str, code: str, name: str, files: list[Path]) -> None:
    audio = recordings_join([audio_read(path) for path in files])
    async with Rest(url) as rest:
        admission = await joined(rest, code, display_name=name)
        async with AudioSession(rest, admission) as session, asyncio.TaskGroup() as group:
            group.create_task(audio_capture(session, audio, speed=3.0))
            async for _ in session.messages():
                pass
    assert session.settled == audio.size


async def watch(feed: Peer) -> None:
    while sum(each["event"]["type"] == "participant.left" for each in feed.of("event")) < 2:
        await feed.until("event")


async def test_two_recordings_at_once_are_captioned_under_the_right_names_as_well_as_offline(
    running_node: NodeProcess, speech_cache: Path, readings: dict[str, list[tuple[Path, str]]]
) -> None:
    api = Api(running_node.url)
    meeting = api.meeting("First light")
    viewer = api.admit(meeting, "Vera", "viewer")
    async with peer(f"{viewer['ws_url']}?after_seq=0", viewer["ticket"]) as feed, asyncio.TaskGroup() as group:
        group.create_task(watch(feed))
        for name, spoken in readings.items():
            group.create_task(speak(running_node.url, meeting["code"], name, [path for path, _ in spoken]))
    segments = api.get(f"meetings/{meeting['code']}/transcript.json").json()["segments"]
    seqs = feed.durable_seqs()
    assert seqs == list(range(1, len(seqs) + 1))
    shown = sorted((each["segment"] for each in feed.finals()), key=lambda each: (each["start_ms"], each["id"]))
    assert shown == sorted(segments, key=lambda each: (each["start_ms"], each["id"]))

    offline = recognizer_load(model_ensure(name="moonshine-base-en", directory=None, cache=speech_cache))
    spoken = [each for one in readings.values() for each in one]
    reference = normalize(" ".join(text for _, text in spoken))
    decoded = normalize(
        " ".join(offline.transcribe(audio_read(path), DecodeOptions(language="en")).text for path, _ in spoken)
    )
    streamed = normalize(" ".join(each["text"] for name in readings for each in segments if each["speaker"] == name))
    points = {"streamed": 100 * jiwer.wer(reference, streamed), "offline": 100 * jiwer.wer(reference, decoded)}
    assert points["streamed"] <= points["offline"] + MOST_POINTS_LOST, points
    for name, recordings in readings.items():
        heard = set(normalize(" ".join(each["text"] for each in segments if each["speaker"] == name)).split())
        for _, text in recordings:
            words = normalize(text).split()
            assert sum(word in heard for word in words) >= len(words) / 2, "an utterance is missing"
