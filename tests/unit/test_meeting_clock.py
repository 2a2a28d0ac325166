"""What is learnt of a capture clock from the arrival of its frames, and what is not."""

import random
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.session_clock import ClockCorrection, SessionClock
from streaming.meeting_clock import AGREE_MS, FASTEST_DRIFT, LOOK_MS, N_AGREEING, STEP_MS, MeetingClock

FRAME_MS = 100
ORIGIN = SessionClock(origin_ms=1_000)


def hear(clock: MeetingClock, ends_ms: Iterable[float], *, delay_ms: float = 0.0, speed: float = 1.0) -> None:
    """Frames that end so long after the session began arrive when they were captured, and that much later."""
    for end_ms in ends_ms:
        clock.hear(round(end_ms * 16), arrived_ms=ORIGIN.origin_ms + end_ms / speed + delay_ms)


def frames(start_ms: int, end_ms: int, *, every_ms: int = FRAME_MS) -> range:
    return range(start_ms + every_ms, end_ms + 1, every_ms)


def new_clock(*, round_trip_ms: float = 0.0) -> MeetingClock:
    return MeetingClock(clock=ORIGIN, round_trip_ms=round_trip_ms, hello_ms=1_000)


def test_a_clock_that_is_right_is_left_alone() -> None:
    clock = new_clock()
    hear(clock, frames(0, 600_000))
    assert clock.offset_ms == 0


def test_a_first_frame_that_had_waited_is_found_out_as_soon_as_three_looks_agree() -> None:
    """The session was thought to begin when that frame came: all that was said would seem said too late."""
    clock = new_clock()
    for end_ms in frames(0, 1_700):
        assert clock.offset_ms == 0
        arrived_ms = max(1_100, 1_000 + end_ms - 400)  # five frames had waited for each other
        clock.hear(end_ms * 16, arrived_ms=arrived_ms)
    assert clock.offset_ms == -400


def test_a_slow_clock_is_followed() -> None:
    clock = new_clock()
    for end_ms in frames(0, 3_600_000):
        hear(clock, [end_ms], delay_ms=end_ms * 100e-6)
    assert abs(clock.offset_ms - 360) <= STEP_MS


def test_a_fast_clock_is_followed() -> None:
    clock = new_clock()
    for end_ms in frames(0, 3_600_000):
        hear(clock, [end_ms], delay_ms=-end_ms * 100e-6)
    assert abs(clock.offset_ms + 360) <= STEP_MS


def test_a_queue_is_believed_as_far_as_a_clock_can_drift_and_unlearnt_when_it_is_gone() -> None:
    clock = new_clock()
    hear(clock, frames(0, 60_000))
    hear(clock, frames(60_000, 180_000), delay_ms=300)
    assert 0 < clock.offset_ms <= 120_000 * FASTEST_DRIFT
    hear(clock, frames(180_000, 181_700))
    assert clock.offset_ms == 0


def test_the_least_delayed_frame_of_a_while_counts() -> None:
    clock, jitter = new_clock(), random.Random(7)
    for end_ms in frames(0, 3_600_000):
        hear(clock, [end_ms], delay_ms=jitter.choice((0.0, *(50.0 * n for n in range(1, 9)))))
    assert clock.offset_ms == 0


@pytest.mark.parametrize("frame_ms", [20, 100, 200])
def test_half_an_hour_on_a_line_with_200_ms_of_jitter_moves_it_by_less_than_50_ms(frame_ms: int) -> None:
    clock, jitter, arrived_ms = new_clock(), random.Random(frame_ms), 1_000.0 + frame_ms
    clock.hear(frame_ms * 16, arrived_ms=arrived_ms)
    for end_ms in frames(frame_ms, 1_800_000, every_ms=frame_ms):
        arrived_ms = max(arrived_ms, 1_000 + end_ms + jitter.uniform(0, 200))  # nothing overtakes anything
        clock.hear(end_ms * 16, arrived_ms=arrived_ms)
        assert abs(clock.offset_ms) < 50


def test_frames_that_come_in_batches_count_by_their_last() -> None:
    clock = new_clock()
    for start_ms in range(0, 600_000, 1_000):
        for end_ms in frames(start_ms, start_ms + 1_000):
            hear(clock, [end_ms], delay_ms=start_ms + 1_000 - end_ms)
    assert clock.offset_ms == 0


@given(st.floats(1.1, 50.0), st.floats(0.0, 3_000.0))
def test_a_file_that_is_sent_faster_than_it_plays_corrects_nothing(speed: float, stall_ms: float) -> None:
    """Nor does it when its client waits now and then until more is settled."""
    clock = new_clock()
    for n_stalls in range(6):
        for end_ms in frames(n_stalls * 20_000, (n_stalls + 1) * 20_000):
            hear(clock, [end_ms], speed=speed, delay_ms=n_stalls * stall_ms)
    assert clock.offset_ms == 0


def test_a_file_far_ahead_that_is_held_at_the_speed_of_speech_corrects_nothing() -> None:
    """It would have been captured long before its session began."""
    clock = new_clock()
    hear(clock, frames(0, 60_000), speed=8.0)
    hear(clock, frames(60_000, 120_000), delay_ms=-52_500)
    assert clock.offset_ms == 0


def jumped(clock: MeetingClock, *, jump_ms: int, early_ms: int, is_declared: bool = True) -> MeetingClock:
    """A minute of frames; then their positions jump, and they go on in real time, so much earlier than captured."""
    hear(clock, frames(0, 60_000))
    for end_ms in frames(60_000, 64_000):
        position_ms = end_ms + jump_ms
        is_first = end_ms == 60_000 + FRAME_MS
        arrived_ms = ORIGIN.origin_ms + position_ms - early_ms
        clock.hear(position_ms * 16, arrived_ms=arrived_ms, is_after_loss=is_declared and is_first)
    return clock


@pytest.mark.parametrize("jump_ms", [5_000, 30_000, 3_600_000])
def test_a_device_whose_clock_was_set_ahead_is_found_out_however_far(jump_ms: int) -> None:
    """Its page took that for time in which sound was lost: all that follows would seem said too late, for ever."""
    assert jumped(new_clock(), jump_ms=jump_ms, early_ms=jump_ms).offset_ms == -jump_ms


def test_no_more_is_believed_than_was_declared_lost_without_having_passed() -> None:
    assert jumped(new_clock(), jump_ms=30_000, early_ms=45_000).offset_ms == 0
    assert jumped(new_clock(), jump_ms=30_000, early_ms=30_000, is_declared=False).offset_ms == 0


def test_what_was_lost_in_time_that_has_passed_here_too_lets_nothing_more_be_believed() -> None:
    """A laptop slept for a minute. What comes earlier afterwards than it can have been captured is a file."""
    clock = jumped(new_clock(), jump_ms=60_000, early_ms=0)
    for end_ms in frames(124_000, 128_000):
        clock.hear((end_ms + 30_000) * 16, arrived_ms=ORIGIN.origin_ms + end_ms)
    assert clock.offset_ms == 0


@given(st.integers(1, 600), st.floats(1.1, 8.0))
def test_catching_up_after_an_outage_moves_nothing(seconds: int, speed: float) -> None:
    clock = new_clock()
    hear(clock, frames(0, 30_000))
    behind_ms, end_ms = seconds * 1_000.0, 30_000
    while behind_ms > 0:
        end_ms += FRAME_MS
        hear(clock, [end_ms], delay_ms=behind_ms)
        behind_ms -= FRAME_MS * (1 - 1 / speed)
    assert clock.offset_ms == 0


def test_what_comes_again_after_a_resume_says_nothing() -> None:
    clock = MeetingClock(clock=ORIGIN, round_trip_ms=0, received=60 * 16_000)
    hear(clock, frames(0, 60_000), delay_ms=20_000)
    hear(clock, frames(0, 60_000), delay_ms=-400)
    assert clock.offset_ms == 0


def test_after_a_long_silence_no_more_is_believed_than_can_have_drifted_meanwhile() -> None:
    """Muted, a client may send nothing at all for ten minutes, while its clock drifts by 60 ms."""
    clock = new_clock()
    hear(clock, frames(0, 30_000))
    hear(clock, frames(630_000, 633_000), delay_ms=60)
    assert clock.offset_ms == 60
    clock = new_clock()
    hear(clock, frames(0, 30_000))
    hear(clock, frames(630_000, 633_000), delay_ms=5_000)
    assert abs(clock.offset_ms - 600_000 * FASTEST_DRIFT) <= STEP_MS


def test_a_shorter_round_trip_tells_that_audio_was_captured_later() -> None:
    """The page was busy when it should have said hello; its browser answers a ping at once."""
    clock = new_clock(round_trip_ms=300)
    hear(clock, frames(0, 2_000), delay_ms=150)
    assert clock.offset_ms == 0
    clock.measure(40)
    assert clock.offset_ms == 130
    clock.measure(500)
    assert clock.offset_ms == 130


def test_a_resumed_session_goes_on_with_what_was_learnt() -> None:
    clock = MeetingClock(
        clock=ORIGIN.corrected(ClockCorrection(start=1_600, offset_ms=-250)), round_trip_ms=0, settled=1_600
    )
    hear(clock, frames(100, 60_000), delay_ms=-250)
    assert clock.offset_ms == -250


@given(
    st.lists(st.floats(0.0, 20_000.0), min_size=1, max_size=400),
    st.integers(20, 200),
    st.floats(-100e-6, 100e-6),
)
def test_whatever_the_delays_nothing_seems_captured_before_it_was(
    delays_ms: list[float], frame_ms: int, drift: float
) -> None:
    """Nor later than the first frame made it seem, but for what a clock can drift."""
    clock, arrived_ms = MeetingClock(clock=ORIGIN, round_trip_ms=0), 0.0
    for n, delay_ms in enumerate(delays_ms):
        end_ms = (n + 1) * frame_ms
        captured_ms = 1_000 + end_ms * (1 + drift)
        arrived_ms = max(arrived_ms, captured_ms + delay_ms)
        clock.hear(end_ms * 16, arrived_ms=arrived_ms)
        true_offset_ms = end_ms * drift
        assert clock.offset_ms >= min(0.0, true_offset_ms) - STEP_MS
        assert clock.offset_ms <= end_ms * FASTEST_DRIFT + STEP_MS


def test_looks_are_longer_than_frames_and_tell_catching_up_from_jitter() -> None:
    assert LOOK_MS >= 2 * 200
    assert LOOK_MS * (N_AGREEING - 1) * (1.05 - 1) > AGREE_MS
