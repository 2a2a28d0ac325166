"""A real node that is killed with `kill -9` again and again, and started anew on the same data and port."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Self

from streaming.tasks import TaskScope
from tests.nodes import NodeProcess, database_make, node_kill, node_start


class MortalNode:
    """Migrated, serving and ready on entering; killed on leaving."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._node: NodeProcess | None = None
        self.n_kills = 0

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(database_make, self._environment)
        self._node = await asyncio.to_thread(node_start, self._environment)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._node is not None:
            await asyncio.to_thread(node_kill, self._node)

    @property
    def port(self) -> int:
        return int(self._environment["PORT"])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def process_id(self) -> int:
        assert self._node is not None
        return self._node.process.pid

    def log(self) -> str:
        assert self._node is not None
        return self._node.log()

    @asynccontextmanager
    async def dying(self, *, every_s: tuple[float, float], at_least: int = 0, random: Random) -> AsyncIterator[None]:
        """Killed again after so many seconds, or once it is ready again when that takes longer; ready on leaving, which
        waits until it was killed so often: on a machine that is busy a start may take most of the time.

        Realistic: the kernel when memory is short, a host that fails, a container that is deployed without grace.
        """
        scope = TaskScope("killer")
        is_enough = asyncio.Event()
        killer = scope.spawn(self._kill_again_and_again(every_s, at_least, random, is_enough), name="killer")
        try:
            yield
        finally:
            is_enough.set()
            await killer

    async def _kill_again_and_again(
        self, every_s: tuple[float, float], at_least: int, random: Random, is_enough: asyncio.Event
    ) -> None:
        clock = asyncio.get_running_loop().time
        due_s = clock() + random.uniform(*every_s)
        while True:
            try:
                async with asyncio.timeout_at(due_s):
                    await is_enough.wait()
                    if self.n_kills >= at_least:
                        return
                    await asyncio.sleep(due_s - clock())
            except TimeoutError:
                pass
            due_s = clock() + random.uniform(*every_s)
            assert self._node is not None
            await asyncio.to_thread(node_kill, self._node)
            self.n_kills += 1
            self._node = await asyncio.to_thread(node_start, self._environment)
