"""Who says what in the benchmark."""

from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bench.corpus import PAUSE_S, Recording, SpeakerStream, recordings_read
from bench.rosters import meeting, readers
from bench.word_times import SpokenWord


@pytest.fixture
def recordings(tmp_path: Path) -> dict[str, list[Recording]]:
    """Two speakers with five recordings each, of 1 to 5 s."""
    found: dict[str, list[Recording]] = {"A": [], "B": []}
    for speaker, group in found.items():
        for seconds in range(1, 6):
            path = tmp_path / f"{speaker}{seconds}.wav"
            soundfile.write(path, np.full(seconds * 16_000, 0.1, np.float32), 16_000)
            group.append(Recording(path=path, speaker=speaker, text="one two"))
    return found


WORDS = {f"{who}{n}.wav": [SpokenWord(text="one", start_s=0.1, end_s=0.5)] for who in "AB" for n in range(1, 6)}


def said_at(stream: SpeakerStream) -> dict[str, float]:
    return {spoken.name: spoken.start_s for spoken in stream.utterances}


def test_no_two_readers_say_the_same_at_one_moment(recordings: dict[str, list[Recording]]) -> None:
    streams = readers(recordings, WORDS, n_readers=8, seconds=60)
    assert len({stream.name for stream in streams}) == 8
    for one, other in combinations(map(said_at, streams), 2):
        assert all(one[name] != other[name] for name in one.keys() & other.keys())


def test_few_readers_read_all_and_many_read_for_the_given_time(recordings: dict[str, list[Recording]]) -> None:
    assert [len(each.utterances) for each in readers(recordings, WORDS, n_readers=2, seconds=4)] == [5, 5]
    many = readers(recordings, WORDS, n_readers=4, seconds=4)
    assert [[spoken.name for spoken in each.utterances] for each in many] == [
        ["A1.wav", "A2.wav"], ["B1.wav", "B2.wav"], ["A2.wav", "A3.wav"], ["B2.wav", "B3.wav"],
    ]  # fmt: skip


def test_utterances_lie_where_the_stream_says(recordings: dict[str, list[Recording]]) -> None:
    stream = readers(recordings, WORDS, n_readers=1, seconds=60)[0]
    assert stream.utterances[0].start_s == PAUSE_S
    for spoken in stream.utterances:
        samples = stream.audio[round(spoken.start_s * 16_000) : round(spoken.end_s * 16_000)]
        assert np.all(samples > 0.09)
        assert spoken.words[0].start_s == pytest.approx(spoken.start_s + 0.1)
    assert all(after.start_s - before.end_s == PAUSE_S for before, after in pairwise(stream.utterances))
    assert stream.audio.size / 16_000 == stream.utterances[-1].end_s + PAUSE_S


def test_the_meeting_keeps_only_whole_utterances_of_its_first_seconds(shared_testdata: Path) -> None:
    recordings = recordings_read(shared_testdata, n_utterances=10)
    words = {
        each.path.name: [SpokenWord(text="a", start_s=0, end_s=1)] for group in recordings.values() for each in group
    }
    streams = meeting(shared_testdata, words, seconds=60)
    assert len({stream.audio.size for stream in streams}) == 1
    for stream in streams:
        ends_s = [spoken.end_s for spoken in stream.utterances]
        assert max(ends_s, default=0) <= 60
        assert not stream.audio[int(max(ends_s, default=0) * 16_000) + 16 :].any()
    assert sum(len(stream.utterances) for stream in streams) == 5
