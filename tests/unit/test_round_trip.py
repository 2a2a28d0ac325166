"""The shortest round trip counts, and only where it is clear what was answered."""

import math

from hypothesis import given
from hypothesis import strategies as st

from streaming.round_trip import N_FIRST_MEASURED, RoundTrip


def measured(*seconds: float) -> RoundTrip:
    round_trip, now_s = RoundTrip(), 100.0
    for each in seconds:
        round_trip.asked(now_s=now_s)
        round_trip.answered(now_s=now_s + each)
        now_s += 10
    return round_trip


@given(st.lists(st.floats(0.001, 5.0), min_size=1, max_size=20))
def test_the_shortest_one_counts_and_each_shorter_one_is_told(seconds: list[float]) -> None:
    told: list[float] = []
    round_trip, now_s = RoundTrip(), 100.0
    round_trip.tell(told.append)
    for each in seconds:
        round_trip.asked(now_s=now_s)
        round_trip.answered(now_s=now_s + each)
        now_s += 10
    assert math.isclose(round_trip.shortest_s, min(seconds), abs_tol=1e-9)
    assert told == sorted(told, reverse=True)
    assert told[-1] == round_trip.shortest_s


def test_who_asks_later_is_told_what_was_measured() -> None:
    told: list[float] = []
    RoundTrip().tell(told.append)
    assert told == []
    measured(0.5).tell(told.append)
    assert told == [0.5]


def test_a_pong_that_nobody_asked_for_measures_nothing() -> None:
    round_trip = RoundTrip()
    round_trip.answered(now_s=1.0)
    assert math.isinf(round_trip.shortest_s)


def test_where_it_is_unclear_which_ping_was_answered_nothing_is_measured() -> None:
    round_trip = RoundTrip()
    round_trip.asked(now_s=0.0)
    round_trip.asked(now_s=10.0)
    round_trip.answered(now_s=10.1)
    round_trip.asked(now_s=20.0)
    round_trip.answered(now_s=20.001)
    assert math.isinf(round_trip.shortest_s)
    assert not round_trip.wants_more


def test_a_few_are_measured_soon_one_after_the_other() -> None:
    assert RoundTrip().wants_more
    waiting = RoundTrip()
    waiting.asked(now_s=0.0)
    assert not waiting.wants_more
    assert measured(*[0.1] * (N_FIRST_MEASURED - 1)).wants_more
    assert not measured(*[0.1] * N_FIRST_MEASURED).wants_more
