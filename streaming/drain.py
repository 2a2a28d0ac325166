"""The last seconds of a node: everybody is told to go, and what they leave behind is brought to an end."""

import asyncio
import logging
from typing import Protocol

from streaming.conditions import Conditions

logger = logging.getLogger(__name__)

DRAIN_S = 10.0
LOOK_EVERY_S = 0.1


class Work(Protocol):
    """The rooms of the node."""

    @property
    def is_at_rest(self) -> bool:
        """No socket streams, and nothing that was heard is still on its way to being committed."""
        ...


async def drain(*, conditions: Conditions, rooms: Work) -> None:
    """Returns when all have gone and all is committed, after `DRAIN_S` at the latest.

    Whoever goes resumes elsewhere, or here when the node is back, from what is settled by then. Whatever is not is with
    its client, so cutting the wait short loses nothing: it only repeats work.
    """
    conditions.goaway(reason="deploy", deadline_ms=round(1_000 * DRAIN_S))
    try:
        async with asyncio.timeout(DRAIN_S):
            while conditions.n_sockets or not rooms.is_at_rest:  # noqa: ASYNC110 - no one event tells of all of it
                await asyncio.sleep(LOOK_EVERY_S)
    except TimeoutError:
        logger.info("some clients stayed to the end", extra={"sockets": conditions.n_sockets})
