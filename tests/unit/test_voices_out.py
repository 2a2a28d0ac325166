"""Voices for a listener who does not read are dropped, and memory does not grow."""

import asyncio

import numpy as np

from streaming.backpressure import WritePressure
from streaming.conversation import Heard
from streaming.protocol.frames import frame_unpack
from streaming.voices_out import MOST_WAITING_FRAMES, VoicesOut


def block(number: int) -> Heard:
    return Heard(number * 320, np.zeros(320, np.float32))


async def test_frames_come_in_order_and_of_too_many_the_newest() -> None:
    sent: list[bytes] = []

    async def send(data: bytes) -> None:
        sent.append(data)

    voices = VoicesOut(send=send, pressure=WritePressure())
    for number in range(3 * MOST_WAITING_FRAMES):
        voices.hear(block(number))
    running = asyncio.ensure_future(voices.run())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    running.cancel()
    positions = [frame_unpack(each).position // 320 for each in sent]
    assert positions == list(range(2 * MOST_WAITING_FRAMES, 3 * MOST_WAITING_FRAMES))


async def test_while_the_peer_does_not_read_nothing_is_queued() -> None:
    sent: list[bytes] = []

    async def send(data: bytes) -> None:
        sent.append(data)

    pressure = WritePressure()
    voices = VoicesOut(send=send, pressure=pressure)
    running = asyncio.ensure_future(voices.run())
    pressure.pauseProducing()
    voices.hear(block(1))
    pressure.resumeProducing()
    voices.hear(block(2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    running.cancel()
    assert [frame_unpack(each).position for each in sent] == [640]
