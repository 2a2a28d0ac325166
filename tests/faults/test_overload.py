"""More people want in, and speak, than a node can transcribe: those inside lose nothing, the others are told so."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from streaming.client.audio_files import audio_read
from streaming.client.rest import Admission, Rest
from streaming.client.session import AudioSession
from streaming.management.commands.speak import audio_capture
from streaming.recognizers.base import Float32
from tests.nodes import NodeProcess, node_environment, node_running
from tests.sockets import Api

pytestmark = pytest.mark.speech

JOINS_AT_ONCE = 24
MOST_JOINS = 240  # no machine decodes so many voices with one recognizer


async def speak(url: str, joined: dict[str, Any], audio: Float32) -> list[dict[str, Any]]:
    admission = Admission(**{name: joined[name] for name in Admission.__dataclass_fields__})
    received = []
    async with Rest(url) as rest, AudioSession(rest, admission) as session, asyncio.TaskGroup() as group:
        group.create_task(audio_capture(session, audio, speed=0))
        async for message in session.messages():
            received.append(message)
    return received


async def ask_until_refused(node: NodeProcess, meeting: dict[str, Any]) -> list[httpx.Response]:
    """How many a node takes follows from how fast it is: crowds come until somebody is refused."""
    answers: list[httpx.Response] = []
    while len(answers) < MOST_JOINS and all(answer.status_code == httpx.codes.CREATED for answer in answers):
        numbers = range(len(answers), len(answers) + JOINS_AT_ONCE)
        answers += await asyncio.gather(*(ask(node, meeting, number) for number in numbers))
    return answers


async def ask(node: NodeProcess, meeting: dict[str, Any], number: int) -> httpx.Response:
    async with httpx.AsyncClient(timeout=60) as http:
        path = f"{node.url}/api/v1/meetings/{meeting['code']}/participants"
        return await http.post(path, json={"display_name": f"Speaker {number}"})


async def test_a_full_node_refuses_newcomers_and_loses_nothing_of_those_inside(
    tmp_path: Path, speech_cache: Path, speech_samples: dict[str, Path]
) -> None:
    audio = audio_read(speech_samples["beckett"])
    environment = node_environment(data_dir=tmp_path / "data", models=speech_cache, RECOGNIZER_PROCESSES="1")
    with node_running(environment) as node:
        api = Api(node.url)
        meeting = api.meeting()
        answers = await ask_until_refused(node, meeting)
        refused = [answer for answer in answers if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE]
        admitted = [answer.json() for answer in answers if answer.status_code == httpx.codes.CREATED]
        assert (len(refused) + len(admitted), bool(refused), bool(admitted)) == (len(answers), True, True)
        assert {answer.json()["code"] for answer in refused} == {"overloaded"}
        assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)
        viewer = api.admit(meeting, "Vera", "viewer")
        assert viewer["ticket"]  # who only watches needs no room
        voices = await asyncio.gather(*(speak(node.url, joined, audio) for joined in admitted))
        segments = api.get(f"meetings/{meeting['code']}/transcript.json").json()["segments"]
    for joined, received in zip(admitted, voices, strict=True):
        ended = next(message for message in received if message["type"] == "ended")
        assert (ended["received"], ended["gap"]) == (audio.size, 0)
        mine = [each for each in segments if each["participant_id"] == joined["participant_id"]]
        shown = [
            message["segment"]
            for message in received
            if message["type"] == "segment"
            and message["seq"] is not None
            and message["segment"]["participant_id"] == joined["participant_id"]
        ]
        assert shown == mine
        assert "better" in mine[-1]["text"].lower()
    assert any(message["type"] == "flow" and message["state"] == "slow" for each in voices for message in each)
