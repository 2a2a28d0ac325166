"""Before a call's session is taken over: what earlier connections of it have said is committed, wherever that was."""

import asyncio
import logging

from meetings.phone import AdmittedCall
from streaming.runtime import Runtime
from streaming.session_items import Finalize

logger = logging.getLogger(__name__)

REST_WITHIN_S, LOOK_EVERY_S = 3.0, 0.05
# So often another node is found to have nothing: what it was asked for, or has just heard, may be on its way.
FEWEST_LOOKS = 6


async def bring_to_rest(*, node: Runtime, call: AdmittedCall) -> None:
    """The new connection cannot send it again. Waits for it, but not for long: the caller is speaking already."""
    try:
        async with asyncio.timeout(REST_WITHIN_S):
            await _here(node, call)
            await _elsewhere(node, call)
    except TimeoutError:
        logger.warning("what a call has said could not be committed before its session was taken over")


async def _here(node: Runtime, call: AdmittedCall) -> None:
    rooms, here = node.rooms, (call.meeting_id, call.session_id)
    while rooms.is_reopening(*here):  # noqa: ASYNC110 - as below
        await asyncio.sleep(LOOK_EVERY_S)
    if (pipeline := rooms.session(*here)) is None:
        return
    pipeline.enqueue(Finalize(cid=None))
    while not pipeline.is_at_rest:  # noqa: ASYNC110 - no one event tells of all of it
        await asyncio.sleep(LOOK_EVERY_S)


async def _elsewhere(node: Runtime, call: AdmittedCall) -> None:
    """By what the database shows of another node that lives: only that is what both know."""
    n_at_rest = 0
    while (is_in_flight := await node.store.session_is_in_flight(call.session_id, node=node.node)) is not None:
        if n_at_rest == 0:
            node.broadcast.publish_flush(call.meeting_id, call.session_id)
        n_at_rest = 1 if is_in_flight else n_at_rest + 1
        if n_at_rest > FEWEST_LOOKS:
            return
        await asyncio.sleep(LOOK_EVERY_S)
