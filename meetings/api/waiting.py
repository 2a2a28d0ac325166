"""Waiting for a meeting's log to grow: woken by hints of the channel layer, sure by a shared look every second."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from uuid import UUID

from channels.layers import BaseChannelLayer, get_channel_layer

from meetings.api.problems import Problem, ProblemError
from meetings.wire import group_name

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
WAITERS_MAX = 128  # being woken costs some 8 ms of CPU each, in the process that carries the voices
RETRY_AFTER_S = 5
LAYER_TIMEOUT_S = 2.0

LastSeqs = Callable[[Collection[UUID]], Awaitable[Mapping[UUID, int]]]

_TOO_MANY = Problem(
    code="too_many_waiters",
    status=503,
    detail="Too many requests are waiting for events here; poll without wait_s, or try again later.",
    headers={"Retry-After": str(RETRY_AFTER_S)},
)


class _Waiter:
    def __init__(self, meeting_id: UUID, after_seq: int) -> None:
        self.meeting_id = meeting_id
        self._after_seq = after_seq
        self.grown = asyncio.Event()
        self.is_gone = asyncio.Event()

    def hear(self, last_seq: int) -> None:
        if last_seq > self._after_seq:
            self.grown.set()


class Waiters:
    """The requests of this process that wait, at most `n_max`: the next one is refused, for it would hold a socket.

    However many wait, one of them looks for all: `last_seqs` is asked about once a second.
    """

    def __init__(self, n_max: int, *, last_seqs: LastSeqs) -> None:
        self._n_max = n_max
        self._last_seqs = last_seqs
        self._waiting: set[_Waiter] = set()
        self._listening: set[asyncio.Task[None]] = set()
        self._is_looking = False
        self._looked_at = 0.0

    @property
    def n_waiting(self) -> int:
        return len(self._waiting)

    async def growth(self, meeting_id: UUID, *, after_seq: int, wait_s: float) -> None:
        """Return when the log goes beyond `after_seq`, or after `wait_s`. Safe to cancel. Raises ProblemError."""
        if self.n_waiting >= self._n_max:
            raise ProblemError(_TOO_MANY)
        waiter = _Waiter(meeting_id, after_seq)
        self._waiting.add(waiter)
        listener = asyncio.get_running_loop().create_task(self._listen(waiter))
        self._listening.add(listener)
        listener.add_done_callback(self._listening.discard)
        try:
            async with asyncio.timeout(wait_s):
                await self._until_grown(waiter)
        except TimeoutError:
            pass
        finally:
            waiter.is_gone.set()
            try:
                await asyncio.shield(listener)  # which ends by itself, also when we are cancelled again here
            finally:
                self._waiting.discard(waiter)

    async def _until_grown(self, waiter: _Waiter) -> None:
        while True:
            try:
                async with asyncio.timeout(LOOK_EVERY_S):
                    await waiter.grown.wait()
                    return
            except TimeoutError:
                await self._look()  # events of other processes may come without a hint

    async def _look(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._is_looking or now - self._looked_at < LOOK_EVERY_S / 2:
            return  # somebody looks, or just did, and tells everybody
        self._is_looking, self._looked_at = True, now
        try:
            heads = await self._last_seqs({waiter.meeting_id for waiter in self._waiting})
        finally:
            self._is_looking = False
        for waiter in self._waiting:
            waiter.hear(heads.get(waiter.meeting_id, 0))

    async def _listen(self, waiter: _Waiter) -> None:
        """Told to end and never cancelled: the Redis layer gives a channel back only when cancelled in `receive`."""
        layer, group = get_channel_layer(), group_name(waiter.meeting_id)
        try:
            async with asyncio.timeout(LAYER_TIMEOUT_S):
                channel = await layer.new_channel()
            async with asyncio.TaskGroup() as tasks:
                is_hearing = asyncio.Event()
                hearing = tasks.create_task(_hear(waiter, layer, channel, is_hearing))
                await is_hearing.wait()
                try:
                    async with asyncio.timeout(LAYER_TIMEOUT_S):
                        await layer.group_add(group, channel)
                        # What came between the caller's reading and this subscription gave no hint.
                        waiter.hear((await self._last_seqs([waiter.meeting_id])).get(waiter.meeting_id, 0))
                    await waiter.is_gone.wait()
                finally:
                    hearing.cancel()
                    async with asyncio.timeout(LAYER_TIMEOUT_S):
                        await layer.group_discard(group, channel)
        except Exception:  # border of a task: without hints, the look every second still finds everything
            logger.warning("hints of the channel layer are unavailable", exc_info=True)


async def _hear(waiter: _Waiter, layer: BaseChannelLayer, channel: str, is_hearing: asyncio.Event) -> None:
    is_hearing.set()  # from here on `receive` is the only place where a cancellation can arrive
    while True:
        message = await layer.receive(channel)
        if message["type"] == "meeting.event":  # the group carries partials as well
            waiter.hear(message["seq"])
