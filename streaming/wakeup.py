"""An event with one waiter, and next to nothing while nobody waits: idle sessions have several, by the thousand."""

import asyncio


class Wakeup:
    """`asyncio.Event` for one waiter at a time; its queue of waiters alone would take more than half a kilobyte."""

    __slots__ = ("_is_set", "_waiter")

    def __init__(self) -> None:
        self._is_set = False
        self._waiter: asyncio.Future[None] | None = None

    def set(self) -> None:
        self._is_set = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def clear(self) -> None:
        self._is_set = False

    async def wait(self) -> None:
        """Returns once it was set, also if it was cleared since: look again at what you wait for."""
        if self._is_set:
            return
        if self._waiter is not None and not self._waiter.done():
            raise RuntimeError("a wakeup has one waiter")
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None
