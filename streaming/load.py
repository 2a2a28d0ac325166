"""How busy the recognizers are, by measured waits and work, and how often partials come. Pure: no clock.

Finals come first, so what gives way under load is the cadence of partials: it halves with each level. It does so only
where the recognizers are at work nearly all the time: a wait for finals that come all at once is none that fewer
partials would shorten. A level is left for the better one once there has been room for twice as many partials for a
while, so that the cadence does not swing. Where the recognizers have little to do partials are brisk: they come more
often, for words that appear sooner.
"""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

BRISK_X = 0.6


class HearAgain(StrEnum):
    """When a final that the model doubts is heard again: fewer wrong words for more work (`hearings.py`)."""

    SPARE = "spare"  # while partials are brisk
    ALWAYS = "always"  # so that finals depend on what was said alone, however long they take
    NEVER = "never"  # so that they do too, and come sooner


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSettings:
    """Waits are those of jobs between being asked for and being begun, in seconds."""

    busy_wait_s: float = 0.5  # people notice later words from here on
    stuck_wait_s: float = 2.0  # whatever the reason: recognizers that stand still have done no work either
    window_s: float = 4.0  # over which waits and work are measured: some utterances of everybody
    busy_share: float = 0.85  # of the recognizers' time; beyond it waits grow without bound
    busy_for_s: float = 1.0  # between one step up and the next: it must have had time to show
    calm_for_s: float = 5.0
    top_level: int = 3
    brisk_share: float = 0.5  # of the recognizers' time; beyond it finals would wait for partials too often
    brisk_again_share: float = 0.3  # brisk partials take up to twice as much


class LoadMeter:
    """Waits and work in, a level from 0 (nothing waits) to `top_level` out, for `n_recognizers` that work at once."""

    def __init__(self, *, n_recognizers: int, settings: LoadSettings | None = None) -> None:
        self._n_recognizers = n_recognizers
        self._settings = settings or LoadSettings()
        self._waits: deque[tuple[float, float]] = deque()  # (when, seconds), falling in seconds
        self._work: deque[tuple[float, float, bool]] = deque()  # (when, seconds, whether of a partial)
        self._changed_s = 0.0
        self._calm_since_s: float | None = None
        self._roomy_since_s: float | None = None
        self.level = 0
        self.is_brisk = True

    @property
    def partial_every_x(self) -> float:
        """By how much the time between two partials of a speaker is stretched."""
        return BRISK_X if self.is_brisk else 2.0**self.level

    @property
    def is_slowest(self) -> bool:
        return self.level == self._settings.top_level

    def wait_s(self, *, now_s: float) -> float:
        """The longest wait within the window."""
        while self._waits and self._waits[0][0] < now_s - self._settings.window_s:
            self._waits.popleft()
        return self._waits[0][1] if self._waits else 0.0

    def share(self, *, now_s: float, partials_x: int = 1) -> float:
        """Of the recognizers' time within the window, the part that was work, had there been `partials_x` partials."""
        while self._work and self._work[0][0] < now_s - self._settings.window_s:
            self._work.popleft()
        worked_s = sum(took_s * (partials_x if is_partial else 1) for _, took_s, is_partial in self._work)
        return worked_s / (self._settings.window_s * self._n_recognizers)

    def work(self, took_s: float, *, is_partial: bool, now_s: float) -> None:
        """A job that kept a recognizer busy for so long is done."""
        self._work.append((now_s, took_s, is_partial))

    def observe(self, wait_s: float, *, now_s: float) -> None:
        """A job waited for so long, or has been waiting for so long now. Call it at least once a second."""
        while self._waits and self._waits[-1][1] <= wait_s:
            self._waits.pop()
        self._waits.append((now_s, wait_s))
        self._settle_level(wait_s, now_s=now_s)
        self._settle_brisk(now_s=now_s)

    def _settle_brisk(self, *, now_s: float) -> None:
        settings = self._settings
        share = self.share(now_s=now_s)
        if self.level or share > settings.brisk_share:
            self.is_brisk, self._roomy_since_s = False, None
        elif share > settings.brisk_again_share:
            self._roomy_since_s = None
        elif self._roomy_since_s is None:
            self._roomy_since_s = now_s
        elif now_s - self._roomy_since_s >= settings.calm_for_s:
            self.is_brisk = True

    def _settle_level(self, wait_s: float, *, now_s: float) -> None:
        settings = self._settings
        if not self._is_calm(now_s):
            self._calm_since_s = None
        elif self._calm_since_s is None:
            self._calm_since_s = now_s
        if self._is_busy(wait_s, now_s) and now_s - self._changed_s >= settings.busy_for_s:
            self._change(min(self.level + 1, settings.top_level), now_s=now_s)
        elif self._calm_since_s is not None and now_s - self._calm_since_s >= settings.calm_for_s:
            self._change(max(self.level - 1, 0), now_s=now_s)
            self._calm_since_s = now_s  # the next step down has to be earned anew

    def _is_busy(self, wait_s: float, now_s: float) -> bool:
        if wait_s > self._settings.stuck_wait_s:
            return True
        return wait_s > self._settings.busy_wait_s and self.share(now_s=now_s) > self._settings.busy_share

    def _is_calm(self, now_s: float) -> bool:
        """Whether there is room for the partials of the next better level."""
        has_room = self.share(now_s=now_s, partials_x=2) <= self._settings.busy_share
        return has_room and self.wait_s(now_s=now_s) <= self._settings.stuck_wait_s

    def _change(self, level: int, *, now_s: float) -> None:
        if level != self.level:
            self.level, self._changed_s = level, now_s
