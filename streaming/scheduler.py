"""Decide what the recognizers work on next: finals first and all of them, partials when there is room."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from meetings.limits import SAMPLE_RATE_HZ
from streaming.clocks import Clock
from streaming.load import HearAgain, LoadMeter
from streaming.observer import Observer
from streaming.recognition_pool import Pool
from streaming.recognizers.base import (
    DecodeOptions,
    Float32,
    Hypothesis,
    LanguageUnsupported,
    RecognizerClosed,
    RecognizerError,
)
from streaming.tasks import TaskScope

logger = logging.getLogger(__name__)

FAILURES_ALONE = 2  # after so many an utterance, and not the recognizers, is taken to be at fault
FINAL_TIMEOUT_S, FINAL_TIMEOUT_X = 10.0, 1.5  # and so many times the utterance's length
PARTIAL_TIMEOUT_S, PARTIAL_FAILURES = 15.0, 2
CANARY_TIMEOUT_S = 15.0
PAUSE_AFTER_FAILURE_S = 0.5
LOOK_EVERY_S = 0.25


class RecognitionFailed(Exception):
    """An utterance that could not be recognized. Its audio becomes a recorded gap with `reason`, never silence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True, kw_only=True)
class _Final:
    audio: Float32
    options: DecodeOptions
    queued_s: float
    result: asyncio.Future[Hypothesis]
    is_suspect: bool = False
    n_failures: int = 0  # of those that count

    @property
    def audio_s(self) -> float:
        return (self.audio.size - self.options.context.n_samples) / SAMPLE_RATE_HZ


@dataclass(slots=True, kw_only=True)
class _Partial:
    audio: Float32
    options: DecodeOptions
    asked_s: float
    on_result: Callable[[Hypothesis], None]


class Scheduler:
    """Two lanes over one pool.

    Finals run first come, first served and are never dropped: their number is bounded by what the sessions may hold
    unsettled. Partials are hints: one outstanding per key, the latest audio wins, and none starts while a final waits.
    Under load they come less often and leave one process to finals; under more, they run only while finals leave them
    more than one.

    A final whose process died or hung is a suspect. The process may have been killed by anything, so that counts for
    nothing; but from then on the utterance runs isolated: one suspect at a time, in a process that does nothing else,
    and what happens to it there counts if known speech is understood in another process right afterwards. Two such
    failures make it a gap. While the recognizers as a whole are unwell nothing counts, and everything waits.
    """

    def __init__(
        self, *, pool: Pool, clock: Clock, observer: Observer | None = None, hear_again: HearAgain = HearAgain.SPARE
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._observer = observer or Observer()
        self._hear_again = hear_again
        self._meter = LoadMeter(n_recognizers=pool.n_processes)
        self._finals: deque[_Final] = deque()
        self._suspects: deque[_Final] = deque()
        self._is_isolating = False
        self._n_running_finals = 0
        self._partials: dict[Hashable, _Partial] = {}
        self._running_partials: set[Hashable] = set()
        self._failed_partials: Counter[Hashable] = Counter()  # of open utterances
        self._has_work = asyncio.Event()
        self._scope = TaskScope("scheduler")
        self.n_partials_shed = 0
        self.final_wait_s = 0.0  # `queue_delay_s` a moment ago, for other threads

    def start(self) -> None:
        for number in range(self._pool.n_processes):
            self._scope.spawn(self._serve(), name=f"lane-{number}")
        self._scope.spawn(self._keep_looking(), name="look")

    async def close(self) -> None:
        await self._scope.close()
        for job in (*self._finals, *self._suspects):
            job.result.cancel()
        self._finals.clear()
        self._suspects.clear()
        self._partials.clear()

    @property
    def partial_every_x(self) -> float:
        """By how much the time between two partials of a speaker is stretched at present."""
        return self._meter.partial_every_x

    @property
    def is_brisk(self) -> bool:
        """There is room to decode more than is needed."""
        return self._meter.is_brisk

    @property
    def may_hear_again(self) -> bool:
        """Whether what is doubted is worth the time: nobody's first hearing waits for it."""
        if self._hear_again is HearAgain.SPARE:
            return self._meter.is_brisk and not self.n_finals_waiting
        return self._hear_again is HearAgain.ALWAYS

    @property
    def is_slowest(self) -> bool:
        return self._meter.is_slowest

    @property
    def n_finals_waiting(self) -> int:
        return len(self._finals) + len(self._suspects)

    def final(self, audio: Float32, options: DecodeOptions) -> asyncio.Future[Hypothesis]:
        """Queue a closed utterance (float32, 16 kHz). The future fails with RecognitionFailed only."""
        result: asyncio.Future[Hypothesis] = asyncio.get_running_loop().create_future()
        job = _Final(audio=audio, options=options, queued_s=self._clock.monotonic_s(), result=result)
        self._finals.append(job)
        self._observer.spoken(audio_s=job.audio_s)
        self._has_work.set()
        return result

    def partial(
        self, key: Hashable, audio: Float32, options: DecodeOptions, *, on_result: Callable[[Hypothesis], None]
    ) -> None:
        """Ask for a hypothesis of an open utterance; replaces what this key still had waiting.

        One whose partials have ended two processes gets no more of them: its final will show whether it is at fault.
        """
        if self._failed_partials[key] >= PARTIAL_FAILURES:
            return
        asked_s = self._clock.monotonic_s()
        if (waiting := self._partials.get(key)) is not None:
            self.n_partials_shed += 1
            asked_s = waiting.asked_s
        self._partials[key] = _Partial(audio=audio, options=options, asked_s=asked_s, on_result=on_result)
        self._has_work.set()

    def forget(self, key: Hashable) -> None:
        """The utterance closed: what a waiting partial would say is no longer wanted."""
        self._partials.pop(key, None)
        self._failed_partials.pop(key, None)

    def queue_delay_s(self) -> float:
        """How long the oldest waiting final has waited, in seconds; 0 when none waits."""
        oldest = [lane[0].queued_s for lane in (self._finals, self._suspects) if lane]
        return self._clock.monotonic_s() - min(oldest) if oldest else 0.0

    async def _keep_looking(self) -> None:
        """What waits counts while it waits: a queue that stands still would never be noticed otherwise."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            now_s, self.final_wait_s = self._clock.monotonic_s(), self.queue_delay_s()
            waiting = [now_s - partial.asked_s for partial in self._partials.values()]
            self._observe(max(waiting, default=0.0) if not self._finals else now_s - self._finals[0].queued_s)

    def _observe(self, wait_s: float) -> None:
        before = self._meter.level
        self._meter.observe(wait_s, now_s=self._clock.monotonic_s())
        if self._meter.level != before:
            self._observer.level(self._meter.level)

    async def _serve(self) -> None:
        while True:
            await self._has_work.wait()
            if self._suspects and not self._is_isolating:
                await self._run_suspect(self._suspects.popleft())
            elif self._finals:
                job = self._finals.popleft()
                self._observe(self._clock.monotonic_s() - job.queued_s)
                await self._run_final(job)
            elif (key := self._next_partial()) is not None:
                await self._run_partial(key, self._partials.pop(key))
            else:
                self._has_work.clear()

    def _next_partial(self) -> Hashable | None:
        all_but_one = max(1, self._pool.n_processes - 1)
        if self._meter.level and len(self._running_partials) >= all_but_one:
            return None
        if self._meter.is_slowest and self._n_running_finals >= all_but_one:
            return None
        return next((key for key in self._partials if key not in self._running_partials), None)

    async def _run_suspect(self, job: _Final) -> None:
        self._is_isolating = True
        try:
            await self._run_final(job)
        finally:
            self._is_isolating = False
            self._has_work.set()

    async def _run_final(self, job: _Final) -> None:
        if job.result.cancelled():
            return
        try:
            hypothesis = await self._decode(job)
        except RecognizerClosed:
            # The node is stopping. That is no judgement on the audio: it stays unsettled, with its client.
            job.result.cancel()
        except LanguageUnsupported as error:
            self._fail(job, code=error.code)
        except RecognizerError as error:
            await self._take_back(job, code=error.code)
        except asyncio.CancelledError:
            job.result.cancel()
            raise
        except Exception:  # a lane's border: whatever it is, the lane serves the next one
            logger.exception("a recognizer failed in a way that nobody foresaw")
            await self._take_back(job, code=RecognizerError.code)
        else:
            if not job.result.cancelled():
                job.result.set_result(hypothesis)

    async def _decode(self, job: _Final) -> Hypothesis:
        timeout_s = FINAL_TIMEOUT_S + FINAL_TIMEOUT_X * job.audio_s
        self._n_running_finals += 1
        try:
            async with self._pool.slot() as process:
                began_s = self._clock.monotonic_s()
                hypothesis = await process.transcribe(job.audio, job.options, timeout_s=timeout_s)
        finally:
            self._n_running_finals -= 1
            self._has_work.set()  # partials may have been passed over
        self._observer.answered()
        now_s = self._clock.monotonic_s()
        self._meter.work(now_s - began_s, is_partial=False, now_s=now_s)
        self._observer.decoded(audio_s=job.audio_s, took_s=now_s - began_s, waited_s=now_s - job.queued_s)
        return hypothesis

    async def _take_back(self, job: _Final, *, code: str) -> None:
        """The utterance goes on as a suspect, or is given up once it has failed alone often enough."""
        if job.is_suspect and await self._is_well(job):
            job.n_failures += 1
        logger.warning("a final could not be decoded", extra={"code": code, "failures": job.n_failures})
        if job.n_failures >= FAILURES_ALONE:
            self._fail(job, code=code)
            return
        job.is_suspect = True
        self._observer.suspected()
        self._suspects.append(job)
        self._has_work.set()
        await asyncio.sleep(PAUSE_AFTER_FAILURE_S)

    async def _is_well(self, job: _Final) -> bool:
        try:
            return await self._pool.check(timeout_s=CANARY_TIMEOUT_S)
        except asyncio.CancelledError:
            job.result.cancel()
            raise

    def _fail(self, job: _Final, *, code: str) -> None:
        self._observer.failed(reason=code)
        if not job.result.cancelled():
            job.result.set_exception(RecognitionFailed(code))

    async def _run_partial(self, key: Hashable, job: _Partial) -> None:
        self._observe(self._clock.monotonic_s() - job.asked_s)
        self._running_partials.add(key)
        try:
            async with self._pool.slot(prefer=job.options.stream) as process:
                began_s = self._clock.monotonic_s()
                hypothesis = await process.transcribe(job.audio, job.options, timeout_s=PARTIAL_TIMEOUT_S)
            now_s = self._clock.monotonic_s()
            self._meter.work(now_s - began_s, is_partial=True, now_s=now_s)
            self._observer.answered()
            job.on_result(hypothesis)
        except RecognizerError as error:
            self._failed_partials[key] += error.retryable
            logger.info("a partial was given up", extra={"code": error.code})
        except Exception:  # a lane's border, as above
            logger.exception("a partial failed in a way that nobody foresaw")
        finally:
            self._running_partials.discard(key)
            # Another partial of this key may have been passed over while this one ran.
            self._has_work.set()
