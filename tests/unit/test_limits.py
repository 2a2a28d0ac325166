"""The numbers that both halves and the wire share."""

from meetings.limits import STREAM_LIMITS


def test_limits_are_those_of_the_protocol() -> None:
    assert STREAM_LIMITS.as_wire() == {
        "frame_ms": [20, 200],
        "max_frame_bytes": 16_384,
        "unsettled_max_ms": 60_000,
        "catchup_x": 8,
    }
