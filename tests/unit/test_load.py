"""Partials slow down while jobs wait, and come back only after a while of calm."""

from streaming.load import LoadMeter, LoadSettings

SETTINGS = LoadSettings()


def observe(meter: LoadMeter, wait_s: float, *, from_s: float, for_s: float) -> float:
    """Four observations a second; returns when the last was made."""
    now_s = from_s
    while now_s < from_s + for_s:
        meter.observe(wait_s, now_s=now_s)
        now_s += 0.25
    return now_s


def test_without_waiting_partials_come_at_full_pace() -> None:
    meter = LoadMeter()
    observe(meter, 0.0, from_s=100, for_s=60)
    assert (meter.level, meter.partial_every_x) == (0, 1)


def test_the_longer_jobs_wait_the_rarer_partials_become_up_to_a_bound() -> None:
    meter = LoadMeter()
    levels = []
    now_s = 100.0
    for _ in range(6):
        now_s = observe(meter, 2.0, from_s=now_s, for_s=SETTINGS.busy_for_s)
        levels.append(meter.level)
    assert levels == [1, 2, 3, 3, 3, 3]
    assert meter.partial_every_x == 8


def test_the_pace_comes_back_step_by_step_and_only_after_calm() -> None:
    meter = LoadMeter()
    now_s = observe(meter, 2.0, from_s=100, for_s=10)
    now_s = observe(meter, 0.0, from_s=now_s, for_s=SETTINGS.window_s + SETTINGS.calm_for_s - 0.5)
    assert meter.level == 3
    now_s = observe(meter, 0.0, from_s=now_s, for_s=1.0)
    assert meter.level == 2
    observe(meter, 0.0, from_s=now_s, for_s=2 * SETTINGS.calm_for_s + 1)
    assert meter.level == 0


def test_a_wait_between_calm_and_busy_changes_nothing() -> None:
    """Without this the pace would swing: each relief would end itself."""
    meter = LoadMeter()
    now_s = observe(meter, 2.0, from_s=100, for_s=1.0)
    between_s = (SETTINGS.calm_wait_s + SETTINGS.busy_wait_s) / 2
    observe(meter, between_s, from_s=now_s, for_s=60)
    assert meter.level == 1


def test_one_moment_of_waiting_ends_the_calm() -> None:
    meter = LoadMeter()
    now_s = observe(meter, 2.0, from_s=100, for_s=1.0)
    for _ in range(10):
        now_s = observe(meter, 0.0, from_s=now_s, for_s=SETTINGS.calm_for_s - 0.5)
        now_s = observe(meter, 0.3, from_s=now_s, for_s=0.25)
    assert meter.level == 1
