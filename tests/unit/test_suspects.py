"""Whose fault it was: an utterance becomes a gap only when it alone, twice, ended a process while others were well."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

import numpy as np
import pytest

from streaming.clocks import SystemClock
from streaming.observer import Observer
from streaming.recognizers.base import (
    DecodeOptions,
    Float32,
    Hypothesis,
    LanguageUnsupported,
    RecognizerCrashed,
    RecognizerTimeout,
)
from streaming.scheduler import RecognitionFailed, Scheduler


class FragilePool:
    """Two processes. Audio in `poison` ends the one that decodes it; `deaths` more are killed from outside."""

    n_processes = 2

    def __init__(self) -> None:
        self.poison: set[int] = set()
        self.deaths: list[Exception] = []
        self.is_well = True
        self.began: list[int] = []
        self.n_running_suspects = self.most_running_suspects = 0

    @asynccontextmanager
    async def slot(self, prefer: str = "") -> AsyncIterator[Self]:
        yield self

    async def check(self, *, timeout_s: float) -> bool:
        await asyncio.sleep(0)
        return self.is_well

    async def transcribe(self, audio: Float32, options: DecodeOptions, *, timeout_s: float) -> Hypothesis:
        number = int(audio[0])
        self.began.append(number)
        await asyncio.sleep(0)
        if self.deaths:
            raise self.deaths.pop(0)
        if number in self.poison:
            is_suspect = self.began.count(number) > 1
            self.n_running_suspects += is_suspect
            self.most_running_suspects = max(self.most_running_suspects, self.n_running_suspects)
            await asyncio.sleep(0)
            self.n_running_suspects -= is_suspect
            raise RecognizerCrashed("it died")
        return Hypothesis(text=str(number), confidence=1.0, language=options.language)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streaming.scheduler.PAUSE_AFTER_FAILURE_S", 0)


@asynccontextmanager
async def scheduling(pool: FragilePool, observer: Observer | None = None) -> AsyncIterator[Scheduler]:
    scheduler = Scheduler(pool=pool, clock=SystemClock(), observer=observer)
    scheduler.start()
    try:
        yield scheduler
    finally:
        await scheduler.close()


def audio(number: int) -> Float32:
    return np.full(10, number, np.float32)


async def turns(n_turns: int = 200) -> None:
    for _ in range(n_turns):
        await asyncio.sleep(0)


async def test_an_utterance_whose_processes_were_killed_from_outside_is_decoded_in_the_end() -> None:
    """As many kills as would condemn it if the first counted: before it ran alone, nothing is held against it."""
    pool = FragilePool()
    pool.deaths = [RecognizerCrashed("killed"), RecognizerTimeout("suspended")]
    async with scheduling(pool) as scheduler:
        assert (await scheduler.final(audio(1), DecodeOptions(language="en"))).text == "1"
    assert pool.began == [1, 1, 1]


async def test_a_poisoned_utterance_becomes_a_gap_and_the_others_are_decoded() -> None:
    pool = FragilePool()
    pool.poison = {2}
    async with scheduling(pool) as scheduler:
        finals = [scheduler.final(audio(number), DecodeOptions(language="en")) for number in (1, 2, 3)]
        assert [(await finals[n]).text for n in (0, 2)] == ["1", "3"]
        with pytest.raises(RecognitionFailed, match="recognizer_crashed"):
            await finals[1]
    assert pool.began.count(2) == 3  # once in company, twice alone


async def test_poisoned_utterances_never_take_two_processes_at_once_once_they_are_suspects() -> None:
    pool = FragilePool()
    pool.poison = {1, 2, 3, 4}
    async with scheduling(pool) as scheduler:
        finals = [scheduler.final(audio(number), DecodeOptions(language="en")) for number in (1, 2, 3, 4)]
        for each in finals:
            with pytest.raises(RecognitionFailed):
                await each
    assert pool.most_running_suspects == 1


async def test_while_the_recognizers_are_unwell_nothing_counts_and_everything_waits() -> None:
    pool = FragilePool()
    pool.poison, pool.is_well = {1}, False
    async with scheduling(pool) as scheduler:
        final = scheduler.final(audio(1), DecodeOptions(language="en"))
        await turns()
        assert not final.done()
        assert len(pool.began) > 3
        pool.poison, pool.is_well = set(), True
        assert (await final).text == "1"


async def test_a_language_that_the_model_does_not_know_is_no_fault_of_a_process() -> None:
    pool = FragilePool()
    pool.deaths = [LanguageUnsupported("no Klingon")]
    async with scheduling(pool) as scheduler:
        with pytest.raises(RecognitionFailed, match="language_unsupported"):
            await scheduler.final(audio(1), DecodeOptions(language="tlh"))
    assert pool.began == [1]


async def test_partials_that_end_processes_are_not_asked_for_again_until_the_utterance_is_over() -> None:
    pool = FragilePool()
    pool.poison = {7}
    shown = list[str]()
    async with scheduling(pool) as scheduler:
        for number in (7, 7, 7, 7, 8):
            scheduler.partial(
                "ada", audio(number), DecodeOptions(language="en"), on_result=lambda each: shown.append(each.text)
            )
            await turns(20)
        assert pool.began == [7, 7]
        scheduler.forget("ada")
        scheduler.partial("ada", audio(9), DecodeOptions(language="en"), on_result=lambda each: shown.append(each.text))
        await turns(20)
    assert shown == ["9"]


async def test_what_happens_to_utterances_is_told() -> None:
    class Counting(Observer):
        def __init__(self) -> None:
            self.n_suspected, self.reasons = 0, list[str]()

        def suspected(self) -> None:
            self.n_suspected += 1

        def failed(self, *, reason: str) -> None:
            self.reasons.append(reason)

    pool, observer = FragilePool(), Counting()
    pool.poison = {1}
    async with scheduling(pool, observer) as scheduler:
        with pytest.raises(RecognitionFailed):
            await scheduler.final(audio(1), DecodeOptions(language="en"))
    assert (observer.n_suspected, observer.reasons) == (2, ["recognizer_crashed"])
