"""Whoever listens to a group hears it for as long as it wants, whatever the layer forgets or fails at."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Never

import pytest
from channels.layers import InMemoryChannelLayer

from streaming import layer_groups
from streaming.layer_groups import group_listen

GROUP = "anything"


class Layer(InMemoryChannelLayer):
    """Notes who joined, and fails where it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.joined: list[str] = []
        self.n_joins_failing = 0
        self.is_away = False

    @property
    def members(self) -> list[str]:
        return list(self.groups.get(GROUP, {}))

    async def group_add(self, group: str, channel: str) -> None:
        if self.n_joins_failing:
            self.n_joins_failing -= 1
            raise ConnectionError
        self.joined.append(channel)
        await super().group_add(group, channel)

    async def group_discard(self, group: str, channel: str) -> None:
        if self.is_away:
            raise ConnectionError
        await super().group_discard(group, channel)


async def until(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not is_so():
            await asyncio.sleep(0)


@asynccontextmanager
async def listening(
    layer: Layer, take: Callable[[dict[str, Any]], Awaitable[None]]
) -> AsyncIterator[asyncio.Task[Never]]:
    task = asyncio.get_running_loop().create_task(group_listen(layer, GROUP, take))
    try:
        await until(lambda: layer.members)
        yield task
    finally:
        layer.is_away = False
        task.cancel()
        await asyncio.wait([task])


async def test_all_that_is_sent_is_handed_on_in_its_order_and_who_ended_is_no_member() -> None:
    layer, heard = Layer(), list[int]()

    async def take(message: dict[str, Any]) -> None:
        await asyncio.sleep(0)
        heard.append(message["n"])

    async with listening(layer, take):
        for n in range(5):
            await layer.group_send(GROUP, {"type": "x", "n": n})
        await until(lambda: len(heard) == 5)
    assert heard == [0, 1, 2, 3, 4]
    assert layer.members == []


async def test_the_group_is_joined_again_before_the_layer_forgets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_groups, "JOIN_AGAIN_S", 0.0)
    layer, heard = Layer(), list[object]()

    async def take(message: dict[str, Any]) -> None:
        for _ in range(5):  # longer than the deadline, which breaks nothing off
            await asyncio.sleep(0)
        heard.append(message)

    async with listening(layer, take):
        await until(lambda: len(layer.joined) > 3)
        layer.groups.clear()
        await until(lambda: layer.members)
        await layer.group_send(GROUP, {"type": "x"})
        await until(lambda: heard)
    assert len(set(layer.joined)) == 1, "the same channel, so that nothing that waits in it is lost"


async def test_after_a_failure_of_the_layer_or_of_who_listens_it_is_joined_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(layer_groups, "PAUSE_AFTER_FAILURE_S", 0.0)
    layer, heard = Layer(), list[object]()
    layer.n_joins_failing = 2

    async def take(message: dict[str, Any]) -> None:
        heard.append(message)
        if len(heard) == 1:
            raise ConnectionError

    async with listening(layer, take):
        await layer.group_send(GROUP, {"type": "x"})
        await until(lambda: len(layer.joined) == 2 and layer.members == layer.joined[1:])
        await layer.group_send(GROUP, {"type": "x"})
        await until(lambda: len(heard) == 2)


async def test_who_is_cancelled_ends_though_the_layer_is_away() -> None:
    layer = Layer()

    async def take(message: dict[str, Any]) -> None:
        raise AssertionError

    async with listening(layer, take) as task:
        layer.is_away = True
        task.cancel()
        await asyncio.wait([task], timeout=60)
        assert task.cancelled()
