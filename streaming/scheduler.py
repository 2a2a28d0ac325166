"""Decide what the recognizers work on next: finals first and all of them, partials when there is room."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Hashable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from streaming.clocks import Clock
from streaming.recognizers.base import Float32, Hypothesis, RecognizerClosed, RecognizerError
from streaming.tasks import TaskScope

logger = logging.getLogger(__name__)

FINAL_ATTEMPTS = 3
FINAL_TIMEOUT_S = 60.0
PARTIAL_TIMEOUT_S = 15.0
PAUSE_AFTER_FAILURE_S = 0.5


class Process(Protocol):
    async def transcribe(self, audio: Float32, *, language: str, timeout_s: float) -> Hypothesis: ...


class Pool(Protocol):
    """The seam to `recognizers.pool`. A slot waits for as long as no process is well: nothing is given up meanwhile."""

    @property
    def n_processes(self) -> int: ...

    def slot(self) -> AbstractAsyncContextManager[Process]: ...


class RecognitionFailed(Exception):
    """An utterance that could not be recognized. Its audio becomes a recorded gap with `reason`, never silence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True, kw_only=True)
class _Final:
    audio: Float32
    language: str
    queued_s: float
    result: asyncio.Future[Hypothesis]
    n_failures: int = 0


@dataclass(slots=True, kw_only=True)
class _Partial:
    audio: Float32
    language: str
    on_result: Callable[[Hypothesis], None]


class Scheduler:
    """Two lanes over one pool.

    Finals run first come, first served and are never dropped: their number is bounded by what the sessions may hold
    unsettled. Partials are hints: one outstanding per key, the latest audio wins, and none starts while a final waits.
    """

    def __init__(self, *, pool: Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._finals: deque[_Final] = deque()
        self._partials: dict[Hashable, _Partial] = {}
        self._running_partials: set[Hashable] = set()
        self._has_work = asyncio.Event()
        self._scope = TaskScope("scheduler")
        self.n_partials_shed = 0

    def start(self) -> None:
        for number in range(self._pool.n_processes):
            self._scope.spawn(self._serve(), name=f"lane-{number}")

    async def close(self) -> None:
        await self._scope.close()
        for job in self._finals:
            job.result.cancel()
        self._finals.clear()
        self._partials.clear()

    def final(self, audio: Float32, *, language: str) -> asyncio.Future[Hypothesis]:
        """Queue a closed utterance (float32, 16 kHz). The future fails with RecognitionFailed only."""
        result: asyncio.Future[Hypothesis] = asyncio.get_running_loop().create_future()
        queued_s = self._clock.monotonic_s()
        self._finals.append(_Final(audio=audio, language=language, queued_s=queued_s, result=result))
        self._has_work.set()
        return result

    def partial(self, key: Hashable, audio: Float32, *, language: str, on_result: Callable[[Hypothesis], None]) -> None:
        """Ask for a hypothesis of an open utterance; replaces what this key still had waiting."""
        if key in self._partials:
            self.n_partials_shed += 1
        self._partials[key] = _Partial(audio=audio, language=language, on_result=on_result)
        self._has_work.set()

    def forget(self, key: Hashable) -> None:
        """The utterance closed: what a waiting partial would say is no longer wanted."""
        self._partials.pop(key, None)

    def queue_delay_s(self) -> float:
        """How long the oldest waiting final has waited, in seconds; 0 when none waits."""
        return self._clock.monotonic_s() - self._finals[0].queued_s if self._finals else 0.0

    async def _serve(self) -> None:
        while True:
            await self._has_work.wait()
            if self._finals:
                await self._run_final(self._finals.popleft())
            elif (key := self._next_partial()) is not None:
                await self._run_partial(key, self._partials.pop(key))
            else:
                self._has_work.clear()

    def _next_partial(self) -> Hashable | None:
        return next((key for key in self._partials if key not in self._running_partials), None)

    async def _run_final(self, job: _Final) -> None:
        if job.result.cancelled():
            return
        try:
            async with self._pool.slot() as process:
                hypothesis = await process.transcribe(job.audio, language=job.language, timeout_s=FINAL_TIMEOUT_S)
        except RecognizerClosed:
            # The node is stopping. That is no judgement on the audio: it stays unsettled, with its client.
            job.result.cancel()
        except RecognizerError as error:
            await self._retry_or_fail(job, code=error.code, is_retryable=error.retryable)
        except asyncio.CancelledError:
            job.result.cancel()
            raise
        except Exception:  # a lane's border: whatever it is, the lane serves the next one
            logger.exception("a recognizer failed in a way that nobody foresaw")
            await self._retry_or_fail(job, code="recognizer_failed", is_retryable=True)
        else:
            if not job.result.cancelled():
                job.result.set_result(hypothesis)

    async def _retry_or_fail(self, job: _Final, *, code: str, is_retryable: bool) -> None:
        job.n_failures += 1
        logger.warning("a final could not be decoded", extra={"code": code, "failures": job.n_failures})
        if is_retryable and job.n_failures < FINAL_ATTEMPTS:
            self._finals.appendleft(job)
            self._has_work.set()
            await asyncio.sleep(PAUSE_AFTER_FAILURE_S)
        elif not job.result.cancelled():
            job.result.set_exception(RecognitionFailed(code))

    async def _run_partial(self, key: Hashable, job: _Partial) -> None:
        self._running_partials.add(key)
        try:
            async with self._pool.slot() as process:
                hypothesis = await process.transcribe(job.audio, language=job.language, timeout_s=PARTIAL_TIMEOUT_S)
        except RecognizerError as error:
            logger.info("a partial was given up", extra={"code": error.code})
        except Exception:  # a lane's border, as above
            logger.exception("a partial failed in a way that nobody foresaw")
        else:
            job.on_result(hypothesis)
        finally:
            self._running_partials.discard(key)
            # Another partial of this key may have been passed over while this one ran.
            self._has_work.set()
