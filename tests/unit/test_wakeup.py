"""The event of one waiter."""

import asyncio

import pytest

from streaming.wakeup import Wakeup


async def test_who_waits_is_woken_also_when_it_is_cleared_at_once() -> None:
    wakeup = Wakeup()
    waiting = asyncio.ensure_future(wakeup.wait())
    await asyncio.sleep(0)
    wakeup.set()
    wakeup.clear()
    await waiting


async def test_what_was_set_before_is_not_waited_for() -> None:
    wakeup = Wakeup()
    wakeup.set()
    await wakeup.wait()
    wakeup.clear()
    waiting = asyncio.ensure_future(wakeup.wait())
    await asyncio.sleep(0)
    assert not waiting.done()
    wakeup.set()
    await waiting


async def test_a_cancelled_waiter_leaves_room_for_the_next() -> None:
    wakeup = Wakeup()
    first = asyncio.ensure_future(wakeup.wait())
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    second = asyncio.ensure_future(wakeup.wait())
    await asyncio.sleep(0)
    wakeup.set()
    await second


async def test_a_second_waiter_is_refused() -> None:
    wakeup = Wakeup()
    first = asyncio.ensure_future(wakeup.wait())
    await asyncio.sleep(0)
    with pytest.raises(RuntimeError, match="one waiter"):
        await wakeup.wait()
    wakeup.set()
    await first
