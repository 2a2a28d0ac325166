"""The capture clock: each sample once, each jump accounted for, however the frames arrive."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.protocol.frames import AudioFrame
from streaming.timeline import Captured, Skipped, Timeline

Heard = list[tuple[str, int, int | tuple[int, ...]]]


def frame(position: int, n_samples: int, *, is_discontinuity: bool = False, is_muted: bool = False) -> AudioFrame:
    """Samples that tell their own position, so that a misplaced one shows."""
    payload = (np.arange(position, position + n_samples) % 30_000).astype("<i2").tobytes()
    return AudioFrame(
        n_samples=n_samples,
        position=position,
        payload=payload,
        is_discontinuity=is_discontinuity,
        is_muted=is_muted,
    )


@st.composite
def captures(draw: st.DrawFn) -> list[AudioFrame]:
    """The frames of one client, in order, with jumps of every kind."""
    frames, position = [], 0
    for _ in range(draw(st.integers(1, 12))):
        jump = draw(st.sampled_from([0, 0, 0, 100]))
        position += jump
        is_muted, is_discontinuity = draw(st.booleans()) and jump > 0, draw(st.booleans()) and jump > 0
        n_samples = draw(st.integers(0, 40))
        frames.append(frame(position, n_samples, is_discontinuity=is_discontinuity, is_muted=is_muted))
        position += n_samples
    return frames


def heard(timeline: Timeline, frames: list[AudioFrame]) -> Heard:
    """What came out, sample by sample and skip by skip."""
    result: Heard = []
    for each in frames:
        for piece in timeline.accept(each):
            if isinstance(piece, Captured):
                assert len(piece.samples) > 0
                values = np.rint(piece.samples * 32_768).astype(int).tolist()
                result += [("sample", piece.position + i, value) for i, value in enumerate(values)]
            else:
                result.append((f"{piece.kind} {piece.reason}", piece.start, piece.end))
    return result


@given(captures(), st.data())
def test_any_delivery_with_repetitions_gives_the_same_samples(frames: list[AudioFrame], data: st.DataObject) -> None:
    """A client that resumes goes back any number of frames, any number of times."""
    delivered = []
    for index, each in enumerate(frames):
        delivered.append(each)
        delivered += frames[data.draw(st.integers(0, index + 1)) : index + 1]
    assert heard(Timeline(0), delivered) == heard(Timeline(0), frames)


@given(captures(), st.integers(0, 300))
def test_a_replay_from_any_settled_position_gives_the_rest_of_the_first_run(
    frames: list[AudioFrame], settled: int
) -> None:
    whole = heard(Timeline(0), frames)
    rest = heard(Timeline(settled), frames)
    samples = [item for item in whole if item[0] == "sample" and item[1] >= settled]
    assert [item for item in rest if item[0] == "sample"] == samples


@given(captures(), st.integers(0, 2_000), st.booleans())
def test_every_position_up_to_the_end_is_accounted_for_once(frames: list[AudioFrame], end: int, is_muted: bool) -> None:
    timeline, reached = Timeline(0, is_muted=is_muted), 0
    pieces = [piece for each in frames for piece in timeline.accept(each)] + timeline.end(end)
    for piece in pieces:
        start = piece.position if isinstance(piece, Captured) else piece.start
        assert start == reached
        reached = start + len(piece.samples) if isinstance(piece, Captured) else piece.end
    assert reached == timeline.received == max(end, frames[-1].end)


@pytest.mark.parametrize(
    ("is_discontinuity", "is_muted", "skipped"),
    [
        (False, False, Skipped(start=0, end=100, kind="gap", reason="unexplained")),
        (True, False, Skipped(start=0, end=100, kind="gap", reason="client_discontinuity")),
        (False, True, Skipped(start=0, end=100, kind="muted")),
        (True, True, Skipped(start=0, end=100, kind="muted")),
    ],
)
def test_the_flags_say_what_the_skipped_samples_were(is_discontinuity: bool, is_muted: bool, skipped: Skipped) -> None:
    first = frame(100, 5, is_discontinuity=is_discontinuity, is_muted=is_muted)
    assert Timeline(0).accept(first)[0] == skipped


def test_an_empty_frame_moves_the_clock() -> None:
    timeline = Timeline(0)
    assert timeline.accept(frame(500, 0, is_muted=True)) == [Skipped(start=0, end=500, kind="muted")]
    assert timeline.received == 500


def test_up_to_the_end_it_is_muted_when_mute_is_on_and_a_gap_otherwise() -> None:
    timeline = Timeline(0)
    assert timeline.end(100) == [Skipped(start=0, end=100, kind="gap", reason="not_sent")]
    timeline.mute(True)
    assert timeline.end(200) == [Skipped(start=100, end=200, kind="muted")]
    assert timeline.end(150) == []


def test_audio_that_arrives_while_mute_is_on_is_kept() -> None:
    """After a resume the client says `mute` first and then sends what it had kept from before."""
    timeline = Timeline(0, is_muted=True)
    (piece,) = timeline.accept(frame(0, 10))
    assert isinstance(piece, Captured)


def test_a_loss_is_recorded_with_the_cause_that_the_client_gave_and_the_next_without() -> None:
    timeline = Timeline(0)
    timeline.explain("device_lost")
    assert timeline.accept(frame(0, 10)) == [Captured(position=0, samples=np.empty(0, np.float32))]
    lost = Skipped(start=10, end=20, kind="gap", reason="device_lost")
    assert timeline.accept(frame(20, 0, is_discontinuity=True)) == [lost]
    unexplained = Skipped(start=20, end=30, kind="gap", reason="client_discontinuity")
    assert timeline.accept(frame(30, 0, is_discontinuity=True)) == [unexplained]
