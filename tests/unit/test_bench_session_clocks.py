"""The benchmark takes meeting time back to what a session captured, corrections and all."""

from bench.session_clocks import captured_ms, clock_of, on_stream_time

ACCOUNT = {"origin_ms": 500, "corrections": [{"from": 16_000, "offset_ms": -200}]}


def test_a_segment_lies_where_it_was_captured() -> None:
    clock = clock_of(ACCOUNT)
    assert clock is not None
    segment = {"start_ms": clock.meeting_ms(32_000), "end_ms": clock.meeting_ms(48_000), "text": "hello"}
    assert on_stream_time(segment, clock) == {"start_ms": 2_000, "end_ms": 3_000, "text": "hello"}
    assert on_stream_time(segment, clock, silent_ms=500)["start_ms"] == 1_500


def test_a_session_without_a_frame_has_no_clock() -> None:
    assert clock_of({"origin_ms": None, "corrections": []}) is None
    assert captured_ms(None, 700) == 700
