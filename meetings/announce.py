"""Tell live rooms of new events, and nodes of rights that were taken. Hints only: whoever misses one looks it up."""

import asyncio
import logging
from collections.abc import Sequence
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import BaseChannelLayer, get_channel_layer

from meetings.wire import RIGHTS_GROUP, WireMessage, group_name

logger = logging.getLogger(__name__)

ANNOUNCE_TIMEOUT_S = 2.0


def announce(meeting_id: UUID, messages: Sequence[WireMessage]) -> None:
    """Called after the commit, so nothing that goes wrong here may reach the caller: the facts are stored."""
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        async_to_sync(_send)(layer, group_name(meeting_id), messages)
    except Exception:  # whatever the channel layer raises (a lost Redis, a full queue) costs a hint, not a fact
        logger.warning("an announcement was lost", exc_info=True, extra={"meeting_id": str(meeting_id)})


def rights_announce() -> None:
    """Called after the commit that took somebody's right to something. Says nothing of whose: nodes look themselves."""
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        async_to_sync(_send_rights)(layer)
    except Exception:  # the same: nodes look every few seconds as well
        logger.warning("an announcement was lost", exc_info=True)


async def _send_rights(layer: BaseChannelLayer) -> None:
    async with asyncio.timeout(ANNOUNCE_TIMEOUT_S):
        await layer.group_send(RIGHTS_GROUP, {"type": "rights.taken"})


async def _send(layer: BaseChannelLayer, group: str, messages: Sequence[WireMessage]) -> None:
    async with asyncio.timeout(ANNOUNCE_TIMEOUT_S):
        for message in messages:
            await layer.group_send(group, {"type": "meeting.event", "seq": message["seq"], "message": message})
