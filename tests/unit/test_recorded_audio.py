"""Recorded sound as files and timelines: every sample where it was captured, and as it was captured."""

from functools import partial
from io import BytesIO

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from meetings.recordings.assembly import Piece, timeline
from meetings.recordings.flac import (
    Int16,
    UnreadableAudio,
    flac_blocks,
    flac_decode,
    flac_encode,
    flac_read,
    wav_encode,
)
from meetings.recordings.names import ChunkName, chunk_name_parse
from meetings.values import SessionOwner

SOUND = arrays(np.int16, st.integers(1, 5_000))
UUIDS = st.uuids()


@given(SOUND)
def test_flac_gives_back_every_bit(samples: Int16) -> None:
    assert np.array_equal(flac_decode(flac_encode(samples)), samples)


@given(SOUND, st.integers(0, 5_000), st.integers(0, 5_000), st.integers(1, 2_000))
def test_any_part_of_a_file_is_exactly_that_part(samples: Int16, one: int, other: int, block: int) -> None:
    start, end = sorted((one % (samples.size + 1), other % (samples.size + 1)))
    data = flac_encode(samples)
    assert np.array_equal(flac_read(BytesIO(data), start, end), samples[start:end])
    assert np.array_equal(np.concatenate(list(flac_blocks(BytesIO(data), block))), samples)


def test_other_programs_read_the_same_samples() -> None:
    samples = np.random.default_rng(1).integers(-32_768, 32_767, 20_000).astype(np.int16)
    for data in (flac_encode(samples), wav_encode(samples)):
        with av.open(BytesIO(data), "r") as file:
            frames = [frame.to_ndarray().ravel() for frame in file.decode(audio=0)]
            assert file.streams.audio[0].rate == 16_000
        assert np.array_equal(np.concatenate(frames).astype(np.int16), samples)


def test_damage_is_told_and_never_played_as_silence() -> None:
    data = flac_encode(np.random.default_rng(1).integers(-9_000, 9_000, 20_000).astype(np.int16))
    for damaged in (b"", b"no audio at all", data[: len(data) // 2]):
        with pytest.raises(UnreadableAudio):
            flac_decode(damaged)
    with pytest.raises(UnreadableAudio):
        flac_read(BytesIO(data), 10_000, 30_000)


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 80)), max_size=12), st.integers(0, 900), st.integers(0, 900)
)
def test_a_timeline_is_the_pieces_at_their_places_and_silence_between(
    sizes: list[tuple[int, int]], start: int, end: int
) -> None:
    start, end = sorted((start, end))
    whole, pieces, at = np.zeros(2_000, np.int16), list[Piece](), 0
    for hole, n_samples in sizes:
        at += hole
        samples = np.arange(1, n_samples + 1, dtype=np.int16)
        whole[at : at + n_samples] = samples
        pieces.append(Piece(start=at, end=at + n_samples, read=partial(np.copy, samples)))
        at += n_samples
    found = np.concatenate([np.zeros(0, np.int16), *timeline(pieces, start=start, end=end)])
    assert np.array_equal(found, whole[start:end])


def test_a_piece_that_is_shorter_than_its_place_stops_everything() -> None:
    short = Piece(start=0, end=100, read=lambda: np.ones(99, np.int16))
    with pytest.raises(UnreadableAudio):
        list(timeline([short], end=200))


@given(UUIDS, UUIDS, st.integers(1, 10**6), st.integers(0, 10**11), st.integers(1, 10**7))
# as the strategies draw them
def test_the_name_of_a_piece_says_what_it_is(meeting, session, generation, start, n_samples) -> None:  # type: ignore[no-untyped-def]
    name = ChunkName(
        meeting_id=meeting,
        owner=SessionOwner(session_id=session, generation=generation),
        start=start,
        end=start + n_samples,
    )
    assert chunk_name_parse(name.path) == name


@pytest.mark.parametrize("path", ["", "a/b/c", "x/y/000-001-1.flac", "mix-12.flac", "/.tmp"])
def test_other_files_are_no_pieces(path: str) -> None:
    assert chunk_name_parse(path) is None
