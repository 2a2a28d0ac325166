"""Readiness follows what recognizers answer, not whether their processes live."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from streaming.clocks import SystemClock
from streaming.health import PROVE_EVERY_S, STILL_S, UNWELL_AFTER_S, RecognitionHealth


class SetClock(SystemClock):
    def __init__(self) -> None:
        self.now_s = 1_000.0

    def monotonic_s(self) -> float:
        return self.now_s


class Recognizers:
    """Each canary waits until it is answered."""

    n_processes = 2

    def __init__(self) -> None:
        self.n_ready = 2
        self.asked: list[asyncio.Future[bool]] = []

    async def check(self, *, timeout_s: float) -> bool:
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.asked.append(answer)
        return await answer


class Watched:
    def __init__(self) -> None:
        self.clock, self.pool, self.turns = SetClock(), Recognizers(), list[bool]()
        self.health = RecognitionHealth(pool=self.pool, clock=self.clock, on_change=self.turns.append)

    async def look(self, *, after_s: float = 0.0) -> None:
        self.clock.now_s += after_s
        self.health.look()
        await settle()

    async def answer(self, *, is_understood: bool) -> None:
        self.pool.asked.pop(0).set_result(is_understood)
        await settle()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
async def watched() -> AsyncIterator[Watched]:
    watched = Watched()
    yield watched
    await watched.health.close()


async def test_an_idle_node_asks_its_recognizers_and_stays_ready_while_they_understand(watched: Watched) -> None:
    for _ in range(3):
        await watched.look(after_s=STILL_S[0] + 1)
        await watched.answer(is_understood=True)
    assert (watched.health.is_ok, watched.turns) == (True, [])


async def test_while_speech_is_decoded_nobody_is_asked_more_than_now_and_then(watched: Watched) -> None:
    for _ in range(int(PROVE_EVERY_S)):
        watched.health.note_answered()
        await watched.look(after_s=1.0)
    assert watched.pool.asked == []
    watched.health.note_answered()
    await watched.look(after_s=1.0)
    assert len(watched.pool.asked) == 1


async def test_recognizers_that_hang_turn_the_node_unready_and_all_of_them_are_asked(watched: Watched) -> None:
    await watched.look(after_s=STILL_S[0] + 1)
    await watched.look(after_s=UNWELL_AFTER_S)
    assert watched.health.is_ok
    await watched.look(after_s=0.1)
    assert watched.turns == [False]
    assert len(watched.pool.asked) == 2  # so that each that hangs is found and replaced
    await watched.answer(is_understood=True)
    assert watched.turns == [False, True]


async def test_a_canary_that_waits_behind_speech_that_is_answered_is_no_alarm(watched: Watched) -> None:
    await watched.look(after_s=STILL_S[0] + 1)
    for _ in range(20):
        watched.health.note_answered()
        await watched.look(after_s=1.0)
    assert watched.turns == []


async def test_one_canary_in_a_process_that_dies_is_no_alarm_and_the_next_is_sent_at_once(watched: Watched) -> None:
    await watched.look(after_s=STILL_S[0] + 1)
    await watched.answer(is_understood=False)
    await watched.look(after_s=0.1)
    assert watched.turns == []
    await watched.answer(is_understood=True)
    await watched.look(after_s=0.1)
    assert (watched.turns, watched.pool.asked) == ([], [])


async def test_recognizers_that_answer_nonsense_turn_the_node_unready_whatever_they_answer_to_others(
    watched: Watched,
) -> None:
    await watched.look(after_s=STILL_S[0] + 1)
    for _ in range(2):
        await watched.answer(is_understood=False)
        watched.health.note_answered()
        await watched.look(after_s=0.1)
    assert watched.turns == [False]


async def test_without_a_living_process_the_node_is_unready_at_once(watched: Watched) -> None:
    watched.pool.n_ready = 0
    await watched.look(after_s=0.1)
    assert watched.turns == [False]
