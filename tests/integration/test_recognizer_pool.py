"""Recognizer processes and their pool: real speech, crashes, cancellations, models that cannot be loaded."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from streaming.recognizers.base import (
    DecodeOptions,
    Float32,
    LanguageUnsupported,
    Recognizer,
    RecognizerClosed,
    RecognizerCrashed,
    RecognizerTimeout,
)
from streaming.recognizers.pool import RecognizerPool
from streaming.recognizers.process import RecognizerProcess
from streaming.recognizers.registry import recognizer_load
from streaming.speech_models.prepared import PreparedModel
from streaming.speech_models.store import model_ensure
from tests.nodes import ROOT
from tests.speech import assert_beckett, sound_read

pytestmark = pytest.mark.speech


def is_running(pid: int) -> bool:
    """A process that ended but was not yet asked about (a container may have nobody who asks) does not run."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


async def until_gone(pid: int) -> None:
    async with asyncio.timeout(30):
        while is_running(pid):
            await asyncio.sleep(0.02)


@pytest.fixture(scope="session")
def model(speech_cache: Path) -> PreparedModel:
    return model_ensure(name="moonshine-base-en", directory=None, cache=speech_cache)


@pytest.fixture(scope="session")
def recognizer(model: PreparedModel) -> Recognizer:
    return recognizer_load(model)


@pytest.fixture(scope="session")
def beckett(speech_samples: dict[str, Path]) -> Float32:
    return sound_read(speech_samples["beckett"])


@pytest.fixture
async def process(model: PreparedModel) -> AsyncIterator[RecognizerProcess]:
    process = RecognizerProcess(model)
    await process.start()
    yield process
    await process.close()


# --- one process -----------------------------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="this system does not tell what a process has mapped")
async def test_weights_are_mapped_from_their_files_which_all_processes_share(process: RecognizerProcess) -> None:
    assert process.pid is not None
    mapped = Path(f"/proc/{process.pid}/maps").read_text()
    assert {"encoder.weights", "decoder.weights"} <= {line.rpartition("/")[2] for line in mapped.splitlines()}


async def test_a_process_says_what_the_model_says(
    process: RecognizerProcess, recognizer: Recognizer, beckett: Float32
) -> None:
    here = recognizer.transcribe(beckett, DecodeOptions(language="en"))
    said = await process.transcribe(beckett, DecodeOptions(language="en"))
    assert said == replace(here, engine="moonshine-base-en")
    assert process.languages == ("en",)


async def test_a_cancelled_callers_answer_is_never_given_to_the_next(
    process: RecognizerProcess, beckett: Float32
) -> None:
    silence = np.zeros(16_000, dtype=np.float32)
    for n_turns in range(4):
        given_up = asyncio.ensure_future(process.transcribe(beckett, DecodeOptions(language="en")))
        for _ in range(n_turns * n_turns):
            await asyncio.sleep(0)
        given_up.cancel()
        assert (await process.transcribe(silence, DecodeOptions(language="en"))).text == ""
    assert_beckett(await process.transcribe(beckett, DecodeOptions(language="en")))


async def test_an_answer_that_takes_too_long_costs_the_process_its_life(
    process: RecognizerProcess, beckett: Float32
) -> None:
    assert process.pid is not None
    with pytest.raises(RecognizerTimeout):
        await process.transcribe(beckett, DecodeOptions(language="en"), timeout_s=0.01)
    assert not process.is_alive
    await process.wait()
    assert not is_running(process.pid)
    with pytest.raises(RecognizerCrashed):
        await process.transcribe(beckett, DecodeOptions(language="en"))


async def test_killed_while_it_decodes_is_a_crash_that_can_be_tried_again(
    process: RecognizerProcess, beckett: Float32
) -> None:
    assert process.pid is not None
    async with asyncio.TaskGroup() as group:
        decoding = group.create_task(_failure(process, beckett))
        await asyncio.sleep(0)
        os.kill(process.pid, signal.SIGKILL)
    assert isinstance(decoding.result(), RecognizerCrashed)
    assert decoding.result().retryable


async def _failure(process: RecognizerProcess, audio: Float32) -> RecognizerCrashed:
    with pytest.raises(RecognizerCrashed) as caught:
        await process.transcribe(audio, DecodeOptions(language="en"))
    return caught.value


async def test_an_error_of_the_recognizer_leaves_the_process_alive(
    process: RecognizerProcess, beckett: Float32
) -> None:
    with pytest.raises(LanguageUnsupported):
        await process.transcribe(beckett, DecodeOptions(language="de"))
    assert_beckett(await process.transcribe(beckett, DecodeOptions(language="en")))


async def test_ctrl_c_does_not_reach_it(process: RecognizerProcess, beckett: Float32) -> None:
    assert process.pid is not None
    os.kill(process.pid, signal.SIGINT)
    assert_beckett(await process.transcribe(beckett, DecodeOptions(language="en")))


async def test_close_in_the_middle_of_a_decode_leaves_no_process(model: PreparedModel, beckett: Float32) -> None:
    process = RecognizerProcess(model)
    await process.start()
    assert process.pid is not None
    async with asyncio.TaskGroup() as group:
        group.create_task(_failure(process, np.tile(beckett, 3)))
        await asyncio.sleep(0)
        await process.close()
    assert not is_running(process.pid)


async def test_a_start_that_is_cancelled_leaves_no_process(model: PreparedModel) -> None:
    process = RecognizerProcess(model)
    starting = asyncio.ensure_future(process.start())
    async with asyncio.timeout(30):
        while process.pid is None:
            await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert not is_running(process.pid)


async def test_it_ends_with_the_server_that_started_it(model: PreparedModel) -> None:
    """kill -9 of the server: its recognizers do not stay behind."""
    program = (
        "import asyncio, sys, pathlib\n"
        "from streaming.recognizers.process import RecognizerProcess\n"
        "from streaming.speech_models.prepared import prepared_verify\n"
        "async def main():\n"
        "    process = RecognizerProcess(prepared_verify(pathlib.Path(sys.argv[1])))\n"
        "    await process.start()\n"
        "    print(process.pid, flush=True)\n"
        "    await asyncio.sleep(600)\n"
        "asyncio.run(main())\n"
    )
    command = [sys.executable, "-c", program, str(model.path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        pid = int(await asyncio.to_thread(server.stdout.readline))
        server.kill()
    await until_gone(pid)


async def test_a_process_that_could_not_be_started_is_started_later(
    model: PreparedModel, beckett: Float32, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, failures = asyncio.create_subprocess_exec, [OSError(12, "no memory"), OSError(11, "no process")]

    async def starting(*args: Any, **kwargs: Any) -> asyncio.subprocess.Process:
        if failures:
            raise failures.pop()
        return await start(*args, **kwargs)

    pool = RecognizerPool(model, n_processes=1)
    failing, failures = failures, []
    await pool.start()
    monkeypatch.setattr(asyncio, "create_subprocess_exec", starting)
    failures = failing
    async with pool.slot() as process:
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
    assert_beckett(await pool.transcribe(beckett, DecodeOptions(language="en")))
    assert failures == []
    await pool.close()


# --- the pool --------------------------------------------------------------------------------------------------


@pytest.fixture
async def pool(model: PreparedModel) -> AsyncIterator[RecognizerPool]:
    pool = RecognizerPool(model, n_processes=1)
    await pool.start()
    yield pool
    pids = pool.pids
    await pool.close()
    assert not any(is_running(pid) for pid in pids)


async def test_the_pool_proves_itself_with_known_speech(pool: RecognizerPool) -> None:
    assert (pool.n_ready, pool.n_idle) == (1, 1)
    assert await pool.check()
    assert pool.supports("en-US")
    assert not pool.supports("de")


async def test_a_killed_process_is_replaced_and_callers_wait_for_it(pool: RecognizerPool, beckett: Float32) -> None:
    (pid,) = pool.pids
    os.kill(pid, signal.SIGKILL)
    async with asyncio.timeout(30):
        while pid in pool.pids:  # until the event loop has heard of it; a caller before that gets RecognizerCrashed
            await asyncio.sleep(0.01)
    assert_beckett(await pool.transcribe(beckett, DecodeOptions(language="en")))
    assert pid not in pool.pids
    assert (pool.n_ready, pool.n_restarts) == (1, 1)


async def test_one_caller_at_a_time_has_the_process(pool: RecognizerPool, beckett: Float32) -> None:
    async with pool.slot() as process:
        assert pool.n_idle == 0
        with pytest.raises(RecognizerTimeout):
            await pool.transcribe(beckett, DecodeOptions(language="en"), timeout_s=0.01)
        assert_beckett(await process.transcribe(beckett, DecodeOptions(language="en")))
    assert pool.n_idle == 1


async def test_a_caller_that_is_cancelled_while_it_waits_takes_no_process_along(pool: RecognizerPool) -> None:
    async with pool.slot():
        waiting = [asyncio.ensure_future(pool.check()) for _ in range(3)]
        await asyncio.sleep(0)
        for caller in waiting[:2]:
            caller.cancel()
    waiting[1].cancel()
    assert await waiting[2]
    await asyncio.gather(*waiting, return_exceptions=True)
    assert pool.n_idle == 1


async def test_closing_tells_those_who_wait(model: PreparedModel, beckett: Float32) -> None:
    pool = RecognizerPool(model, n_processes=1)
    await pool.start()
    async with pool.slot():
        waiting = asyncio.ensure_future(pool.transcribe(beckett, DecodeOptions(language="en")))
        await asyncio.sleep(0)
        await pool.close()
    with pytest.raises(RecognizerClosed):
        await waiting
    with pytest.raises(RecognizerClosed):
        await pool.transcribe(beckett, DecodeOptions(language="en"))
