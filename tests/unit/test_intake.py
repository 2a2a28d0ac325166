"""What one connection may send: pace, distance ahead of settled, and absurd positions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.limits import SAMPLES_PER_MS, StreamLimits
from streaming.errors import ProtocolError, RateExceeded
from streaming.intake import MAX_POSITION, Intake
from streaming.protocol.frames import AudioFrame

LIMITS = StreamLimits()
FRAME_SAMPLES = 100 * SAMPLES_PER_MS


def frame(position: int, n_samples: int = FRAME_SAMPLES) -> AudioFrame:
    return AudioFrame(n_samples=n_samples, position=position, payload=b"")


def test_real_time_is_always_admitted() -> None:
    intake = Intake(limits=LIMITS, now_s=0.0)
    for number in range(3_000):
        position = number * FRAME_SAMPLES
        intake.admit(frame(position), settled=max(0, position - 20 * 16_000), now_s=number * 0.1)


def test_audio_further_ahead_of_settled_than_told_is_refused() -> None:
    intake = Intake(limits=LIMITS, now_s=0.0)

    def a_minute_and_more() -> None:
        for number in range(700):
            intake.admit(frame(number * FRAME_SAMPLES), settled=0, now_s=number * 0.1)

    with pytest.raises(RateExceeded):
        a_minute_and_more()


def test_a_declared_jump_holds_no_audio() -> None:
    """A client that was offline for an hour declares a gap; the hour is not counted as audio we hold."""
    intake = Intake(limits=LIMITS, now_s=0.0)
    intake.admit(frame(0), settled=0, now_s=0.0)
    intake.admit(frame(3_600 * 16_000), settled=0, now_s=1.0)
    assert intake.held_samples(settled=0) == 2 * FRAME_SAMPLES


def test_faster_than_catch_up_is_refused() -> None:
    intake = Intake(limits=LIMITS, now_s=0.0)

    def twice_as_fast() -> None:
        for number in range(1_200):
            position = number * FRAME_SAMPLES
            intake.admit(frame(position), settled=position, now_s=number * 0.1 / (2 * LIMITS.catchup_x))

    with pytest.raises(RateExceeded):
        twice_as_fast()


def test_a_flood_of_empty_frames_is_refused() -> None:
    intake = Intake(limits=LIMITS, now_s=0.0)

    def flood() -> None:
        for _ in range(10_000):
            intake.admit(frame(0, 0), settled=0, now_s=0.0)

    with pytest.raises(RateExceeded):
        flood()


def test_a_flood_of_declared_jumps_is_refused() -> None:
    """Each would be a durable event that everybody gets."""
    intake = Intake(limits=LIMITS, now_s=0.0)

    def flood() -> None:
        for number in range(1_000):
            intake.admit(frame(number * 640, 320), settled=0, now_s=number * 0.01)

    with pytest.raises(RateExceeded):
        flood()


def test_a_mute_that_is_told_every_second_is_admitted_for_hours() -> None:
    intake = Intake(limits=LIMITS, now_s=0.0)
    for second in range(10_000):
        intake.admit(frame(second * 16_000, 0), settled=second * 16_000, now_s=float(second))


def test_a_position_beyond_any_meeting_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError):
        Intake(limits=LIMITS, now_s=0.0).admit(frame(MAX_POSITION), settled=0, now_s=0.0)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 20)), max_size=30), st.integers(0, 60))
def test_held_equals_the_obvious_count(spans: list[tuple[int, int]], settled: int) -> None:
    intake = Intake(limits=LIMITS, now_s=0.0)
    held: set[int] = set()
    reached = 0
    for now_s, (start, length) in enumerate(sorted(spans)):
        intake.admit(frame(start, length), settled=0, now_s=float(now_s))
        held |= set(range(max(start, reached), start + length))
        reached = max(reached, start + length)
    assert intake.held_samples(settled=settled) == len([sample for sample in held if sample >= settled])
