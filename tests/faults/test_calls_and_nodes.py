"""A telephone keeps nothing: what a call loses with its node, and what it does not."""

import asyncio
import signal
from pathlib import Path
from typing import Any

import pytest

from streaming.client.audio_files import audio_read
from streaming.recognizers.base import Float32
from tests.calls import AnyScript, TwilioScript, call, key_made
from tests.nodes import STOP_S, NodeProcess, database_make, node_environment, node_kill, node_start
from tests.ports import free_port
from tests.sockets import Api, Message

SECOND = 16_000


@pytest.fixture
def environment(tmp_path: Path, speech_cache: Path) -> dict[str, str]:
    environment = node_environment(data_dir=tmp_path / "data", models=speech_cache, RECOGNIZER_PROCESSES="1")
    database_make(environment)
    return environment


@pytest.fixture
def beckett(speech_samples: dict[str, Path]) -> Float32:
    return audio_read(speech_samples["beckett"])


async def begin(node: NodeProcess) -> tuple[Api, Message, str]:
    api = Api(node.url)
    meeting = api.meeting("A call")
    token = node.manage("api_token", "telephony").strip()
    return api, meeting, key_made(api.url, meeting, token=token)["twilio"]["ws_url"]


async def rest_of_the_call(url: str, script: AnyScript, audio: Float32) -> None:
    async with call(url, TwilioScript(call_id=script.call_id)) as line:
        await line.start()
        await line.stream(audio, real_time_x=1.0)
        assert await line.hang_up() == 1000


def account(api: Api, meeting: Message) -> tuple[dict[str, Any], str]:
    [session] = api.get(f"meetings/{meeting['code']}/ledger").json()["sessions"]
    transcript = api.get(f"meetings/{meeting['code']}/transcript.json").json()
    assert len(transcript["participants"]) == 1
    return session, " ".join(each["text"].lower() for each in transcript["segments"])


async def test_a_node_that_stops_commits_what_a_caller_said_before_it_sends_the_call_away(
    environment: dict[str, str], beckett: Float32
) -> None:
    """In the middle of a sentence, at the pace of the call. The call comes back to the next node."""
    node = await asyncio.to_thread(node_start, environment)
    try:
        api, meeting, url = await begin(node)
        script = TwilioScript()
        async with call(url, script) as line:
            await line.start()
            await line.stream(beckett[: 3 * SECOND], real_time_x=1.0)
            node.process.send_signal(signal.SIGTERM)
            assert await line.closed() == 4503
        assert await asyncio.to_thread(node.process.wait, STOP_S) == 0
        node = await asyncio.to_thread(node_start, environment)
        session, words = account(api, meeting)
        assert (session["received"], session["settled"]) == (3 * SECOND, 3 * SECOND)
        assert "ever tried" in words
        await rest_of_the_call(url, script, beckett[3 * SECOND :])
        session, words = account(api, meeting)
        assert {gap["reason"] for gap in session["gaps"]} == {"call_interrupted"}
        assert "better" in words
    finally:
        node_kill(node)


async def test_a_call_that_comes_back_after_its_node_was_killed_goes_on_with_its_session(
    environment: dict[str, str], beckett: Float32
) -> None:
    """What the killed node had not committed is lost, and recorded as lost."""
    node = await asyncio.to_thread(node_start, environment)
    try:
        api, meeting, url = await begin(node)
        script = TwilioScript()
        async with call(url, script) as line:
            await line.start()
            await line.stream(beckett[: 5 * SECOND], real_time_x=1.0)
            node_kill(node)
            await line.closed()
        node = await asyncio.to_thread(node_start, environment)
        before, _ = account(api, meeting)
        await rest_of_the_call(url, script, beckett[5 * SECOND :])
        session, words = account(api, meeting)
        assert session["session_id"] == before["session_id"]
        [gap] = session["gaps"]
        assert (gap["from"], gap["reason"]) == (before["settled"], "call_interrupted")
        assert session["received"] == session["speech"] + session["nonspeech"] + gap["to"] - gap["from"]
        assert "better" in words
    finally:
        node_kill(node)


async def test_a_call_whose_connection_is_cut_goes_on_on_another_node_without_losing_a_word(
    environment: dict[str, str], beckett: Float32
) -> None:
    """In the middle of a sentence, of which only the first node has the beginning. It lives, and commits it."""
    nodes: list[NodeProcess] = []
    try:
        for name in ("one", "two"):
            mine = environment | {"NODE_NAME": name, "PORT": str(free_port())}
            nodes.append(await asyncio.to_thread(node_start, mine))
        api, meeting, url = await begin(nodes[0])
        script = TwilioScript()
        async with call(url, script) as line:
            await line.start()
            await line.stream(beckett[: 3 * SECOND], real_time_x=1.0)
            line.socket.transport.abort()
        there = url.replace(nodes[0].environment["PORT"], nodes[1].environment["PORT"])
        await rest_of_the_call(there, script, beckett[3 * SECOND :])
        session, words = account(api, meeting)
        assert {gap["reason"] for gap in session["gaps"]} <= {"call_interrupted"}
        assert all(gap["from"] >= 3 * SECOND for gap in session["gaps"])
        assert session["received"] == sum(session[kind] for kind in ("speech", "nonspeech", "muted", "gap"))
        assert "ever tried" in words
        assert "better" in words
    finally:
        for node in nodes:
            node_kill(node)
