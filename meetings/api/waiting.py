"""Waiting for a meeting's log to grow: woken by hints of the channel layer, sure by a look every second."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from channels.layers import get_channel_layer

from meetings.api.problems import Problem, ProblemError

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
WAITERS_MAX = 256
RETRY_AFTER_S = 5


class Waiters:
    """How many requests of this process may wait at once; the next one is refused, for it would hold a socket."""

    def __init__(self, n_max: int) -> None:
        self.n_max = n_max
        self.n_waiting = 0

    @contextmanager
    def admitted(self) -> Iterator[None]:
        if self.n_waiting >= self.n_max:
            raise ProblemError(
                Problem(
                    code="too_many_waiters",
                    status=503,
                    detail="Too many requests are waiting for events here; poll without wait_s, or try again later.",
                    headers={"Retry-After": str(RETRY_AFTER_S)},
                )
            )
        self.n_waiting += 1
        try:
            yield
        finally:
            self.n_waiting -= 1


waiters = Waiters(WAITERS_MAX)


async def growth_awaited(
    *, meeting_id: UUID, after_seq: int, wait_s: float, last_seq: Callable[[], Awaitable[int]]
) -> None:
    """Return when `last_seq()` is beyond `after_seq`, or after `wait_s`. Safe to cancel."""
    wake = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        listener = tasks.create_task(_listen(meeting_id, wake))
        try:
            async with asyncio.timeout(wait_s):
                await _look_until_grown(after_seq, wake, last_seq)
        except TimeoutError:
            pass
        finally:
            listener.cancel()


async def _look_until_grown(after_seq: int, wake: asyncio.Event, last_seq: Callable[[], Awaitable[int]]) -> None:
    while True:
        wake.clear()  # before looking: a hint that comes during the look must not be lost
        if await last_seq() > after_seq:
            return
        try:
            async with asyncio.timeout(LOOK_EVERY_S):
                await wake.wait()
        except TimeoutError:
            pass  # events of other processes may come without a hint


async def _listen(meeting_id: UUID, wake: asyncio.Event) -> None:
    layer = get_channel_layer()
    group = f"meeting.{meeting_id.hex}"
    try:
        channel = await layer.new_channel()
        await layer.group_add(group, channel)
        try:
            wake.set()  # what came between the last look and the subscription gave no hint
            while True:
                await layer.receive(channel)
                wake.set()
        finally:
            await layer.group_discard(group, channel)
    except Exception:  # border of a task: without hints, the look every second still finds everything
        logger.warning("hints of the channel layer are unavailable", exc_info=True)
