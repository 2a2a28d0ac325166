"""Tell live rooms of new events. Hints only: whoever misses one finds it in the log."""

import asyncio
import logging
from collections.abc import Sequence
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import BaseChannelLayer, get_channel_layer

from meetings.wire import WireMessage, group_name

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


async def _send(layer: BaseChannelLayer, group: str, messages: Sequence[WireMessage]) -> None:
    async with asyncio.timeout(ANNOUNCE_TIMEOUT_S):
        for message in messages:
            await layer.group_send(group, {"type": "meeting.event", "seq": message["seq"], "message": message})
