"""The server process dies while one voice is in two microphones: it stays one line, and no word of it is lost."""

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from streaming.client.audio_files import audio_read
from streaming.recognizers.base import Float32
from tests.faults.test_server_killed import normalize, speak
from tests.nodes import REPEATABLE, database_make, node_environment, node_kill, node_start
from tests.sockets import Api, silence
from tests.unit.voices import leaked

pytestmark = pytest.mark.speech


FOUND_MS = 8_000  # by then it is known that the one microphone hears the other's voice


def words_of(api: Api, code: str, name: str, *, after_ms: int = 0) -> list[str]:
    segments: list[dict[str, Any]] = api.get(f"meetings/{code}/transcript.json").json()["segments"]
    own = [each for each in segments if each["speaker"] == name and each["start_ms"] >= after_ms]
    return [word for each in own for word in normalize(each["text"]).split()]


async def test_a_voice_that_leaks_is_one_line_though_the_server_was_killed_twice(
    tmp_path: Path, speech_cache: Path, speech_samples: dict[str, Path]
) -> None:
    voice: Float32 = np.concatenate([audio_read(speech_samples["two_cities"]), silence(1.0)])
    sounds = {"Ada": voice, "Grace": leaked(voice)}
    environment = node_environment(data_dir=tmp_path / "data", models=speech_cache, **REPEATABLE)
    database_make(environment)
    node = await asyncio.to_thread(node_start, environment)
    try:
        api = Api(node.url)
        disturbed, alone = api.meeting(), api.meeting()
        async with asyncio.TaskGroup() as group:
            speaking = [
                group.create_task(speak(node.url, disturbed["code"], name, sound)) for name, sound in sounds.items()
            ]
            for seconds in (9.0, 8.0):
                await asyncio.sleep(seconds)
                node_kill(node)
                node = await asyncio.to_thread(node_start, environment)
        await speak(node.url, alone["code"], "Ada", voice, speed=0)
        ada, expected = words_of(api, disturbed["code"], "Ada"), words_of(api, alone["code"], "Ada")
        grace = words_of(api, disturbed["code"], "Grace", after_ms=FOUND_MS)
        seqs = [each["seq"] for each in api.get(f"meetings/{disturbed['code']}/events").json()["data"]]
    finally:
        node_kill(node)
    assert [(each.result()["received"], each.result()["gap"]) for each in speaking] == [(voice.size, 0)] * 2
    assert ada == expected
    assert grace == [], "what was known of the leak outlives the process, with the levels that commits stored"
    assert seqs == list(range(1, len(seqs) + 1))
