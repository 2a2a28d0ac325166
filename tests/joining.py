"""Joining as programs do, by our own client: on a machine that is busy a node may take nobody for a while."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from streaming.client.meeting import Meeting
from streaming.client.rest import Admission, Rest, ServerAway
from tests.sockets import FULL_FOR_S


async def joined(rest: Rest, code: str, *, display_name: str) -> Admission:
    """Asks again where a node says that it is full, as whoever is told so does."""
    for _ in range(FULL_FOR_S):
        try:
            return await rest.join(code, display_name=display_name)
        except ServerAway:
            await asyncio.sleep(1)
    return await rest.join(code, display_name=display_name)


@asynccontextmanager
async def meeting_joined(url: str, code: str, **who: Any) -> AsyncIterator[Meeting]:
    """`Meeting.join`, with the same patience."""
    async with AsyncExitStack() as stack:
        for _ in range(FULL_FOR_S):
            try:
                me = await stack.enter_async_context(Meeting.join(url, code, **who))
                break
            except ServerAway:
                await asyncio.sleep(1)
        else:
            raise AssertionError(f"full for {FULL_FOR_S} s")
        yield me
