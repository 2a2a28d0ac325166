"""What a node does beside its rooms: show that it lives, store what it has heard, find sessions that nobody has."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from meetings.values import NodeState, SessionOwner
from streaming.tasks import TaskScope

logger = logging.getLogger(__name__)

HEARTBEAT_EVERY_S = 15.0
NOTE_EVERY_S = 2.0
FINALIZE_EVERY_S = 30.0
READING_EVERY_S = 60.0


class Books(Protocol):
    """What is asked of the store."""

    async def node_heartbeat(self, name: str) -> None: ...
    async def node_reading_note(self, name: str, state: NodeState) -> None: ...
    async def sessions_received_note(self, progress: Sequence[tuple[SessionOwner, int]]) -> int: ...
    async def sessions_abandoned_finalize(self) -> int: ...
    async def sessions_undelivered_end(self) -> int: ...


class Listening(Protocol):
    """What is asked of the rooms."""

    def sweep(self) -> None: ...
    def progress(self) -> list[tuple[SessionOwner, int]]: ...


class Housekeeping:
    """Four rounds, each of which goes on whatever befalls it: the next one may fare better."""

    def __init__(self, *, node: str, store: Books, rooms: Listening, reading: Callable[[], NodeState]) -> None:
        self._node = node
        self._store = store
        self._rooms = rooms
        self._reading = reading
        self._noted: dict[SessionOwner, int] = {}
        self._scope = TaskScope("housekeeping")

    def start(self) -> None:
        self._scope.spawn(_again_and_again(self._show_life, every_s=HEARTBEAT_EVERY_S), name="heartbeat")
        self._scope.spawn(_again_and_again(self._note_received, every_s=NOTE_EVERY_S), name="note-received")
        self._scope.spawn(_again_and_again(self._finalize, every_s=FINALIZE_EVERY_S), name="finalize")
        self._scope.spawn(_again_and_again(self._tell, every_s=READING_EVERY_S), name="reading")

    async def close(self) -> None:
        await self._scope.close()

    async def _show_life(self) -> None:
        """Sessions of a node that stopped telling the database that it lives are finalized by others."""
        self._rooms.sweep()
        await self._store.node_heartbeat(self._node)

    async def _note_received(self) -> None:
        """The stored ledger shows what is in flight while utterances are open; commits alone would come too late."""
        progress = self._rooms.progress()
        news = [(owner, received) for owner, received in progress if self._noted.get(owner) != received]
        if news:
            await self._store.sessions_received_note(news)
        self._noted = dict(progress)

    async def _finalize(self) -> None:
        """The worker does it as well; whoever comes first."""
        await self._store.sessions_abandoned_finalize()
        await self._store.sessions_undelivered_end()

    async def _tell(self) -> None:
        await self._store.node_reading_note(self._node, self._reading())


async def _again_and_again(work: Callable[[], Awaitable[None]], *, every_s: float) -> None:
    while True:
        try:
            await work()
        except Exception:
            logger.warning("a round of the node's housekeeping failed", exc_info=True)
        await asyncio.sleep(every_s)
