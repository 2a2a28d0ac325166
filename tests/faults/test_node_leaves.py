"""A node that is told to stop tells its clients, finishes what it has heard, and loses nothing of what it has not."""

import asyncio
import signal
from pathlib import Path

import numpy as np
import pytest
from whisper_normalizer.english import EnglishTextNormalizer

from streaming.client.audio_files import audio_read
from streaming.client.rest import Rest
from streaming.client.session import AudioSession
from streaming.drain import DRAIN_S
from streaming.management.commands.speak import audio_capture
from streaming.recognizers.base import Float32
from tests.joining import joined
from tests.nodes import REPEATABLE, STOP_S, NodeProcess, database_make, node_environment, node_kill, node_start
from tests.sockets import Api, peer, silence

normalize = EnglishTextNormalizer()  # case and marks may depend on what was shown before a final
pytestmark = pytest.mark.speech

LONG_PAUSE_S = 3.0  # an utterance is over, and on its way to being committed


async def stopped(node: NodeProcess) -> int:
    node.process.send_signal(signal.SIGTERM)
    return await asyncio.to_thread(node.process.wait, STOP_S)


@pytest.fixture
def environment(tmp_path: Path, speech_cache: Path) -> dict[str, str]:
    environment = node_environment(
        data_dir=tmp_path / "data", models=speech_cache, RECOGNIZER_PROCESSES="1", **REPEATABLE
    )
    database_make(environment)
    return environment


async def test_whoever_goes_when_told_finds_what_was_heard_committed(
    environment: dict[str, str], speech_samples: dict[str, Path]
) -> None:
    """Utterances were over when the signal came, and not decoded yet: they are committed before the node ends."""
    audio = np.concatenate([audio_read(speech_samples["beckett"])] * 4 + [silence(LONG_PAUSE_S)])
    node = await asyncio.to_thread(node_start, environment)
    try:
        api = Api(node.url)
        meeting = api.meeting()
        admission = api.admit(meeting)
        async with peer(admission["ws_url"], admission["ticket"]) as ada:
            await ada.hello()
            await ada.stream(audio, real_time_x=50)
            await ada.until("ack", lambda ack: ack["received"] == audio.size)
            node.process.send_signal(signal.SIGTERM)
            goaway = await ada.until("goaway")
            assert (goaway["reason"], goaway["deadline_ms"]) == ("deploy", 1_000 * DRAIN_S)
        assert await asyncio.to_thread(node.process.wait, STOP_S) == 0
        node = await asyncio.to_thread(node_start, environment)
        segments = api.get(f"meetings/{meeting['code']}/transcript.json").json()["segments"]
        assert "better" in segments[-1]["text"].lower()
        async with peer(admission["ws_url"], api.ticket(admission)) as again:
            welcome = await again.hello(resume={"token": admission["resume_token"], "after_seq": 0}, consent=False)
            assert welcome["settled"] > audio.size - 2 * LONG_PAUSE_S * 16_000
            again.position = welcome["settled"]
            await again.stream(audio[welcome["settled"] :])
            ended = await again.end()
        assert (ended["received"], ended["gap"], ended["segments"]) == (audio.size, 0, len(segments))
    finally:
        node_kill(node)


async def test_whoever_stays_is_sent_away_in_the_end_and_goes_on_where_it_was(
    environment: dict[str, str], speech_samples: dict[str, Path]
) -> None:
    """A client that does not know `goaway` costs a stopping node its patience, and itself nothing."""
    audio = audio_read(speech_samples["beckett"])
    node = await asyncio.to_thread(node_start, environment)
    try:
        api = Api(node.url)
        admission = api.admit(api.meeting())
        async with peer(admission["ws_url"], admission["ticket"]) as ada:
            await ada.hello()
            await ada.stream(audio[: 3 * 16_000])
            node.process.send_signal(signal.SIGTERM)
            assert await ada.closed() == 1001
        assert await asyncio.to_thread(node.process.wait, STOP_S) == 0
        node = await asyncio.to_thread(node_start, environment)
        async with peer(admission["ws_url"], api.ticket(admission)) as again:
            welcome = await again.hello(resume={"token": admission["resume_token"], "after_seq": 0}, consent=False)
            again.position = welcome["settled"]
            await again.stream(audio[welcome["settled"] :])
            ended = await again.end()
        assert (ended["received"], ended["gap"]) == (audio.size, 0)
    finally:
        node_kill(node)


async def test_a_meeting_outlives_the_nodes_it_is_held_on(
    environment: dict[str, str], speech_samples: dict[str, Path]
) -> None:
    """Stopped and started anew while somebody speaks: the transcript is the undisturbed one."""
    audio = np.concatenate([audio_read(speech_samples["beckett"]), silence(1.0)])
    node = await asyncio.to_thread(node_start, environment)
    try:
        api = Api(node.url)
        disturbed, undisturbed = api.meeting(), api.meeting()
        async with asyncio.TaskGroup() as group:
            speaking = group.create_task(speak(node.url, disturbed["code"], audio))
            await asyncio.sleep(4.0)
            assert await stopped(node) == 0
            node = await asyncio.to_thread(node_start, environment)
        await speak(node.url, undisturbed["code"], audio, speed=0)
        found = [api.get(f"meetings/{each['code']}/transcript.json").json() for each in (disturbed, undisturbed)]
    finally:
        node_kill(node)
    assert (speaking.result()["received"], speaking.result()["gap"]) == (audio.size, 0)
    texts = [[normalize(segment["text"]) for segment in each["segments"]] for each in found]
    assert texts[0] == texts[1]


async def speak(url: str, code: str, audio: Float32, *, speed: float = 1.5) -> dict[str, int]:
    ended: dict[str, int] = {}
    async with Rest(url) as rest:
        admission = await joined(rest, code, display_name="Ada")
        async with AudioSession(rest, admission) as session, asyncio.TaskGroup() as group:
            group.create_task(audio_capture(session, audio, speed=speed))
            async for message in session.messages():
                if message["type"] == "ended":
                    ended = message
    return ended
