"""Positions map to meeting time and back by one value; what was committed keeps its time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.session_clock import (
    MOST_CORRECTIONS,
    ClockCorrection,
    SessionClock,
    corrections_stored,
    corrections_to_store,
)

positions = st.integers(0, 400_000)
offsets = st.integers(-30_000, 30_000)


@st.composite
def clocks(draw: st.DrawFn) -> SessionClock:
    starts = sorted(draw(st.sets(positions, max_size=6)))
    corrections = tuple(ClockCorrection(start=start, offset_ms=draw(offsets)) for start in starts)
    return SessionClock(origin_ms=draw(st.integers(0, 20_000)), corrections=corrections)


def obvious_ms(clock: SessionClock, position: int) -> int:
    """The definition, sample by sample where something may change: no later position has an earlier time."""
    zero_ms, reached_ms, at = clock.origin_ms, 0, 0
    for correction in clock.corrections:
        if correction.start > position:
            break
        if correction.start > 0:
            reached_ms = max(reached_ms, zero_ms + correction.start // 16)
        zero_ms, at = clock.origin_ms + correction.offset_ms, correction.start
    assert at <= position
    return max(reached_ms, zero_ms + position // 16)


def test_without_corrections_time_runs_with_the_samples() -> None:
    clock = SessionClock(origin_ms=250)
    assert (clock.meeting_ms(0), clock.meeting_ms(15), clock.meeting_ms(16_000)) == (250, 250, 1_250)
    assert (clock.position_at(0), clock.position_at(251), clock.position_at(1_250)) == (0, 16, 16_000)


def test_a_correction_holds_from_its_position_on() -> None:
    clock = SessionClock(origin_ms=0).corrected(ClockCorrection(start=16_000, offset_ms=30))
    assert (clock.meeting_ms(15_999), clock.meeting_ms(16_000)) == (999, 1_030)


def test_where_time_would_go_back_it_stands_still_until_it_is_caught_up_with() -> None:
    clock = SessionClock(origin_ms=0).corrected(ClockCorrection(start=16_000, offset_ms=-300))
    assert [clock.meeting_ms(position) for position in (16_000, 18_000, 20_800, 20_816)] == [1_000, 1_000, 1_000, 1_001]
    assert (clock.position_at(1_000), clock.position_at(1_001)) == (16_000, 20_816)


def test_what_begins_before_the_meeting_begins_with_it() -> None:
    clock = SessionClock(origin_ms=0).corrected(ClockCorrection(start=0, offset_ms=-200))
    assert [clock.meeting_ms(position) for position in (0, 3_200, 3_216)] == [0, 0, 1]


def test_a_correction_that_corrects_nothing_is_none() -> None:
    clock = SessionClock(origin_ms=7)
    assert clock.corrected(ClockCorrection(start=5, offset_ms=0)) == clock
    once = clock.corrected(ClockCorrection(start=5, offset_ms=20))
    assert once.corrected(ClockCorrection(start=9, offset_ms=20)) == once


def test_what_was_planned_from_a_position_on_is_replaced() -> None:
    planned = (
        SessionClock(origin_ms=0)
        .corrected(ClockCorrection(start=5, offset_ms=20))
        .corrected(ClockCorrection(start=9, offset_ms=40))
    )
    assert planned.corrected(ClockCorrection(start=9, offset_ms=60)).corrections == (
        ClockCorrection(start=5, offset_ms=20),
        ClockCorrection(start=9, offset_ms=60),
    )
    assert planned.corrected(ClockCorrection(start=3, offset_ms=0)) == SessionClock(origin_ms=0)


@pytest.mark.parametrize("starts", [(5, 5), (5, 4), (0, 0)])
def test_corrections_follow_each_other(starts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="rising"):
        SessionClock(origin_ms=0, corrections=tuple(ClockCorrection(start=start, offset_ms=1) for start in starts))


def test_a_broken_clock_is_not_corrected_without_end() -> None:
    many = tuple(ClockCorrection(start=start, offset_ms=start) for start in range(1, MOST_CORRECTIONS + 1))
    clock = SessionClock(origin_ms=0, corrections=many)
    assert clock.corrected(ClockCorrection(start=MOST_CORRECTIONS + 1, offset_ms=0)) is clock


@given(clocks(), st.lists(positions, min_size=1))
def test_the_mapping_is_the_obvious_one(clock: SessionClock, where: list[int]) -> None:
    edges = [max(0, each.start + near) for each in clock.corrections for near in (-1, 0, 1)]
    for position in [*where, *edges]:
        assert clock.meeting_ms(position) == obvious_ms(clock, position)


@given(clocks(), positions, positions)
def test_time_never_goes_back(clock: SessionClock, one: int, other: int) -> None:
    assert clock.meeting_ms(min(one, other)) <= clock.meeting_ms(max(one, other))
    assert clock.meeting_ms(0) >= 0


@given(clocks(), st.integers(-100, 80_000))
def test_the_way_back_finds_the_first_position_of_a_time(clock: SessionClock, meeting_ms: int) -> None:
    position = clock.position_at(meeting_ms)
    assert clock.meeting_ms(position) >= meeting_ms
    assert position == 0 or clock.meeting_ms(position - 1) < meeting_ms


@given(clocks(), positions, offsets, positions)
def test_a_correction_changes_nothing_before_it(clock: SessionClock, start: int, offset_ms: int, where: int) -> None:
    corrected = clock.corrected(ClockCorrection(start=start, offset_ms=offset_ms))
    if where < start:
        assert corrected.meeting_ms(where) == clock.meeting_ms(where)
    assert corrected.offset_ms == offset_ms


@given(clocks())
def test_what_is_stored_is_read_again(clock: SessionClock) -> None:
    assert corrections_stored(corrections_to_store(clock.corrections)) == clock.corrections
