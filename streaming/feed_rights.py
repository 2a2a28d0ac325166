"""Feeds end when their readers may not read any more: looked at every few seconds, at once where a hint says so."""

import asyncio
import logging
from collections.abc import Collection, Mapping
from typing import Any, Protocol

from meetings.values import FeedReader
from meetings.wire import RIGHTS_GROUP
from streaming.errors import ForbiddenStream
from streaming.layer_groups import ChannelLayer, group_listen
from streaming.tasks import TaskScope

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 3.0
LEAST_APART_S = 0.25  # hints come in bursts, as when an organisation is tidied up


class Rights(Protocol):
    async def feeds_lost(self, readers: Collection[FeedReader]) -> set[FeedReader]: ...


class Feed(Protocol):
    """A socket; the call only queues."""

    def fail(self, error: ForbiddenStream) -> None: ...


class FeedRights:
    """The feeds of this node whose readers have something that can be taken away: a role, a token, an account.

    Whatever took it, wherever: what stands in the database is compared, for all feeds in a few queries. Messages of the
    channel layer only say when to look sooner.
    """

    def __init__(self, *, store: Rights, layer: ChannelLayer) -> None:
        self._store = store
        self._layer = layer
        self._watched: dict[Feed, FeedReader] = {}
        self._is_due = asyncio.Event()
        self._scope = TaskScope("feed-rights")

    def start(self) -> None:
        self._scope.spawn(self._look_again_and_again(), name="look")
        self._scope.spawn(group_listen(self._layer, RIGHTS_GROUP, self._take_hint), name="listen")

    async def close(self) -> None:
        await self._scope.close()

    def watch(self, feed: Feed, reader: FeedReader) -> None:
        """Until `forget`. Guests have nothing that could be taken away: they cost nothing here."""
        if reader.can_be_lost:
            self._watched[feed] = reader

    def forget(self, feed: Feed) -> None:
        self._watched.pop(feed, None)

    async def look(self) -> None:
        """Close the feeds of those who may not read any more."""
        if not self._watched:
            return
        lost = await self._store.feeds_lost(set(self._watched.values()))
        for feed in [feed for feed, reader in self._watched.items() if reader in lost]:
            self.forget(feed)
            feed.fail(ForbiddenStream("Your right to read this meeting was taken away."))

    async def _look_again_and_again(self) -> None:
        while True:
            try:
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._is_due.wait()
            except TimeoutError:
                pass
            self._is_due.clear()
            try:
                await self.look()
            except Exception:
                logger.warning("rights to feeds could not be looked at", exc_info=True)
            await asyncio.sleep(LEAST_APART_S)

    async def _take_hint(self, message: Mapping[str, Any]) -> None:
        self._is_due.set()
