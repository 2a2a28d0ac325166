"""Where the live half gets its time from: injected, so that tests run on virtual time."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def monotonic_s(self) -> float:
        """Seconds that never go back; only differences mean anything."""

    def now(self) -> datetime:
        """Wall time, aware, UTC."""


class SystemClock:
    """The clock of this machine."""

    def monotonic_s(self) -> float:
        return time.monotonic()

    def now(self) -> datetime:
        return datetime.now(UTC)
