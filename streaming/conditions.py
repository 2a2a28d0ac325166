"""What every client of this node is told of its condition: captions slowed down, recognition unwell, about to stop."""

from collections.abc import Callable
from typing import Literal, Protocol

FlowState = Literal["ok", "slow", "pause"]

RECOGNITION_UNAVAILABLE = "recognition_unavailable"
BUSY = "busy"


class Told(Protocol):
    """A socket; each call only queues."""

    def flow(self, *, state: FlowState, reason: str) -> None: ...
    def warning(self, *, code: str) -> None: ...
    def goaway(self, *, reason: str, deadline_ms: int) -> None: ...


class Conditions:
    """Changes are told once to everybody who is here, and what stands to everybody who comes."""

    def __init__(self) -> None:
        self._told: set[Told] = set()
        self._state: FlowState = "ok"
        self._is_busy = False
        self._is_recognizing = True
        self._goaway: Callable[[Told], None] | None = None

    @property
    def state(self) -> FlowState:
        return self._state

    @property
    def is_going(self) -> bool:
        """Everybody was told to go."""
        return self._goaway is not None

    @property
    def n_sockets(self) -> int:
        return len(self._told)

    def join(self, socket: Told) -> None:
        self._told.add(socket)
        if self._state != "ok":
            self._tell(socket)
        if self._goaway is not None:
            self._goaway(socket)

    def leave(self, socket: Told) -> None:
        self._told.discard(socket)

    def busy(self, is_busy: bool) -> None:
        """Partials are slowed down, or not any more."""
        self._is_busy = is_busy
        self._settle()

    def recognizing(self, is_recognizing: bool) -> None:
        """Speech is being transcribed, or nothing is: then audio had better wait with those who said it."""
        self._is_recognizing = is_recognizing
        self._settle()

    def goaway(self, *, reason: str, deadline_ms: int) -> None:
        """The node stops within `deadline_ms`: clients resume elsewhere, or here when it is back."""

        def tell(socket: Told) -> None:
            socket.goaway(reason=reason, deadline_ms=deadline_ms)

        self._goaway = tell
        for socket in list(self._told):
            tell(socket)

    def _settle(self) -> None:
        state: FlowState = "pause" if not self._is_recognizing else "slow" if self._is_busy else "ok"
        before, self._state = self._state, state
        for socket in list(self._told) if state != before else ():
            if before == "pause" and state != "ok":
                socket.flow(state="ok", reason="")  # what ends a pause is `ok`, whatever comes next
            self._tell(socket)

    def _tell(self, socket: Told) -> None:
        reason = {"ok": "", "slow": BUSY, "pause": RECOGNITION_UNAVAILABLE}[self._state]
        if self._state == "pause":
            socket.warning(code=RECOGNITION_UNAVAILABLE)
        socket.flow(state=self._state, reason=reason)
