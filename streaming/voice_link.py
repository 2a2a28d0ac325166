"""The voices of one room between the nodes that hold parts of it: each sends the others the mix of its own voices.

Mixing is associative, so that is all that another node needs. A node that has listeners says so every few seconds, and
only then do the others send. Everything here may be lost: a listener misses a moment of a voice, and no word.
"""

import asyncio
import logging
from typing import Any, Final
from uuid import UUID

from streaming import metrics
from streaming.backpressure import WritePressure
from streaming.clocks import Clock
from streaming.conversation import OTHER_NODES, Conversation
from streaming.errors import StreamError
from streaming.layer_groups import LAYER_TIMEOUT_S, PAUSE_AFTER_FAILURE_S, ChannelLayer, group_joined
from streaming.protocol.frames import frame_unpack
from streaming.voices_out import VoicesOut

logger = logging.getLogger(__name__)

ASK_EVERY_S: Final = 2.0
ASKED_FOR_S: Final = 3 * ASK_EVERY_S


def voices_group(meeting_id: UUID) -> str:
    return f"voices.{meeting_id.hex}"


class VoiceLink:
    """Its owner runs `run` as long as somebody of the room is here; `ask` may be called at any time."""

    def __init__(
        self, meeting_id: UUID, *, node: str, layer: ChannelLayer, conversation: Conversation, clock: Clock
    ) -> None:
        self._group = voices_group(meeting_id)
        self._node = node
        self._layer = layer
        self._conversation = conversation
        self._clock = clock
        self._out = VoicesOut(send=self._send_voices, pressure=WritePressure())
        self._asked_s = -ASKED_FOR_S
        self._may_ask = asyncio.Event()

    def ask(self) -> None:
        """Somebody here listens from now on."""
        self._may_ask.set()

    async def run(self) -> None:
        while True:
            try:
                await self._exchange()
            except Exception:  # a border: whatever the layer's client raises, the room goes on without it
                logger.warning("the voices of other nodes cannot be had", exc_info=True)
                await asyncio.sleep(PAUSE_AFTER_FAILURE_S)

    async def _exchange(self) -> None:
        async with group_joined(self._layer, self._group) as channel:
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._ask())
                    group.create_task(self._out.run())
                    while True:
                        self._take(await self._layer.receive(channel))
            finally:
                self._conversation.stop_listening(OTHER_NODES)

    async def _ask(self) -> None:
        """At once when somebody begins to listen, and again and again; also forgets nodes that no longer ask."""
        while True:
            if self._conversation.has_people:
                await self._send({"type": "voices.wanted", "node": self._node})
            if self._clock.monotonic_s() - self._asked_s > ASKED_FOR_S:
                self._conversation.stop_listening(OTHER_NODES)
            self._may_ask.clear()
            try:
                async with asyncio.timeout(ASK_EVERY_S):
                    await self._may_ask.wait()
            except TimeoutError:
                continue

    def _take(self, message: dict[str, Any]) -> None:
        match message:
            case {"node": self._node}:
                return
            case {"type": "voices.wanted"}:
                self._asked_s = self._clock.monotonic_s()
                self._conversation.listen(OTHER_NODES, self._out)
            case {"type": "voices.block", "node": str(node), "frame": bytes(data)}:
                try:
                    self._conversation.hear_node(node, frame_unpack(data))
                except StreamError:
                    metrics.VOICE_FRAMES_DROPPED.inc()

    async def _send_voices(self, frame: bytes) -> None:
        await self._send({"type": "voices.block", "node": self._node, "frame": frame})

    async def _send(self, message: dict[str, Any]) -> None:
        async with asyncio.timeout(LAYER_TIMEOUT_S):
            await self._layer.group_send(self._group, message)
