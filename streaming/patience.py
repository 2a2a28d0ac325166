"""Ask the database again until it answers: clients keep what they said meanwhile, so nothing is lost by waiting."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from streaming import metrics
from streaming.errors import StoreUnavailable

logger = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 5.0

T = TypeVar("T")


async def until_stored(call: Callable[[], Awaitable[T]]) -> T:
    """What `call` returns once the database is there. It must bear repetition: an answer may have been lost."""
    pause_s = FIRST_PAUSE_S
    while True:
        try:
            return await call()
        except StoreUnavailable:
            metrics.STORE_RETRIES.inc()
            logger.warning("the database does not answer; asked again", extra={"pause_s": pause_s})
            await asyncio.sleep(pause_s)
            pause_s = min(LONGEST_PAUSE_S, pause_s * 2)
