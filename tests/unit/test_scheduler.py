"""Two lanes over one pool: finals in order and all of them, partials when there is room."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

import numpy as np
import pytest

from streaming.clocks import SystemClock
from streaming.load import HearAgain, LoadMeter
from streaming.recognizers.base import DecodeOptions, Float32, Hypothesis, RecognizerClosed
from streaming.scheduler import Scheduler


class ScriptedPool:
    """Decodes when told: each call waits for `release`, says its audio's first sample, or fails as scripted."""

    def __init__(self, n_processes: int = 1) -> None:
        self.n_processes = n_processes
        self.calls: list[float] = []
        self.failures: list[Exception] = []
        self.release = asyncio.Semaphore(0)

    @asynccontextmanager
    async def slot(self, prefer: str = "") -> AsyncIterator[Self]:
        yield self

    async def check(self, *, timeout_s: float) -> bool:
        return True

    async def transcribe(self, audio: Float32, options: DecodeOptions, *, timeout_s: float) -> Hypothesis:
        self.calls.append(float(audio[0]))
        await self.release.acquire()
        if self.failures:
            raise self.failures.pop(0)
        return Hypothesis(text=str(int(audio[0])), confidence=1.0, language=options.language)


@asynccontextmanager
async def scheduling(pool: ScriptedPool) -> AsyncIterator[Scheduler]:
    scheduler = Scheduler(pool=pool, clock=SystemClock())
    scheduler.start()
    try:
        yield scheduler
    finally:
        await scheduler.close()


def audio(number: int) -> Float32:
    return np.full(10, number, np.float32)


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_nothing_is_heard_again_while_somebodys_first_hearing_waits() -> None:
    pool = ScriptedPool()
    async with scheduling(pool) as scheduler:
        assert scheduler.may_hear_again
        waiting = scheduler.final(audio(1), DecodeOptions(language="en"))
        assert not scheduler.may_hear_again
        pool.release.release()
        await waiting
        assert scheduler.may_hear_again


@pytest.mark.parametrize(("hear_again", "may"), [(HearAgain.ALWAYS, True), (HearAgain.NEVER, False)])
async def test_hearing_again_may_be_settled_once_and_for_all(hear_again: HearAgain, may: bool) -> None:
    scheduler = Scheduler(pool=ScriptedPool(), clock=SystemClock(), hear_again=hear_again)
    assert scheduler.may_hear_again is may
    waiting = scheduler.final(audio(1), DecodeOptions(language="en"))
    assert scheduler.may_hear_again is may
    await scheduler.close()
    assert waiting.cancelled()


async def test_finals_are_decoded_first_come_first_served_and_before_partials() -> None:
    pool, shown = ScriptedPool(), list[str]()
    async with scheduling(pool) as scheduler:
        first = scheduler.final(audio(1), DecodeOptions(language="en"))
        await settle()
        scheduler.partial("ada", audio(9), DecodeOptions(language="en"), on_result=lambda each: shown.append(each.text))
        second = scheduler.final(audio(2), DecodeOptions(language="en"))
        for _ in range(3):
            pool.release.release()
        assert [(await first).text, (await second).text] == ["1", "2"]
        await settle()
    assert pool.calls == [1, 2, 9]
    assert shown == ["9"]


async def test_of_waiting_partials_of_one_speaker_the_latest_wins() -> None:
    pool, shown = ScriptedPool(), list[str]()
    async with scheduling(pool) as scheduler:
        for number in (1, 2, 3, 4):
            scheduler.partial(
                "ada", audio(number), DecodeOptions(language="en"), on_result=lambda each: shown.append(each.text)
            )
            await settle()
        for _ in range(4):
            pool.release.release()
            await settle()
    assert shown == ["1", "4"]
    assert scheduler.n_partials_shed == 2


async def test_one_speaker_has_one_partial_outstanding_however_many_processes_are_free() -> None:
    pool = ScriptedPool(n_processes=3)
    async with scheduling(pool) as scheduler:
        for number in (1, 2):
            scheduler.partial("ada", audio(number), DecodeOptions(language="en"), on_result=lambda _: None)
            await settle()
        scheduler.partial("ben", audio(7), DecodeOptions(language="en"), on_result=lambda _: None)
        await settle()
        assert pool.calls == [1, 7]


async def test_a_forgotten_partial_is_not_decoded() -> None:
    pool = ScriptedPool()
    async with scheduling(pool) as scheduler:
        final = scheduler.final(audio(1), DecodeOptions(language="en"))
        await settle()
        scheduler.partial("ada", audio(2), DecodeOptions(language="en"), on_result=lambda _: None)
        scheduler.forget("ada")
        pool.release.release()
        await final
        await settle()
    assert pool.calls == [1]


async def test_a_lane_outlives_what_nobody_foresaw(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streaming.scheduler.PAUSE_AFTER_FAILURE_S", 0)
    pool = ScriptedPool()
    pool.failures = [OSError("a pipe"), OSError("a pipe")]
    async with scheduling(pool) as scheduler:
        scheduler.partial("ada", audio(9), DecodeOptions(language="en"), on_result=lambda _: None)
        await settle()
        final = scheduler.final(audio(1), DecodeOptions(language="en"))
        for _ in range(3):
            pool.release.release()
        assert (await final).text == "1"


async def test_a_lane_outlives_what_fails_where_a_partial_is_shown() -> None:
    def fail(_: Hypothesis) -> None:
        raise ValueError("nobody foresaw it")

    pool = ScriptedPool()
    async with scheduling(pool) as scheduler:
        scheduler.partial("ada", audio(9), DecodeOptions(language="en"), on_result=fail)
        await settle()
        final = scheduler.final(audio(1), DecodeOptions(language="en"))
        for _ in range(2):
            pool.release.release()
        async with asyncio.timeout(60):
            assert (await final).text == "1"


@pytest.mark.parametrize(("n_processes", "calls"), [(2, [1]), (3, [1, 9])])
async def test_at_the_slowest_pace_partials_leave_one_process_to_finals(
    monkeypatch: pytest.MonkeyPatch, n_processes: int, calls: list[float]
) -> None:
    monkeypatch.setattr(LoadMeter, "is_slowest", True)
    pool = ScriptedPool(n_processes=n_processes)
    async with scheduling(pool) as scheduler:
        scheduler.final(audio(1), DecodeOptions(language="en"))
        await settle()
        scheduler.partial("ada", audio(9), DecodeOptions(language="en"), on_result=lambda _: None)
        await settle()
        assert pool.calls == calls


async def test_a_final_that_meets_a_stopping_node_is_no_gap() -> None:
    """It fails with nothing that would be committed: the client keeps the audio and sends it elsewhere."""
    pool = ScriptedPool()
    pool.failures = [RecognizerClosed("the node stops")]
    async with scheduling(pool) as scheduler:
        final = scheduler.final(audio(1), DecodeOptions(language="en"))
        pool.release.release()
        with pytest.raises(asyncio.CancelledError):
            await final
