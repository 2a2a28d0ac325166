"""Flow control of one socket, without a socket."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from streaming.backpressure import FrameRate, InputQueue, WritePressure


class Network:
    def __init__(self) -> None:
        self.is_reading = True
        self.n_switches = 0

    def pause(self) -> None:
        assert self.is_reading, "paused twice"
        self.is_reading, self.n_switches = False, self.n_switches + 1

    def resume(self) -> None:
        assert not self.is_reading, "resumed twice"
        self.is_reading, self.n_switches = True, self.n_switches + 1


def queue_for(network: Network, *, high_bytes: int = 100, high_messages: int = 10) -> InputQueue:
    return InputQueue(pause=network.pause, resume=network.resume, high_bytes=high_bytes, high_messages=high_messages)


async def test_reading_pauses_above_the_bytes_and_resumes_at_half() -> None:
    network = Network()
    queue = queue_for(network)
    queue.put_nowait({"bytes": bytes(60)})
    assert network.is_reading
    queue.put_nowait({"text": "x" * 50})
    assert not network.is_reading
    await queue.get()
    assert network.is_reading


async def test_many_small_messages_pause_reading_too() -> None:
    network = Network()
    queue = queue_for(network)
    for _ in range(11):
        queue.put_nowait({"text": ""})
    assert not network.is_reading


@given(st.lists(st.one_of(st.none(), st.integers(0, 80)), max_size=60))
def test_whatever_comes_in_comes_out_in_order_and_reading_goes_on_at_last(steps: list[int | None]) -> None:
    """A number is a message of that size, None takes one out."""

    async def play() -> None:
        network = Network()
        queue = queue_for(network)
        waiting: list[int] = []
        for step in steps:
            if step is not None:
                waiting.append(step)
                queue.put_nowait({"bytes": bytes(step)})
            elif waiting:
                assert len((await queue.get())["bytes"]) == waiting.pop(0)
        while waiting:
            assert len((await queue.get())["bytes"]) == waiting.pop(0)
        assert network.is_reading

    asyncio.run(play())


async def test_a_writer_waits_while_the_peer_does_not_read() -> None:
    pressure = WritePressure()
    await pressure.wait_writable()
    pressure.pauseProducing()
    assert pressure.is_paused
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(pressure.wait_writable())
        await asyncio.sleep(0)
        assert not waiting.done()
        pressure.resumeProducing()
    assert not pressure.is_paused


async def test_a_connection_that_is_gone_lets_the_writer_go() -> None:
    pressure = WritePressure()
    pressure.pauseProducing()
    pressure.stopProducing()
    await pressure.wait_writable()


def test_a_burst_of_frames_is_admitted_then_as_many_as_time_refills() -> None:
    rate = FrameRate(burst=5, refill_hz=10, now_s=0.0)
    assert [rate.admits(now_s=0.0) for _ in range(6)] == [True] * 5 + [False]
    assert [rate.admits(now_s=0.5) for _ in range(5)] == [True] * 4 + [False]
    assert [rate.admits(now_s=100.0) for _ in range(6)] == [True] * 5 + [False]
