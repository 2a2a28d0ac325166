"""Follow a meeting while it is said. The live half says how; a process without it follows nothing."""

from collections.abc import AsyncGenerator
from typing import Protocol

from meetings.api.problems import Problem, ProblemError
from meetings.values import FeedReader

RETRY_AFTER_S = 5
NOT_NOW = Problem(
    code="unavailable",
    status=503,
    detail="Nothing can be followed here at the moment; try again.",
    headers={"Retry-After": str(RETRY_AFTER_S)},
)
TOO_MANY = Problem(
    code="too_many_waiters",
    status=503,
    detail="Too many requests follow meetings here; use the caption socket, or try again later.",
    headers={"Retry-After": str(RETRY_AFTER_S)},
)


class LiveFeeds(Protocol):
    @property
    def has_room(self) -> bool: ...

    def follow(self, reader: FeedReader, *, after_seq: int, has_partials: bool) -> AsyncGenerator[str | None]:
        """Messages as the caption socket sends them, each a line of JSON; None where nothing was said for a while.

        Ends when the reader may not read any more, takes too little, or the node is about to stop.
        """
        ...


_feeds: LiveFeeds | None = None


def live_feeds_set(feeds: LiveFeeds | None) -> None:
    global _feeds
    _feeds = feeds


def live_feeds() -> LiveFeeds:
    """Raises ProblemError: not in this process, not any more, or too many follow already."""
    if _feeds is None:
        raise ProblemError(NOT_NOW)
    if not _feeds.has_room:
        raise ProblemError(TOO_MANY)
    return _feeds
