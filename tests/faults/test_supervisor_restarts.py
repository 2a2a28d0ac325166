"""`manage.py run` for real: what dies comes back without loss, and what is to end ends without leaving anything."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import numpy as np
import psutil
import pytest
from whisper_normalizer.english import EnglishTextNormalizer

from streaming.client.audio_files import audio_read
from streaming.client.rest import Rest
from streaming.client.session import AudioSession
from streaming.management.commands.speak import audio_capture
from streaming.recognizers.base import Float32
from tests.joining import joined
from tests.nodes import ROOT, STOP_S, NodeProcess, node_environment, wait_until_ready
from tests.sockets import Api, Message, silence

WAIT_S = 60
WEB, WORKER = "manage.py serve", "celery --app config"

normalize = EnglishTextNormalizer()


@asynccontextmanager
async def everything_running(data_dir: Path, models: Path) -> AsyncIterator[NodeProcess]:
    """`manage.py run`, ready and with its worker. Nothing of it is left when a test fails."""
    environment = node_environment(data_dir=data_dir, models=models, RECOGNIZER_PROCESSES="1")
    with (data_dir / "node.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "run"], env=environment, cwd=ROOT, stdout=log, stderr=log
        )
    node = NodeProcess(
        url=f"http://127.0.0.1:{environment['PORT']}", data_dir=data_dir, environment=environment, process=process
    )
    try:
        await asyncio.to_thread(wait_until_ready, node)
        await until(lambda: pids_of(node, WORKER) != [])
        yield node
    finally:
        for each in processes_of(node):
            each.kill()
        process.wait()


def processes_of(node: NodeProcess) -> list[psutil.Process]:
    """Everything that lives and was started for this data directory, whoever its parent is by now."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("DATA_DIR") == str(node.data_dir) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def pids_of(node: NodeProcess, command: str) -> list[int]:
    """The supervisor's own living children of this command: those that it has to keep running."""
    return [each.pid for each in psutil.Process(node.process.pid).children() if command in command_of(each)]


def command_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:  # it has ended
        return ""


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not is_so():
            await asyncio.sleep(0.1)


async def killed_and_back(node: NodeProcess, command: str) -> None:
    (pid,) = pids_of(node, command)
    psutil.Process(pid).kill()
    await until(lambda: pids_of(node, command) not in ([], [pid]))


def is_ready(node: NodeProcess) -> bool:
    try:
        return httpx.get(f"{node.url}/readyz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


async def spoken(node: NodeProcess, meeting: Message, audio: Float32) -> Message:
    """What `ended` says, after speaking through whatever happens to the server."""
    ended: Message = {}
    async with Rest(node.url) as rest:
        admission = await joined(rest, meeting["code"], display_name="Ada")
        async with AudioSession(rest, admission) as session, asyncio.TaskGroup() as group:
            group.create_task(audio_capture(session, audio, speed=1.5))
            async for message in session.messages():
                ended = message if message["type"] == "ended" else ended
    return ended


async def test_the_web_node_and_the_worker_come_back_after_kill_9_and_no_word_is_lost(
    tmp_path: Path, speech_cache: Path, speech_samples: dict[str, Path]
) -> None:
    audio = np.concatenate([audio_read(speech_samples["beckett"]), silence(1.0)])
    async with everything_running(tmp_path / "data", speech_cache) as node:
        api = Api(node.url)
        meeting = api.meeting()
        async with asyncio.TaskGroup() as group:
            speaking = group.create_task(spoken(node, meeting, audio))
            await asyncio.sleep(3)
            await killed_and_back(node, WEB)
            await killed_and_back(node, WORKER)
        ended = speaking.result()
        await until(lambda: is_ready(node))
        segments = api.get(f"meetings/{meeting['code']}/transcript.json").json()["segments"]
        node.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(node.process.wait, STOP_S) == 0, node.log()
        await until(lambda: processes_of(node) == [])  # who lost its parent hears of it a moment later
    assert (ended["received"], ended["gap"]) == (audio.size, 0)
    said = normalize(" ".join(each["text"] for each in segments))
    assert said.startswith("ever tried ever failed no matter try again fail again")
    assert (said.count("ever tried"), said.count("try again"), said.count("better")) == (1, 1, 1)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells children of their parent's death on Linux only")
async def test_nothing_outlives_a_supervisor_that_is_killed(tmp_path: Path, speech_cache: Path) -> None:
    """Neither the web node and the worker, nor what they have started themselves."""
    async with everything_running(tmp_path / "data", speech_cache) as node:
        assert len(processes_of(node)) > 3
        node.process.kill()
        node.process.wait()
        await until(lambda: processes_of(node) == [])
