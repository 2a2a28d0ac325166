"""All recognizers stand still: the node says so, audio waits with the people, and all is transcribed afterwards."""

import asyncio
from pathlib import Path

import httpx
import numpy as np
import pytest
from whisper_normalizer.english import EnglishTextNormalizer

from streaming.client.audio_files import audio_read
from streaming.conditions import RECOGNITION_UNAVAILABLE
from tests.faults.recognizer_processes import all_suspended
from tests.nodes import REPEATABLE, NodeProcess, node_environment, node_running, wait_until_ready
from tests.sockets import WAIT_S, Api, Peer, peer, silence

normalize = EnglishTextNormalizer()  # case and marks may depend on what was shown before a final
pytestmark = pytest.mark.speech


async def until_unready(node: NodeProcess) -> list[str]:
    async with httpx.AsyncClient(timeout=WAIT_S) as http, asyncio.timeout(WAIT_S):
        while True:
            answer = await http.get(f"{node.url}/readyz")
            if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                return list(answer.json()["problems"])
            await asyncio.sleep(0.1)


async def metrics_once_recognizing(node: NodeProcess) -> str:
    """On a machine that is busy the node may doubt its recognizers for a moment."""
    async with httpx.AsyncClient(timeout=WAIT_S) as http, asyncio.timeout(WAIT_S):
        while "colloquy_recognition_ok 1.0" not in (metrics := (await http.get(f"{node.url}/metrics")).text):
            await asyncio.sleep(0.1)
    return metrics


async def until_flow(ada: Peer, state: str) -> None:
    await ada.until("flow", lambda message: message["state"] == state)


async def test_with_all_recognizers_suspended_people_are_told_and_nothing_is_lost(
    tmp_path: Path, speech_cache: Path, speech_samples: dict[str, Path]
) -> None:
    audio = np.concatenate([audio_read(speech_samples["beckett"]), silence(1.5)])
    middle = 5 * 16_000
    environment = node_environment(
        data_dir=tmp_path / "data", models=speech_cache, RECOGNIZER_PROCESSES="2", **REPEATABLE
    )
    with node_running(environment) as node:
        api = Api(node.url)
        meeting = api.meeting()
        admission, viewer = api.admit(meeting), api.admit(meeting, "Vera", "viewer")
        async with (
            peer(admission["ws_url"], admission["ticket"]) as ada,
            peer(f"{viewer['ws_url']}?after_seq=0", viewer["ticket"]) as vera,
        ):
            await vera.until("live")
            await ada.hello()
            with all_suspended(node):
                await ada.stream(audio[:middle])
                assert await until_unready(node) == ["recognizers"]
                await until_flow(ada, "pause")
                assert [each["code"] for each in ada.of("warning")] == [RECOGNITION_UNAVAILABLE]
                await vera.until("warning", lambda message: message["code"] == RECOGNITION_UNAVAILABLE)
                assert ada.finals() == []
            await until_flow(ada, "ok")
            await asyncio.to_thread(wait_until_ready, node)
            await ada.stream(audio[middle:])
            ended = await ada.end()
            assert [each["state"] for each in ada.of("flow") if each["state"] != "slow"][:2] == ["pause", "ok"]
        undisturbed = api.meeting()
        admission = api.admit(undisturbed)
        async with peer(admission["ws_url"], admission["ticket"]) as ada:
            await ada.hello()
            await ada.stream(audio)
            await ada.end()
        found = [api.get(f"meetings/{each['code']}/transcript.json").json() for each in (meeting, undisturbed)]
        metrics = await metrics_once_recognizing(node)
    assert (ended["received"], ended["gap"]) == (audio.size, 0)
    said = [[normalize(segment["text"]) for segment in each["segments"]] for each in found]
    assert said[0] == said[1]
    assert "better" in said[0][-1]
    assert "colloquy_ledger_violations_total 0.0" in metrics
