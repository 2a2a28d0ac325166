"""How long a connection takes there and back, as pings measure it. Pure: times are passed in."""

import math
from collections.abc import Callable

ROUND_TRIP_KEY = "colloquy.round_trip"  # where the ASGI scope of a socket holds its RoundTrip
N_FIRST_MEASURED = 10  # a few soon, because one that is measured later cannot help what is committed by then


class RoundTrip:
    """The shortest round trip of one connection: on the way, things are only ever delayed.

    A browser answers pings by itself, however busy its page is with joining. Only a lone ping is measured: peers may
    answer several by one pong, and then nobody can tell which.
    """

    __slots__ = ("_asked_s", "_hear", "_is_unclear", "_n_measured", "shortest_s")

    def __init__(self) -> None:
        self.shortest_s = math.inf
        self._asked_s: float | None = None
        self._is_unclear = False
        self._n_measured = 0
        self._hear: Callable[[float], None] | None = None

    @property
    def wants_more(self) -> bool:
        """Whether another ping should be sent soon."""
        return self._asked_s is None and self._n_measured < N_FIRST_MEASURED

    def asked(self, *, now_s: float) -> None:
        if self._asked_s is None:
            self._asked_s = now_s
        else:
            self._is_unclear = True

    def answered(self, *, now_s: float) -> None:
        """Also for a pong that nobody asked for."""
        if self._asked_s is None or self._is_unclear:
            return
        took_s, self._asked_s = now_s - self._asked_s, None
        self._n_measured += 1
        if took_s < self.shortest_s:
            self.shortest_s = took_s
            if self._hear is not None:
                self._hear(took_s)

    def tell(self, hear: Callable[[float], None]) -> None:
        """Call `hear` with the shortest round trip, now if there is one, and with each that is shorter."""
        self._hear = hear
        if not math.isinf(self.shortest_s):
            hear(self.shortest_s)
