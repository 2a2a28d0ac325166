"""A call on its capture clock: what is there lies where it belongs, and what is missing is left out."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.audio.resampler import Resampler
from streaming.errors import BadMessage
from streaming.ingest.call_messages import CallAudio, CallFormat
from streaming.ingest.call_timeline import LONGEST_GAP_S, MOST_WAITING_MESSAGES, CallPiece, CallTimeline

WIDE = CallFormat(encoding="l16", rate_hz=16_000)
NARROW = CallFormat(encoding="l16", rate_hz=8_000)
CHUNK = 320


def audio(number: int | None, *, is_twilio: bool = False, timestamp_ms: int | None = None) -> CallAudio:
    """A chunk whose samples tell its number."""
    payload = np.full(CHUNK, (number or 0) % 30_000, "<i2").tobytes()
    return CallAudio(
        number=None if is_twilio else number,
        audio_number=number if is_twilio else None,
        timestamp_ms=timestamp_ms,
        payload=payload,
    )


def heard(timeline: CallTimeline, messages: list[CallAudio]) -> list[CallPiece]:
    pieces = [piece for message in messages for piece in timeline.accept(message)]
    return pieces + timeline.end()


def samples_by_position(pieces: list[CallPiece]) -> dict[int, int]:
    found: dict[int, int] = {}
    for piece in pieces:
        for offset, sample in enumerate(np.rint(piece.samples * 32_768).astype(int).tolist()):
            assert piece.position + offset not in found
            found[piece.position + offset] = sample
    return found


def expected(numbers: list[int]) -> dict[int, int]:
    """Each chunk where its number says, from the first one on."""
    first = min(numbers)
    return {(number - first) * CHUNK + offset: number for number in numbers for offset in range(CHUNK)}


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """The numbers that arrive at all, and the order in which they do: repeated, and a little out of order."""
    all_numbers = list(range(5, 5 + draw(st.integers(2, 25))))
    numbers = [5] + [n for n in all_numbers[1:] if draw(st.integers(0, 4)) > 0]
    # Nobody is overtaken by more than may wait, whatever is missing: a message is late by at most one other.
    order = list(numbers)
    for at in range(1, len(order) - 1, 2):
        if draw(st.booleans()):
            order[at], order[at + 1] = order[at + 1], order[at]
    repeated = []
    for index, number in enumerate(order):
        repeated.append(number)
        if draw(st.integers(0, 3)) == 0:
            repeated.append(order[draw(st.integers(0, index))])
    return numbers, repeated


@given(deliveries())
def test_any_delivery_of_the_same_messages_gives_the_same_samples_at_the_same_positions(
    delivery: tuple[list[int], list[int]],
) -> None:
    numbers, order = delivery
    pieces = heard(CallTimeline(format=WIDE), [audio(number) for number in order])
    assert samples_by_position(pieces) == expected(numbers)
    for before, after in zip([None, *pieces], pieces, strict=False):
        assert after.is_after_gap == (before is not None and before.end < after.position)


@given(st.lists(st.integers(1, 400), min_size=1, max_size=20), st.sampled_from([NARROW, WIDE]))
def test_a_call_without_a_gap_is_resampled_as_one_stream(sizes: list[int], format: CallFormat) -> None:
    rng = np.random.default_rng(len(sizes))
    whole = rng.integers(-9_000, 9_000, sum(sizes)).astype("<i2")
    ends = np.cumsum(sizes)
    messages = [
        CallAudio(number=index, payload=whole[end - size : end].tobytes())
        for index, (size, end) in enumerate(zip(sizes, ends, strict=True))
    ]
    pieces = heard(CallTimeline(format=format), messages)
    resampler = Resampler(format.rate_hz, 16_000)
    straight = (whole / 32_768).astype(np.float32)
    oracle = np.concatenate([resampler.process(straight), resampler.flush()])
    assert np.array_equal(np.concatenate([piece.samples for piece in pieces]), oracle)
    assert pieces[-1].end == len(whole) * 16_000 // format.rate_hz


def test_a_missing_number_is_a_gap_as_long_as_the_chunk_before() -> None:
    pieces = heard(CallTimeline(format=NARROW), [audio(1), audio(2), audio(5)])
    assert [piece.is_after_gap for piece in pieces] == [False, False, False, True, False][-len(pieces) :]
    assert pieces[-1].end == 5 * 2 * CHUNK
    ends = [piece.end for piece in pieces]
    assert 2 * 2 * CHUNK in ends, "what came before the gap is whole"


def test_a_message_that_is_only_late_is_no_gap() -> None:
    timeline = CallTimeline(format=WIDE)
    assert timeline.accept(audio(1)) != []
    assert timeline.accept(audio(3)) == []
    assert [piece.position for piece in timeline.accept(audio(2))] == [CHUNK, 2 * CHUNK]
    assert not any(piece.is_after_gap for piece in timeline.end())


def test_a_message_that_others_have_waited_for_long_enough_is_lost_and_stays_so() -> None:
    timeline = CallTimeline(format=WIDE)
    timeline.accept(audio(1))
    for number in range(3, 3 + MOST_WAITING_MESSAGES):
        assert timeline.accept(audio(number)) == []
    released = timeline.accept(audio(3 + MOST_WAITING_MESSAGES))
    assert [piece.is_after_gap for piece in released] == [True] + [False] * MOST_WAITING_MESSAGES
    assert timeline.accept(audio(2)) == []


def test_a_message_without_audio_is_not_missing() -> None:
    timeline = CallTimeline(format=WIDE)
    timeline.note(1)
    timeline.accept(audio(2))
    assert timeline.accept(audio(4)) == []
    assert [piece.is_after_gap for piece in timeline.note(3)] == [False]
    assert timeline.position == 2 * CHUNK


def test_audio_that_is_missing_right_after_the_start_is_a_gap() -> None:
    timeline = CallTimeline(format=WIDE)
    timeline.note(1)
    pieces = heard(timeline, [audio(4), audio(5)])
    assert (pieces[0].position, pieces[0].is_after_gap) == (2 * CHUNK, True)


def test_audio_that_is_numbered_apart_from_the_start_loses_nothing() -> None:
    timeline = CallTimeline(format=WIDE)
    timeline.note(1)
    assert samples_by_position(heard(timeline, [audio(1), audio(2)])) == expected([1, 2])


def test_the_first_two_of_a_call_may_change_places_too() -> None:
    timeline = CallTimeline(format=WIDE)
    messages = [audio(number, is_twilio=True) for number in (2, 1, 3)]
    assert samples_by_position(heard(timeline, messages)) == expected([1, 2, 3])


def test_where_the_first_chunks_are_missing_that_is_a_gap() -> None:
    pieces = heard(CallTimeline(format=WIDE), [audio(4, is_twilio=True)])
    assert (pieces[0].position, pieces[0].is_after_gap) == (3 * CHUNK, True)


def test_where_chunks_are_counted_the_numbers_of_other_messages_say_nothing() -> None:
    timeline = CallTimeline(format=WIDE)
    timeline.note(1)
    timeline.accept(audio(1, is_twilio=True))
    assert timeline.note(3) == []
    assert timeline.accept(audio(2, is_twilio=True)) != []


def test_timestamps_say_how_long_what_is_missing_was() -> None:
    first, later = audio(1, is_twilio=True, timestamp_ms=0), audio(4, is_twilio=True, timestamp_ms=100)
    pieces = heard(CallTimeline(format=WIDE), [first, later])
    assert pieces[-1].position == 1_600


def test_timestamps_that_jump_show_a_gap_although_no_number_is_missing() -> None:
    messages = [audio(n, is_twilio=True, timestamp_ms=at) for n, at in ((1, 0), (2, 20), (3, 240))]
    pieces = heard(CallTimeline(format=WIDE), messages)
    assert (pieces[-1].position, pieces[-1].is_after_gap) == (240 * 16, True)


def test_timestamps_that_jitter_show_nothing() -> None:
    messages = [audio(n, is_twilio=True, timestamp_ms=at) for n, at in ((1, 5), (2, 20), (3, 55), (4, 49))]
    assert samples_by_position(heard(CallTimeline(format=WIDE), messages)) == expected([1, 2, 3, 4])


def test_without_any_numbers_everything_is_taken_as_it_comes() -> None:
    pieces = heard(CallTimeline(format=WIDE), [audio(None), audio(None)])
    assert pieces[-1].end == 2 * CHUNK


@pytest.mark.parametrize("number", [10**7, 2**53])
def test_a_number_that_would_mean_hours_of_loss_is_not_believed(number: int) -> None:
    assert number * CHUNK > LONGEST_GAP_S * 16_000
    pieces = heard(CallTimeline(format=WIDE), [audio(1), audio(number), audio(number + 1)])
    assert pieces[-1].end == 3 * CHUNK


@pytest.mark.parametrize("wild", [[], [10**9, 10**9 + 1, 10**9 + 2, 10**9 + 3, 10**9 + 4]], ids=["restart", "wild"])
def test_a_service_that_counts_anew_is_heard_again_from_there(wild: list[int]) -> None:
    """It would be silent for the rest of the call otherwise, and no gap would say so."""
    before, after = list(range(1, 201)), list(range(1, 401)) if not wild else list(range(201, 401))
    timeline = CallTimeline(format=WIDE)
    pieces = [piece for number in [*before, *wild, *after] for piece in timeline.accept(audio(number))]
    pieces += timeline.end()
    assert pieces[-1].end == (len(before) + len(wild) + len(after)) * CHUNK
    assert round(float(pieces[-1].samples[0]) * 32_768) == after[-1]


def test_what_is_repeated_here_and_there_is_no_new_count() -> None:
    timeline = CallTimeline(format=WIDE)
    order = [number for first in range(1, 400, 50) for number in (*range(first, first + 50), *range(first, first + 40))]
    pieces = heard(timeline, [audio(number) for number in order])
    assert pieces[-1].end == 400 * CHUNK


@pytest.mark.parametrize(
    "order",
    [
        [number for number in range(1, 401) for _ in range(2)],
        [*range(1, 301), *([300] * 200), *range(301, 401)],
        [*range(1, 301), *range(300, 100, -1), *range(301, 401)],
    ],
    ids=["each twice", "one for ever", "backwards"],
)
def test_repetitions_that_do_not_follow_each_other_are_no_new_count(order: list[int]) -> None:
    pieces = heard(CallTimeline(format=WIDE), [audio(number) for number in order])
    assert pieces[-1].end == 400 * CHUNK
    assert not any(piece.is_after_gap for piece in pieces)


def test_a_few_long_messages_that_come_again_are_no_new_count() -> None:
    """Half a second each, as Teler sends them: five of them are more than two seconds."""
    whole = CallTimeline(format=WIDE)
    long = [replace(audio(number), payload=audio(number).payload * 25) for number in range(1, 31)]
    pieces = heard(whole, [*long[:20], *long[12:20], *long[20:]])
    assert pieces[-1].end == 30 * 25 * CHUNK


def test_what_waited_for_a_lost_message_comes_before_what_is_counted_anew() -> None:
    timeline = CallTimeline(format=WIDE)
    order = [*range(1, 201), 202, 203, *range(1, 201)]
    pieces = heard(timeline, [audio(number) for number in order])
    assert pieces[-1].end == (200 + 3 + 200) * CHUNK
    found = samples_by_position(pieces)
    assert [found[number * CHUNK + 5] for number in (199, 201, 202, 203)] == [200, 202, 203, 1]


def test_a_call_that_comes_back_goes_on_where_it_is_put() -> None:
    assert heard(CallTimeline(format=WIDE, position=8_000), [audio(1)])[0].position == 8_000


def test_half_a_sample_is_refused_and_its_message_missing() -> None:
    timeline = CallTimeline(format=WIDE)
    timeline.accept(audio(1))
    with pytest.raises(BadMessage):
        timeline.accept(CallAudio(number=2, payload=b"\x00"))
    pieces = heard(timeline, [audio(3)])
    assert (pieces[0].position, pieces[0].is_after_gap) == (2 * CHUNK, True)
