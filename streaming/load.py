"""How busy the recognizers are, by measured waiting times, and how far partials are slowed down. Pure: no clock.

Finals come first, so what gives way under load is the cadence of partials: it halves with each level. A level is left
for a better one only after waiting times have been low for a while, so that the cadence does not swing.
"""

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSettings:
    """Waits are those of jobs between being asked for and being begun, in seconds."""

    busy_wait_s: float = 0.5  # people notice later words from here on
    calm_wait_s: float = 0.2  # well below, or the relief of one level would at once end it
    window_s: float = 2.0  # jobs that begin at once between others that wait prove no calm
    busy_for_s: float = 1.0  # between one step up and the next: it must have had time to show
    calm_for_s: float = 5.0
    top_level: int = 3


class LoadMeter:
    """Waits in, a level from 0 (nothing waits) to `top_level` out."""

    def __init__(self, settings: LoadSettings | None = None) -> None:
        self._settings = settings or LoadSettings()
        self._waits: deque[tuple[float, float]] = deque()  # (when, seconds), falling in seconds
        self._changed_s = 0.0
        self._calm_since_s: float | None = None
        self.level = 0

    @property
    def partial_every_x(self) -> int:
        """By how much the time between two partials of a speaker is stretched."""
        return int(2**self.level)

    @property
    def is_slowest(self) -> bool:
        return self.level == self._settings.top_level

    def wait_s(self, *, now_s: float) -> float:
        """The longest wait within the window."""
        while self._waits and self._waits[0][0] < now_s - self._settings.window_s:
            self._waits.popleft()
        return self._waits[0][1] if self._waits else 0.0

    def observe(self, wait_s: float, *, now_s: float) -> None:
        """A job waited for so long, or has been waiting for so long now. Call it at least once a second."""
        while self._waits and self._waits[-1][1] <= wait_s:
            self._waits.pop()
        self._waits.append((now_s, wait_s))
        self._settle_level(wait_s, now_s=now_s)

    def _settle_level(self, wait_s: float, *, now_s: float) -> None:
        """Up by what waits now, down by the longest wait of the window: one short job proves no calm."""
        settings = self._settings
        if self.wait_s(now_s=now_s) > settings.calm_wait_s:
            self._calm_since_s = None
        elif self._calm_since_s is None:
            self._calm_since_s = now_s
        if wait_s > settings.busy_wait_s and now_s - self._changed_s >= settings.busy_for_s:
            self._change(min(self.level + 1, settings.top_level), now_s=now_s)
        elif self._calm_since_s is not None and now_s - self._calm_since_s >= settings.calm_for_s:
            self._change(max(self.level - 1, 0), now_s=now_s)
            self._calm_since_s = now_s  # the next step down has to be earned anew

    def _change(self, level: int, *, now_s: float) -> None:
        if level != self.level:
            self.level, self._changed_s = level, now_s
