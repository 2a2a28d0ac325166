"""Partials slow down while recognizers are busy and jobs wait, and come back once there is room for more of them."""

import pytest

from streaming.load import BRISK_X, LoadMeter, LoadSettings

SETTINGS = LoadSettings()
N_RECOGNIZERS = 2
STEP_S = 0.25


def observe(
    meter: LoadMeter, wait_s: float, *, from_s: float, for_s: float, finals: float = 0.0, partials: float = 0.0
) -> float:
    """Four observations a second, finals and partials at work for these shares; returns when the last was made."""
    now_s = from_s
    while now_s < from_s + for_s:
        for share, is_partial in ((finals, False), (partials, True)):
            meter.work(share * STEP_S * N_RECOGNIZERS, is_partial=is_partial, now_s=now_s)
        meter.observe(wait_s, now_s=now_s)
        now_s += STEP_S
    return now_s


def slowed(*, level: int) -> tuple[LoadMeter, float]:
    """(a meter at this level, now)."""
    meter = LoadMeter(n_recognizers=N_RECOGNIZERS)
    now_s = observe(meter, 0.0, from_s=100, for_s=SETTINGS.window_s, finals=1.0)
    while meter.level < level:
        now_s = observe(meter, 1.0, from_s=now_s, for_s=STEP_S, finals=1.0)
    return meter, now_s


def test_with_little_work_partials_are_brisk() -> None:
    meter = LoadMeter(n_recognizers=N_RECOGNIZERS)
    observe(meter, 0.0, from_s=100, for_s=60, partials=0.2)
    assert (meter.level, meter.is_brisk, meter.partial_every_x) == (0, True, BRISK_X)


def test_with_more_work_they_come_at_full_pace_and_do_not_swing() -> None:
    """Brisk partials take up to twice as much: they come back only where there is room for that."""
    meter = LoadMeter(n_recognizers=N_RECOGNIZERS)
    now_s = observe(meter, 0.0, from_s=100, for_s=SETTINGS.window_s + 1, finals=0.3, partials=0.25)
    assert (meter.level, meter.is_brisk, meter.partial_every_x) == (0, False, 1)
    now_s = observe(meter, 0.0, from_s=now_s, for_s=60, finals=0.2, partials=0.15)
    assert not meter.is_brisk
    now_s = observe(meter, 0.0, from_s=now_s, for_s=SETTINGS.calm_for_s, finals=0.1, partials=0.1)
    assert not meter.is_brisk
    observe(meter, 0.0, from_s=now_s, for_s=2 * SETTINGS.calm_for_s, finals=0.1, partials=0.1)
    assert meter.is_brisk


def test_a_busy_node_is_not_brisk_however_little_is_measured_for_a_moment() -> None:
    meter, now_s = slowed(level=1)
    assert not meter.is_brisk
    observe(meter, 0.0, from_s=now_s, for_s=STEP_S)
    assert not meter.is_brisk


def test_the_longer_jobs_wait_for_busy_recognizers_the_rarer_partials_become_up_to_a_bound() -> None:
    meter = LoadMeter(n_recognizers=N_RECOGNIZERS)
    now_s = observe(meter, 0.0, from_s=100, for_s=SETTINGS.window_s, partials=1.0)
    levels = []
    for _ in range(6):
        now_s = observe(meter, 1.0, from_s=now_s, for_s=SETTINGS.busy_for_s, partials=1.0)
        levels.append(meter.level)
    assert levels == [1, 2, 3, 3, 3, 3]
    assert meter.partial_every_x == 8


def test_finals_that_come_all_at_once_and_are_soon_done_slow_nothing_down() -> None:
    """They wait for each other: fewer partials would not help them."""
    meter = LoadMeter(n_recognizers=N_RECOGNIZERS)
    observe(meter, 1.0, from_s=100, for_s=60, finals=0.3, partials=0.3)
    assert meter.level == 0


def test_recognizers_that_stand_still_count_as_busy() -> None:
    meter = LoadMeter(n_recognizers=N_RECOGNIZERS)
    observe(meter, SETTINGS.stuck_wait_s + 0.1, from_s=100, for_s=60)
    assert meter.is_slowest


@pytest.mark.parametrize("wait_s", [0.0, 1.0])
def test_the_pace_comes_back_step_by_step_once_there_is_room_for_twice_as_many_partials(wait_s: float) -> None:
    meter, now_s = slowed(level=3)
    now_s = observe(meter, wait_s, from_s=now_s, for_s=SETTINGS.calm_for_s, finals=0.4, partials=0.15)
    assert meter.level == 3
    now_s = observe(meter, wait_s, from_s=now_s, for_s=SETTINGS.window_s, finals=0.4, partials=0.15)
    assert meter.level == 2
    observe(meter, wait_s, from_s=now_s, for_s=2 * SETTINGS.calm_for_s, finals=0.4, partials=0.15)
    assert meter.level == 0


def test_without_room_for_twice_as_many_partials_the_pace_stays() -> None:
    """Without this the pace would swing: each relief would end itself."""
    meter, now_s = slowed(level=1)
    observe(meter, 0.0, from_s=now_s, for_s=60, finals=0.5, partials=0.25)
    assert meter.level == 1


def test_one_moment_without_room_ends_the_calm() -> None:
    meter, now_s = slowed(level=1)
    for _ in range(10):
        now_s = observe(meter, 0.0, from_s=now_s, for_s=SETTINGS.calm_for_s, finals=0.3, partials=0.1)
        now_s = observe(meter, 0.0, from_s=now_s, for_s=2 * STEP_S, finals=8.0)
    assert meter.level == 1
