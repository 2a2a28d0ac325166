"""The numbers that both halves and the wire share."""

from meetings.limits import STREAM_LIMITS, meeting_ms


def test_limits_are_those_of_the_protocol() -> None:
    assert STREAM_LIMITS.as_wire() == {
        "frame_ms": [20, 200],
        "max_frame_bytes": 16_384,
        "unsettled_max_ms": 60_000,
        "catchup_x": 8,
    }


def test_meeting_time_of_a_position() -> None:
    assert meeting_ms(origin_ms=250, position=16_000) == 1250
    assert meeting_ms(origin_ms=0, position=15) == 0
