"""The supervisor with real child processes."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from streaming.supervisor import Child, ChildFailed, Supervisor
from tests.nodes import ROOT

WAIT_S = 60


def child(script: str, *arguments: str, is_vital: bool = False, stop_seconds: float = 10) -> Child:
    return Child(
        name="child",
        arguments=(sys.executable, "-c", script, *arguments),
        directory=ROOT,
        stop_seconds=stop_seconds,
        is_vital=is_vital,
    )


async def lines_of(path: Path, *, n: int) -> list[str]:
    async with asyncio.timeout(WAIT_S):
        while not path.exists() or len(path.read_text().splitlines()) < n:
            await asyncio.sleep(0.05)
    return path.read_text().splitlines()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/status")
    return not (status.exists() and "State:\tZ" in status.read_text())


async def gone(pid: int) -> None:
    async with asyncio.timeout(WAIT_S):
        while is_alive(pid):
            await asyncio.sleep(0.05)


WRITE_PID = "import os, sys; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); import time; time.sleep(600)"
DIE_AT_ONCE = "import os, sys; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n')"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + WRITE_PID
WITH_GRANDCHILD = (
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', sys.argv[2], sys.argv[1]]); time.sleep(600)"
)


async def test_stop_ends_every_child(tmp_path: Path) -> None:
    supervisor = Supervisor([child(WRITE_PID, str(tmp_path / name)) for name in "ab"])
    async with asyncio.TaskGroup() as group:
        group.create_task(supervisor.run())
        pids = [int((await lines_of(tmp_path / name, n=1))[0]) for name in "ab"]
        supervisor.stop()
    assert not any(is_alive(pid) for pid in pids)


async def test_a_child_that_dies_is_started_again(tmp_path: Path) -> None:
    supervisor = Supervisor([child(WRITE_PID, str(tmp_path / "pids"))])
    async with asyncio.TaskGroup() as group:
        group.create_task(supervisor.run())
        first = int((await lines_of(tmp_path / "pids", n=1))[0])
        os.kill(first, signal.SIGKILL)
        await lines_of(tmp_path / "pids", n=2)
        supervisor.stop()


async def test_a_vital_child_that_was_killed_before_it_had_run_for_long_is_started_again(tmp_path: Path) -> None:
    """Only one that ends by itself has said why, and would do so again."""
    supervisor = Supervisor([child(WRITE_PID, str(tmp_path / "pids"), is_vital=True)], start_seconds=600)
    async with asyncio.TaskGroup() as group:
        group.create_task(supervisor.run())
        os.kill(int((await lines_of(tmp_path / "pids", n=1))[0]), signal.SIGKILL)
        await lines_of(tmp_path / "pids", n=2)
        supervisor.stop()


async def test_a_child_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    supervisor = Supervisor([child(STUBBORN, str(tmp_path / "pids"), stop_seconds=0.2)])
    async with asyncio.TaskGroup() as group:
        group.create_task(supervisor.run())
        pid = int((await lines_of(tmp_path / "pids", n=1))[0])
        supervisor.stop()
    assert not is_alive(pid)


async def test_grandchildren_are_not_left_behind(tmp_path: Path) -> None:
    supervisor = Supervisor([child(WITH_GRANDCHILD, str(tmp_path / "pids"), WRITE_PID)])
    async with asyncio.TaskGroup() as group:
        group.create_task(supervisor.run())
        pid = int((await lines_of(tmp_path / "pids", n=1))[0])
        supervisor.stop()
    await gone(pid)


async def test_a_vital_child_that_cannot_start_ends_the_supervisor_and_its_other_children(tmp_path: Path) -> None:
    supervisor = Supervisor(
        [child(DIE_AT_ONCE, str(tmp_path / "vital"), is_vital=True), child(WRITE_PID, str(tmp_path / "other"))],
        start_seconds=600,
    )
    with pytest.raises(ChildFailed):
        await supervisor.run()
    if (tmp_path / "other").exists() and (pid := (tmp_path / "other").read_text()):
        assert not is_alive(int(pid))


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells children of their parent's death on Linux only")
async def test_children_end_even_if_the_supervisor_is_killed(tmp_path: Path) -> None:
    script = (
        "import asyncio, pathlib, sys; from streaming.supervisor import Child, Supervisor; "
        "asyncio.run(Supervisor([Child(name='child', arguments=(sys.executable, '-c', sys.argv[2], sys.argv[1]), "
        "directory=pathlib.Path.cwd(), stop_seconds=5, is_vital=False)]).run())"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", script, str(tmp_path / "pids"), WRITE_PID)
    pid = int((await lines_of(tmp_path / "pids", n=1))[0])
    parent.kill()
    await parent.wait()
    await gone(pid)
