"""What a call has said is kept until it is settled: nothing twice, nothing lost, never too much at once."""

from hypothesis import given
from hypothesis import strategies as st

from meetings.limits import STREAM_LIMITS
from streaming.ingest import kept_call
from streaming.ingest.kept_call import MOST_GIVEN_ITEMS, MOST_KEPT_SAMPLES, STORE_FULL, KeptCall, KeptFrame
from streaming.pipeline import MOST_WAITING_ITEMS
from streaming.protocol.frames import AudioFrame

MOST_UNSETTLED = STREAM_LIMITS.unsettled_max_ms * 16


def kept(position: int, n_samples: int, *, reason: str = "") -> KeptFrame:
    payload = b"".join(((position + offset) % 30_000).to_bytes(2, "little") for offset in range(n_samples))
    frame = AudioFrame(n_samples=n_samples, position=position, payload=payload, is_discontinuity=bool(reason))
    return KeptFrame(frame=frame, arrived_s=0.0, reason=reason)


def large(position: int, n_samples: int) -> KeptFrame:
    """Its samples are of no interest."""
    frame = AudioFrame(n_samples=n_samples, position=position, payload=b"")
    return KeptFrame(frame=frame, arrived_s=0.0)


def content(frames: list[KeptFrame]) -> bytes:
    return b"".join(bytes(each.frame.payload) for each in frames)


@given(st.lists(st.sampled_from(["append", "due", "settle", "rewind"]), max_size=60), st.data())
def test_after_each_rewind_everything_that_is_not_settled_is_given_again_in_order(
    steps: list[str], data: st.DataObject
) -> None:
    call, end, settled = KeptCall(), 0, 0
    given_end = 0
    for step in [*steps, "rewind", "due"]:
        match step:
            case "append":
                n_samples = data.draw(st.integers(1, 40))
                call.append(kept(end, n_samples))
                end += n_samples
            case "due":
                frames = list(call.due())
                positions = [each.frame.position for each in frames]
                assert positions == sorted(positions)
                if frames:
                    assert frames[0].frame.position <= max(given_end, settled)
                    assert content(frames) == bytes(kept(positions[0], end - positions[0]).frame.payload)
                    given_end = end
            case "settle":
                settled = data.draw(st.integers(settled, given_end))
                call.settle(settled)
            case "rewind":
                call.rewind()
                given_end = min(given_end, settled)
    assert end - call.n_samples <= settled


def test_no_more_than_a_client_may_send_ahead_is_given_before_something_is_settled() -> None:
    call = KeptCall()
    for position in range(0, 2 * MOST_UNSETTLED, 8_000):
        call.append(large(position, 8_000))
    first = list(call.due())
    assert sum(each.frame.n_samples for each in first) <= MOST_UNSETTLED
    assert list(call.due()) == []
    call.settle(16_000)
    assert [each.frame.position for each in call.due()] == [first[-1].frame.end]


def test_what_waits_is_joined_to_frames_of_a_second_and_given_as_such() -> None:
    call = KeptCall()
    for position in range(0, 40_000, 320):
        call.append(kept(position, 320))
    frames = list(call.due())
    assert [each.frame.n_samples for each in frames] == [16_000, 16_000, 8_000]
    assert content(frames) == bytes(kept(0, 40_000).frame.payload)


def test_what_lies_behind_a_gap_is_not_joined_to_what_lies_before() -> None:
    call = KeptCall()
    call.append(kept(0, 320))
    call.append(kept(640, 320, reason="call_audio_missing"))
    assert [(each.frame.position, each.reason) for each in call.due()] == [(0, ""), (640, "call_audio_missing")]


def test_more_than_ten_minutes_are_not_kept_and_the_loss_is_told() -> None:
    call, position = KeptCall(), 0
    while position < MOST_KEPT_SAMPLES + 32_000:
        call.append(large(position, 16_000))
        position += 16_000
    assert call.n_samples == MOST_KEPT_SAMPLES
    first = list(call.due())
    call.settle(first[-1].frame.end)
    call.append(kept(position, 320))
    last = list(call.rest())[-1]
    assert (last.frame.position, last.frame.is_discontinuity, last.reason) == (position, True, STORE_FULL)


def test_a_pipeline_has_room_for_all_that_it_may_be_given() -> None:
    call = KeptCall()
    for position in range(0, 10_000):
        call.append(kept(position * 3, 1, reason="call_audio_missing"))
    assert sum(each.n_items for each in call.due()) <= MOST_GIVEN_ITEMS < MOST_WAITING_ITEMS


def test_the_rest_is_all_that_was_not_given() -> None:
    call = KeptCall()
    for position in range(0, 2 * MOST_UNSETTLED, 8_000):
        call.append(large(position, 8_000))
    given_first = list(call.due())
    rest = list(call.rest())
    assert rest[0].frame.position == given_first[-1].frame.end
    assert rest[-1].frame.end == 2 * MOST_UNSETTLED


def test_a_kept_frame_is_as_long_as_a_page_would_make_it_wait() -> None:
    assert kept_call.LONGEST_FRAME_SAMPLES == 16_000
