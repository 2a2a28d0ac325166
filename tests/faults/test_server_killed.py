"""The server process dies at any instant; what the client still holds is transcribed once, and nothing twice."""

import asyncio
from pathlib import Path

import numpy as np
from whisper_normalizer.english import EnglishTextNormalizer

from streaming.client.audio_files import audio_read
from streaming.client.rest import Rest
from streaming.client.session import AudioSession
from streaming.management.commands.speak import audio_capture
from streaming.recognizers.base import Float32
from tests.joining import joined
from tests.nodes import REPEATABLE, database_make, node_environment, node_kill, node_start
from tests.sockets import Api, silence

normalize = EnglishTextNormalizer()


async def speak(url: str, code: str, name: str, audio: Float32, *, speed: float = 1.5) -> dict[str, int]:
    ended: dict[str, int] = {}
    async with Rest(url) as rest:
        admission = await joined(rest, code, display_name=name)
        async with AudioSession(rest, admission) as session, asyncio.TaskGroup() as group:
            group.create_task(audio_capture(session, audio, speed=speed))
            async for message in session.messages():
                if message["type"] == "ended":
                    ended = message
    return ended


async def test_a_word_spoken_while_the_server_was_killed_is_in_the_transcript(
    tmp_path: Path, speech_cache: Path, speech_samples: dict[str, Path]
) -> None:
    """kill -9 in mid-utterance, twice: the client replays from `settled`, the transcript equals the undisturbed one."""
    audio = np.concatenate([audio_read(speech_samples["beckett"]), silence(1.0)] * 2)
    environment = node_environment(data_dir=tmp_path / "data", models=speech_cache, **REPEATABLE)
    database_make(environment)
    node = await asyncio.to_thread(node_start, environment)
    try:
        api = Api(node.url)
        disturbed, undisturbed = api.meeting(), api.meeting()
        async with asyncio.TaskGroup() as group:
            speaking = group.create_task(speak(node.url, disturbed["code"], "Ada", audio))
            for seconds in (3.0, 4.0):
                await asyncio.sleep(seconds)
                node_kill(node)
                node = await asyncio.to_thread(node_start, environment)
        await speak(node.url, undisturbed["code"], "Ada", audio, speed=0)
        found = [api.get(f"meetings/{each['code']}/transcript.json").json() for each in (disturbed, undisturbed)]
        said = [[normalize(segment["text"]) for segment in each["segments"]] for each in found]
        seqs = [each["seq"] for each in api.get(f"meetings/{disturbed['code']}/events").json()["data"]]
    finally:
        node_kill(node)
    ended = speaking.result()
    assert (ended["received"], ended["gap"]) == (audio.size, 0)
    assert said[0] == said[1]
    assert seqs == list(range(1, len(seqs) + 1))
