"""When a delivery is tried again, and how long an address that fails is left alone. Pure."""

from datetime import timedelta

GIVE_UP_AFTER = timedelta(days=3)
DISABLE_AFTER = timedelta(days=3)  # of nothing but failures
MOST_ATTEMPTS = 15
FIRST_DELAY_S = 10.0
LONGEST_DELAY_S = 28_800.0
JITTER = 0.2  # of the delay, to both sides: what failed together does not come back together
FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 600.0
LONGEST_ASKED_S = 3_600.0


def retry_delay(n_attempts: int, *, chance: float, asked_s: float | None = None) -> timedelta:
    """After so many attempts; `chance` in [0, 1) draws the jitter. What the receiver asked for counts up to an hour."""
    delay_s = min(FIRST_DELAY_S * 4.0 ** min(n_attempts - 1, 20), LONGEST_DELAY_S)
    delay_s *= 1 + JITTER * (2 * chance - 1)
    return timedelta(seconds=max(delay_s, min(asked_s or 0.0, LONGEST_ASKED_S)))


def pause(n_failures: int) -> timedelta:
    """How long an endpoint that has failed so often in a row is not asked anything."""
    return timedelta(seconds=min(FIRST_PAUSE_S * 2.0 ** min(n_failures - 1, 20), LONGEST_PAUSE_S))
