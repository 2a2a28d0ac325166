"""A fixed number of recognizer processes, kept alive and lent out one caller at a time."""

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from streaming.recognizers.base import (
    SAMPLE_RATE_HZ,
    DecodeOptions,
    Float32,
    Hypothesis,
    RecognizerClosed,
    RecognizerError,
    RecognizerTimeout,
)
from streaming.recognizers.canary import canary_load
from streaming.recognizers.process import RecognizerProcess
from streaming.recognizers.registry import update_every_x
from streaming.speech_models.prepared import PreparedModel, languages_of, model_for
from streaming.tasks import TaskScope

logger = logging.getLogger(__name__)

BACKOFF_FIRST_S: Final = 0.5
LEAST_TIMEOUT_S: Final = 5.0  # for a decode that waited long for its process
BACKOFF_LONGEST_S: Final = 30.0
MAX_HOMES: Final = 1_024  # utterances whose process is remembered
STEADY_S: Final = 60.0  # a process that lived this long was no failed start: the back-off begins anew


class RecognizerPool:
    """Starts `n_processes` and replaces those that die, at once the first time, then with a growing pause.

    Every process can use every model: of those that know a language, the first decodes it. Canaries ask the first
    model only; the others prove themselves in each process that loads them. `launch` makes a process that is not
    started yet.
    """

    def __init__(
        self,
        model: PreparedModel,
        *others: PreparedModel,
        n_processes: int,
        launch: Callable[..., RecognizerProcess] = RecognizerProcess,
    ) -> None:
        self._models = (model, *others)
        self._n_processes = n_processes
        self._launch = launch
        self._processes: dict[int, RecognizerProcess] = {}
        self._idle: deque[RecognizerProcess] = deque()
        self._waiters: deque[asyncio.Future[RecognizerProcess]] = deque()
        self._homes: OrderedDict[str, RecognizerProcess] = OrderedDict()  # stream to the process that heard it last
        self._canary = canary_load(model)
        self._probe = self._canary.probe()
        self._scope = TaskScope("recognizers")
        self._is_closed = False
        self.n_restarts = 0

    @property
    def names(self) -> tuple[str, ...]:
        """Of the models, in the order of preference."""
        return tuple(model.name for model in self._models)

    @property
    def n_processes(self) -> int:
        return self._n_processes

    @property
    def n_ready(self) -> int:
        return sum(process.is_alive for process in self._processes.values())

    @property
    def n_idle(self) -> int:
        return sum(process.is_alive for process in self._idle)

    @property
    def pids(self) -> tuple[int, ...]:
        return tuple(p.pid for p in self._processes.values() if p.is_alive and p.pid is not None)

    @property
    def languages(self) -> tuple[str, ...]:
        return languages_of(self._models)

    def supports(self, language: str) -> bool:
        return model_for(self._models, language) is not None

    def update_every_x(self, language: str) -> int:
        """By how much the time between two updates of an unfinished sentence is stretched: some models are dear."""
        model = model_for(self._models, language)
        return 1 if model is None else update_every_x(model.engine)

    async def start(self) -> None:
        """Load the model into every process. Raises the first RecognizerError; no process is left then."""
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(self._n_processes):
                    group.create_task(self._start_one(number))
        except BaseExceptionGroup as problems:
            await self.close()
            raise _first(problems) from None
        except asyncio.CancelledError:
            await self.close()
            raise
        for number in range(self._n_processes):
            self._scope.spawn(self._keep(number), name=f"keep-{number}")

    async def close(self) -> None:
        """End every process and wait for its end. Whoever waits for a process gets RecognizerClosed."""
        self._is_closed = True
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_exception(RecognizerClosed("The recognizers were shut down."))
        self._waiters.clear()
        await self._scope.close()
        await asyncio.gather(*(process.close() for process in self._processes.values()))
        self._processes.clear()
        self._homes.clear()
        self._idle.clear()

    @asynccontextmanager
    async def slot(self, prefer: str = "") -> AsyncIterator[RecognizerProcess]:
        """A living process for this caller alone; of the idle ones that which `prefer`, a stream, had before: it may
        keep that stream's state. Raises RecognizerClosed."""
        process = await self._take_for(prefer)
        try:
            yield process
        finally:
            self._put_back(process)

    async def transcribe(self, audio: Float32, options: DecodeOptions, *, timeout_s: float = 60.0) -> Hypothesis:
        """`timeout_s` covers the wait for a process as well; once there is one, it has time to decode, for whoever does
        not answer in time is ended. Raises RecognizerError."""
        deadline_s = asyncio.get_running_loop().time() + timeout_s
        try:
            async with asyncio.timeout_at(deadline_s):
                process = await self._take_for(options.stream)
        except TimeoutError:
            raise RecognizerTimeout("No recognizer process became free in time.") from None
        try:
            left_s = deadline_s - asyncio.get_running_loop().time()
            return await process.transcribe(audio, options, timeout_s=max(left_s, LEAST_TIMEOUT_S))
        finally:
            self._put_back(process)

    async def check(self, *, timeout_s: float = 20.0) -> bool:
        """Whether known speech is understood right now: what readiness is made of.

        One process is asked, of the idle ones the longest idle: asked again and again, each gets its turn.
        """
        try:
            hypothesis = await self.transcribe(self._probe.audio, self._probe.options, timeout_s=timeout_s)
        except RecognizerError as problem:
            logger.warning("the canary was not recognized", extra={"code": problem.code})
            return False
        return self._probe.is_heard_in(hypothesis.text)

    async def measure(self) -> tuple[float, float]:
        """(seconds of speech, seconds that one process took to decode it). Raises RecognizerError."""
        clock = asyncio.get_running_loop().time
        began_s = clock()
        await self.transcribe(self._canary.audio, self._canary.options)
        return self._canary.audio.size / SAMPLE_RATE_HZ, clock() - began_s

    async def _take_for(self, stream: str) -> RecognizerProcess:
        if not stream:
            return await self._take()
        home = self._homes.pop(stream, None)
        if home is not None and home.is_alive and home in self._idle:
            self._idle.remove(home)
        else:
            home = await self._take()
        self._homes[stream] = home
        if len(self._homes) > MAX_HOMES:
            self._homes.popitem(last=False)
        return home

    async def _take(self) -> RecognizerProcess:
        if self._is_closed:
            raise RecognizerClosed("The recognizers were shut down.")
        while self._idle:
            if (process := self._idle.popleft()).is_alive:
                return process
        waiter: asyncio.Future[RecognizerProcess] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            # The process may have been handed over in the very moment of the cancellation.
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._put_back(waiter.result())
            raise

    def _put_back(self, process: RecognizerProcess) -> None:
        """Synchronous, so that no cancellation can come between a caller's end and the process's return."""
        if self._is_closed or not process.is_alive:
            return
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(process)
                return
        self._idle.append(process)

    async def _start_one(self, number: int) -> None:
        process = self._launch(*self._models)
        self._processes[number] = process
        await process.start()
        self._put_back(process)

    async def _keep(self, number: int) -> None:
        """Replace process `number` for as long as the pool lives."""
        clock = asyncio.get_running_loop()
        n_failures = 0
        while True:
            started_s = clock.time()
            await self._processes[number].wait()
            n_failures = 0 if clock.time() - started_s > STEADY_S else n_failures
            logger.warning("a recognizer process ended and is replaced", extra={"failures": n_failures})
            await self._processes[number].close()
            n_failures = await self._restart(number, n_failures)

    async def _restart(self, number: int, n_failures: int) -> int:
        """The first attempt is immediate. Returns the number of failures to start the next back-off with."""
        while True:
            if n_failures:
                await asyncio.sleep(min(BACKOFF_FIRST_S * 2 ** (n_failures - 1), BACKOFF_LONGEST_S))
            n_failures += 1
            try:
                await self._start_one(number)
            except RecognizerError as problem:
                logger.error("a recognizer process did not start: %s", problem, extra={"failures": n_failures})
            else:
                self.n_restarts += 1
                return n_failures


def _first(problems: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first leaf: what went wrong in one process goes wrong in all of them."""
    problem: BaseException = problems
    while isinstance(problem, BaseExceptionGroup):
        problem = problem.exceptions[0]
    return problem
