"""What a session costs while nobody speaks in it: under virtual time, where a timer that runs on would show."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from meetings.values import SessionOwner
from streaming.pipeline import ACK_EVERY_S, SessionPipeline
from streaming.scheduler import Scheduler
from streaming.session_items import Mute
from tests.unit.exactly_once_loop import Stuck, VirtualLoop
from tests.unit.session_fakes import SECOND, InstantPool, MemoryDatabase, Node, RecordingSink, StandingClock, frames


class SlowToBegin(MemoryDatabase):
    async def session_origin_set(self, owner: SessionOwner, origin_ms: int) -> int:
        await asyncio.sleep(10 * ACK_EVERY_S)
        return await super().session_origin_set(owner, origin_ms)


class CountingSink(RecordingSink):
    """Remembers what it was told to be received."""

    def __init__(self) -> None:
        super().__init__()
        self.received: list[int] = []

    def ack(self, *, received: int, settled: int, lag_ms: int) -> None:
        super().ack(received=received, settled=settled, lag_ms=lag_ms)
        self.received.append(received)


@contextmanager
def idle_session(
    loop: VirtualLoop, database: MemoryDatabase | None = None
) -> Iterator[tuple[SessionPipeline, CountingSink]]:
    node, sink = Node(clock=StandingClock(), database=database or MemoryDatabase()), CountingSink()
    scheduler = Scheduler(pool=InstantPool(), clock=node.clock)
    pipeline = SessionPipeline(opened=node.database.opened(), around=node.around(scheduler), sink=sink)
    running = loop.create_task(pipeline.run())
    try:
        yield pipeline, sink
    finally:
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            loop.run_until_complete(running)


def until_nothing_is_due(loop: VirtualLoop) -> float:
    """The time at which the last timer was due."""
    with pytest.raises(Stuck):
        loop.run_forever()
    return loop.time()


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    loop = VirtualLoop()
    yield loop
    loop.close()


def test_a_session_in_which_nothing_happens_is_acknowledged_once_and_then_runs_no_timer(loop: VirtualLoop) -> None:
    with idle_session(loop) as (_, sink):
        assert until_nothing_is_due(loop) == 2 * ACK_EVERY_S
        assert sink.answers == [("ack", 0)]


def test_after_speech_and_mute_everything_is_acknowledged_and_nothing_is_held(loop: VirtualLoop) -> None:
    with idle_session(loop) as (pipeline, sink):
        until_nothing_is_due(loop)
        for frame in frames(np.zeros(SECOND, np.float32)):
            pipeline.put(frame)
        pipeline.put(Mute(is_on=True))
        until_nothing_is_due(loop)
        assert sink.answers[-1] == ("ack", SECOND)
        assert (pipeline.received, pipeline.settled) == (SECOND, SECOND)
        assert pipeline._transcriber._listener._buffer.capacity_samples == 0


def test_a_frame_that_takes_long_to_be_heard_is_acknowledged_all_the_same(loop: VirtualLoop) -> None:
    """The database is slow with the first frame: by the time it is heard, the acknowledging had come to rest."""
    with idle_session(loop, SlowToBegin()) as (pipeline, sink):
        until_nothing_is_due(loop)
        pipeline.put(frames(np.zeros(1_600, np.float32))[0])
        until_nothing_is_due(loop)
        assert sink.received == [0, 1_600]
