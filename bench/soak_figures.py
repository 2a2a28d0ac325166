"""What a soak measures, and whether it stays as it is. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

NORMAL_95 = 1.96
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """At one instant. Memory counts shared pages once; files and threads are the web node's.

    `meeting_h` is how far the meeting has got. `final_s` is the mean of the finals that came since the measurement
    before, None when none came, in real seconds since the end of the utterance was captured.
    """

    at_s: float
    meeting_h: float
    web_mib: float
    recognizers_mib: float
    n_fds: int
    n_threads: int
    final_s: float | None
    lag_ms: int
    database_mib: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A straight line through the second half; `slope` is per hour of the meeting, with half its 95 % interval."""

    mean: float
    slope: float
    within: float

    @property
    def is_flat(self) -> bool:
        """No growth can be told from none."""
        return self.slope - self.within <= ROUNDING


MEASURES: tuple[tuple[str, str, Callable[[Measurement], float | None]], ...] = (
    ("memory of the web node", "MiB", lambda each: each.web_mib),
    ("memory of the recognizers", "MiB", lambda each: each.recognizers_mib),
    ("open files", "", lambda each: each.n_fds),
    ("threads", "", lambda each: each.n_threads),
    ("latency of finals", "s", lambda each: each.final_s),
    ("longest ack.lag_ms", "ms", lambda each: each.lag_ms),
)


def fit(measured: Sequence[Measurement], value: Callable[[Measurement], float | None]) -> Fit | None:
    """Over the second half, where nothing warms up any more; None when there are too few values."""
    half = measured[len(measured) // 2 :]
    points = [(each.meeting_h, found) for each in half if (found := value(each)) is not None]
    if len(points) < 4:
        return None
    x, y = np.array(points, dtype=np.float64).T
    away = x - x.mean()
    spread = float(away @ away)
    slope = float(away @ y) / spread
    residuals = y - y.mean() - slope * away
    deviation = float(np.sqrt(residuals @ residuals / (len(x) - 2) / spread))
    return Fit(mean=float(y.mean()), slope=slope, within=NORMAL_95 * deviation)


def fits_table(measured: Sequence[Measurement]) -> str:
    lines = [f"{'second half':28}{'mean':>10}  {'change per hour of meeting':>28}"]
    for name, unit, value in MEASURES:
        if (found := fit(measured, value)) is not None:
            change = f"{found.slope:+.2f} ± {found.within:.2f} {unit}".strip()
            verdict = "flat" if found.is_flat else "grows"
            lines.append(f"{name:28}{found.mean:>10.2f}  {change:>28}  {verdict}")
    last = measured[-1]
    lines.append(f"{last.meeting_h:.2f} h of meeting in {last.at_s / 60:.1f} min; database {last.database_mib:.1f} MiB")
    return "\n".join(lines)
