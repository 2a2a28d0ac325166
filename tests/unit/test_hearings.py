"""A doubted final is heard again; a second hearing takes nothing from the first, and none that nobody wants begins."""

import asyncio
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import pytest

from streaming.hearings import Hearing, Hearings, hearing_result
from streaming.recognizers.base import DecodeOptions, Float32, Hypothesis
from streaming.scheduler import RecognitionFailed, Scheduler

AUDIO = np.zeros(16_000, dtype=np.float32)
DOUBTED = Hypothesis(text="no", confidence=0.5, language="en", is_doubted=True)
SURE = Hypothesis(text="yes", confidence=0.95, language="en")
NOTHING = Hypothesis(text="", confidence=0.5, language="en")


@dataclass
class Queue:
    """The scheduler, as far as finals go: the test answers them."""

    jobs: list[tuple[DecodeOptions, Hearing]] = field(default_factory=list)
    may_hear_again: bool = True

    def final(self, audio: Float32, options: DecodeOptions) -> Hearing:
        hearing: Hearing = asyncio.get_running_loop().create_future()
        self.jobs.append((options, hearing))
        return hearing


def hearings(queue: Queue) -> Hearings:
    return Hearings(cast(Scheduler, queue), AUDIO, DecodeOptions(language="en", draft=(1,), n_kept=1))


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_is_sure_is_what_is_kept() -> None:
    queue = Queue()
    surest = hearings(queue).surest()
    queue.jobs[0][1].set_result(SURE)
    assert await surest == SURE
    assert len(queue.jobs) == 1


@pytest.mark.parametrize(("again", "kept"), [(SURE, SURE), (NOTHING, DOUBTED)])
async def test_what_is_doubted_is_asked_for_once_more(again: Hypothesis, kept: Hypothesis) -> None:
    queue = Queue()
    both = hearings(queue)
    queue.jobs[0][1].set_result(DOUBTED)
    await turns()
    assert len(queue.jobs) == 1, "nobody has asked for it yet"
    surest = both.surest()
    await turns()
    asked, second = queue.jobs[1]
    assert (asked.surer_than, asked.draft, asked.n_kept) == (0.5, (), 0)
    second.set_result(again)
    assert await surest == kept
    assert both.surest() is surest


async def test_under_load_the_first_hearing_is_kept() -> None:
    queue = Queue(may_hear_again=False)
    surest = hearings(queue).surest()
    queue.jobs[0][1].set_result(DOUBTED)
    assert await surest == DOUBTED
    assert len(queue.jobs) == 1


async def test_a_second_hearing_that_fails_leaves_the_first() -> None:
    queue = Queue()
    surest = hearings(queue).surest()
    queue.jobs[0][1].set_result(DOUBTED)
    await turns()
    queue.jobs[1][1].set_exception(RecognitionFailed("recognizer_crashed"))
    assert await hearing_result(surest) == DOUBTED


async def test_a_first_hearing_that_fails_is_a_failure() -> None:
    queue = Queue()
    surest = hearings(queue).surest()
    queue.jobs[0][1].set_exception(RecognitionFailed("recognizer_crashed"))
    assert await hearing_result(surest) is None


@pytest.mark.parametrize("n_answers", [0, 1])
async def test_a_node_that_stops_decides_nothing(n_answers: int) -> None:
    queue = Queue()
    surest = hearings(queue).surest()
    if n_answers:
        queue.jobs[0][1].set_result(DOUBTED)
        await turns()
    queue.jobs[-1][1].cancel()
    await turns()
    assert surest.cancelled()


async def test_what_nobody_wants_any_more_is_not_heard_again() -> None:
    queue = Queue()
    early, late = hearings(queue), hearings(queue)
    early.surest()
    early.drop()
    late.surest()
    queue.jobs[1][1].set_result(DOUBTED)
    await turns()
    late.drop()
    await turns()
    assert [hearing.cancelled() for _, hearing in queue.jobs] == [True, False, True]
    assert late.surest().cancelled()
