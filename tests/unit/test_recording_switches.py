"""What may be recorded is a function of position, and off until somebody says on."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from meetings.recordings.switches import (
    is_recorded,
    may_record,
    overlaps,
    ranges_joined,
    ranges_on,
    switches_without,
)
from meetings.values import RecordingSwitch

SWITCHES = st.lists(st.tuples(st.integers(0, 100), st.booleans()), max_size=8, unique_by=lambda each: each[0]).map(
    lambda found: [RecordingSwitch(start=start, is_on=is_on) for start, is_on in sorted(found)]
)
RANGES = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda r: (r[0], r[0] + r[1])), max_size=8)


@given(SWITCHES, st.integers(0, 120), st.integers(0, 120))
def test_each_sample_follows_the_last_switch_before_it(switches: list[RecordingSwitch], start: int, end: int) -> None:
    def is_on(position: int) -> bool:
        return next((each.is_on for each in reversed(switches) if each.start <= position), False)

    ranges = ranges_on(switches, start, end)
    assert [p for first, last in ranges for p in range(first, last)] == [p for p in range(start, end) if is_on(p)]
    assert may_record(switches) == is_on(10**9)


@given(SWITCHES, RANGES)
def test_without_some_ranges_everything_else_is_as_it_was(
    switches: list[RecordingSwitch], ranges: list[tuple[int, int]]
) -> None:
    left_out = {p for first, last in ranges for p in range(first, last)}
    found = switches_without(switches, ranges_joined(ranges))
    before, after = ({p for a, b in ranges_on(each, 0, 200) for p in range(a, b)} for each in (switches, found))
    assert after == before - left_out
    assert all(one.start < other.start and one.is_on != other.is_on for one, other in pairwise(found))
    assert switches_without(found, ranges_joined(ranges)) == found


@given(RANGES, st.integers(0, 90), st.integers(0, 90))
def test_joined_ranges_hold_the_same_samples(ranges: list[tuple[int, int]], start: int, end: int) -> None:
    samples = {p for first, last in ranges for p in range(first, last)}
    joined = ranges_joined(ranges)
    assert [p for first, last in joined for p in range(first, last)] == sorted(samples)
    assert all(one[1] < other[0] for one, other in pairwise(joined))
    assert overlaps(joined, start, end) == any(start <= p < end for p in samples)


def test_only_true_records_a_meeting() -> None:
    assert [is_recorded(p) for p in ({}, {"recording": False}, {"recording": 1}, {"recording": True})] == [
        False, False, False, True,
    ]  # fmt: skip
