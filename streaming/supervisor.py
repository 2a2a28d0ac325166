"""Keeps child processes running until told to stop, and leaves none behind."""

import asyncio
import ctypes
import logging
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

logger = logging.getLogger(__name__)

FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 30.0
STEADY_S = 60.0  # a child that ran this long had no trouble starting; its next fault waits from the beginning
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    name: str
    arguments: tuple[str, ...]
    directory: Path
    stop_seconds: float  # what it gets between SIGTERM and SIGKILL
    is_vital: bool  # when it cannot even start, trying again would only hide why


class ChildFailed(Exception):
    """A vital child ended before it had ever run properly; it has said why itself."""


class Supervisor:
    def __init__(self, children: Sequence[Child], *, start_seconds: float = 15.0) -> None:
        self._children = children
        self._start_seconds = start_seconds
        self._stop = asyncio.Event()

    def stop(self) -> None:
        self._stop.set()

    async def run(self) -> None:
        """Returns after `stop()`, when all children are gone. Raises ChildFailed, all others gone too."""
        try:
            async with asyncio.TaskGroup() as group:
                for child in self._children:
                    group.create_task(self._keep(child), name=child.name)
        except* ChildFailed as failures:
            raise failures.exceptions[0] from None

    async def _keep(self, child: Child) -> None:
        delay_s, has_run = FIRST_DELAY_S, False
        while not self._stop.is_set():
            ran_s, exit_code = await self._run_once(child)
            if self._stop.is_set():
                return
            was_killed = exit_code < 0  # by somebody, or by the kernel: that says nothing about the next attempt
            if child.is_vital and not (has_run or was_killed) and ran_s < self._start_seconds:
                raise ChildFailed(child.name)
            has_run = has_run or not was_killed or ran_s >= self._start_seconds
            delay_s = FIRST_DELAY_S if ran_s >= STEADY_S else delay_s
            extra = {"child": child.name, "exit_code": exit_code}
            logger.error("a child process ended and is started again", extra=extra)
            await self._stopped_within(delay_s)
            delay_s = min(2 * delay_s, LONGEST_DELAY_S)

    async def _run_once(self, child: Child) -> tuple[float, int]:
        """Run the child until it ends or is to stop; how long it ran, in seconds, and its exit code."""
        loop = asyncio.get_running_loop()
        started_at = loop.time()
        process = await asyncio.create_subprocess_exec(
            *child.arguments,
            cwd=child.directory,
            # A group of its own: Ctrl-C in the terminal reaches us alone, and we end everything in order.
            process_group=0,
            preexec_fn=partial(_end_with_parent, os.getpid()),
        )
        ending, stopping = asyncio.ensure_future(process.wait()), asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait([ending, stopping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            await asyncio.wait([stopping])
            await self._end(process, ending, child.stop_seconds)
        return loop.time() - started_at, await ending

    async def _end(self, process: asyncio.subprocess.Process, ending: asyncio.Future[int], stop_seconds: float) -> None:
        if process.returncode is None:
            process.terminate()
            await asyncio.wait([ending], timeout=stop_seconds)
        try:
            os.killpg(process.pid, signal.SIGKILL)  # whatever it has left behind
        except (ProcessLookupError, PermissionError):
            pass
        await ending

    async def _stopped_within(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            pass


def _end_with_parent(parent: int) -> None:
    """Runs in the child before it becomes its program: have the kernel end it even if we are killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # too late for the kernel to tell
            os.kill(os.getpid(), signal.SIGTERM)
