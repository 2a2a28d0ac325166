"""Opening a session again for a client that keeps nothing: whatever becomes of its socket, but not for ever."""

from collections.abc import Awaitable, Callable

from meetings.errors import MeetingsError
from meetings.values import OpenedSession
from streaming.clocks import Clock
from streaming.errors import StreamError, SupersededStream, Unavailable
from streaming.patience import until_stored


class Reopening:
    """Asks the database until it answers; then `take` has the session, or `fail` hears why nobody has.

    `run` is for a scope that outlives the socket. It gives up between two attempts and is not cancelled in the middle
    of one, which would leave the session open with nobody to have it.
    """

    def __init__(
        self,
        *,
        generation: int,
        attempt: Callable[[], Awaitable[OpenedSession]],
        take: Callable[[OpenedSession], None],
        fail: Callable[[StreamError | MeetingsError], None],
        clock: Clock,
    ) -> None:
        """`generation` is that of the connection which failed."""
        self._generation = generation
        self._attempt = attempt
        self._take = take
        self._fail = fail
        self._clock = clock
        self._until_s: float | None = None
        self._is_superseded = False

    def give_up_after(self, seconds: float) -> None:
        """Until then it is tried; without this, for as long as the scope lasts."""
        self._until_s = self._clock.monotonic_s() + seconds

    def supersede(self, generation: int) -> None:
        """A connection of this generation exists: it must not be thrown out by what comes after an older one."""
        self._is_superseded = self._is_superseded or generation > self._generation

    async def run(self) -> None:
        try:
            self._take(await until_stored(self._try))
        except (StreamError, MeetingsError) as error:
            self._fail(error)
        except Exception:
            self._fail(Unavailable())
            raise

    async def _try(self) -> OpenedSession:
        if self._is_superseded:
            raise SupersededStream
        if self._until_s is not None and self._clock.monotonic_s() > self._until_s:
            raise Unavailable("the session could not be opened again in time")
        return await self._attempt()
