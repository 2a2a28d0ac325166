"""Groups of the channel layer: be in one, and hear what is sent to it, through failures of the layer and for days."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Never, Protocol

logger = logging.getLogger(__name__)

LAYER_TIMEOUT_S = 5.0
PAUSE_AFTER_FAILURE_S = 1.0
# The in-memory layer forgets members after a day, and those at once for whom a message waited for a minute.
JOIN_AGAIN_S = 60.0


class ChannelLayer(Protocol):
    """What we use of a Channels layer. Full groups drop silently, so nothing may depend on what is sent to them."""

    async def new_channel(self) -> str: ...
    async def receive(self, channel: str) -> dict[str, Any]: ...
    async def group_add(self, group: str, channel: str) -> None: ...
    async def group_discard(self, group: str, channel: str) -> None: ...
    async def group_send(self, group: str, message: dict[str, Any]) -> None: ...


@asynccontextmanager
async def group_joined(layer: ChannelLayer, group: str) -> AsyncIterator[str]:
    """A channel of one's own that is in the group. Raises TimeoutError, and whatever the layer's client raises."""
    async with asyncio.timeout(LAYER_TIMEOUT_S):
        channel = await layer.new_channel()
        await layer.group_add(group, channel)
    try:
        yield channel
    finally:
        await _leave(layer, group, channel)


async def _leave(layer: ChannelLayer, group: str, channel: str) -> None:
    """Whatever fails here must not take the place of a cancellation: whoever listens would begin anew, for ever."""
    try:
        async with asyncio.timeout(LAYER_TIMEOUT_S):
            await layer.group_discard(group, channel)
    except Exception:
        logger.warning("a group of the channel layer could not be left", exc_info=True)


async def group_listen(layer: ChannelLayer, group: str, take: Callable[[dict[str, Any]], Awaitable[None]]) -> Never:
    """Hand on what is sent to the group until cancelled. Nothing is heard of what is sent while the layer is away.

    What `take` raises counts as a failure of the layer: the group is left, and joined anew a second later.
    """
    while True:
        try:
            async with group_joined(layer, group) as channel:
                await _hand_on(layer, group, channel, take)
        except Exception:
            logger.warning("the channel layer could not be read", exc_info=True)
            await asyncio.sleep(PAUSE_AFTER_FAILURE_S)


async def _hand_on(
    layer: ChannelLayer, group: str, channel: str, take: Callable[[dict[str, Any]], Awaitable[None]]
) -> Never:
    now_s = asyncio.get_running_loop().time
    while True:
        join_again_s = now_s() + JOIN_AGAIN_S
        while (message := await _received(layer, channel, until_s=join_again_s)) is not None:
            await take(message)
        async with asyncio.timeout(LAYER_TIMEOUT_S):
            await layer.group_add(group, channel)


async def _received(layer: ChannelLayer, channel: str, *, until_s: float) -> dict[str, Any] | None:
    """None where nothing has come by then; `take` is outside of the deadline and is never broken off by it."""
    deadline = asyncio.timeout_at(until_s)
    try:
        async with deadline:
            return await layer.receive(channel)
    except TimeoutError:
        if not deadline.expired():
            raise  # the layer's own
        return None
