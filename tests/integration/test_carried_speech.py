"""Two people with headsets in one room: what of the one's microphone is silenced with what the other said."""

import json
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from meetings.carried import Range, carried
from meetings.leak import LEVEL_MS, Levels
from meetings.limits import LEVEL_SAMPLES
from streaming.bleed.levels import levels_of

PAUSE_LEVELS = 300 // LEVEL_MS  # words that are nearer to each other are one passage
Mask = npt.NDArray[np.bool_]


@pytest.fixture(scope="module")
def clips(shared_testdata: Path) -> list[tuple[list[Levels], list[list[Range]]]]:
    """Of each clip both microphones, and when, in levels, each of the two says a word."""
    directory = shared_testdata / "meeting_headsets"
    rows = map(json.loads, (directory / "manifest.jsonl").read_text().splitlines())
    return [(_voices(directory / row["audio"]), [_words(row, who) for who in row["channel_speakers"]]) for row in rows]


def _voices(file: Path) -> list[Levels]:
    sound, _ = soundfile.read(file, dtype="float32")
    n_samples = len(sound) // LEVEL_SAMPLES * LEVEL_SAMPLES
    return [levels_of(np.ascontiguousarray(channel[:n_samples])) for channel in sound.T]


def _words(row: dict[str, Any], who: str) -> list[Range]:
    said = [each for each in row["words"] if each["speaker"] == who and not each["punc"]]
    return sorted((int(each["start"] * 50), int(each["end"] * 50) + 1) for each in said)


def passages(words: list[Range]) -> Iterator[Range]:
    start, end = words[0]
    for first, last in words[1:]:
        if first - end >= PAUSE_LEVELS:
            yield start, end
            start = first
        end = max(end, last)
    yield start, end


def within(ranges: list[Range], n: int) -> Mask:
    mask = np.zeros(n, dtype=bool)
    for start, end in ranges:
        mask[start:end] = True
    return mask


def test_what_leaks_is_silenced_and_nobody_s_own_words_are(
    clips: list[tuple[list[Levels], list[list[Range]]]],
) -> None:
    shares: list[float] = []
    for voices, words in clips:
        for speaker, listener in permutations(range(2)):
            n, found = len(voices[0]), list[Range]()
            for first, end in passages(words[speaker]):
                found += carried(voices, speaker=speaker, first=first, end=end)[listener]
            silenced, own = within(found, n), within(words[listener], n)
            assert not (silenced & own).any()
            if found:
                shares.append(float(silenced[within(words[speaker], n) & ~own].mean()))
    assert len(shares) == 4  # in the other microphones the speaker is hardly heard, or too little is said to tell
    assert min(shares) > 0.78


def test_people_of_different_meetings_are_not_found_in_each_other_s_microphones(
    clips: list[tuple[list[Levels], list[list[Range]]]],
) -> None:
    n_found = n_all = 0
    for (ours, _), (theirs, _) in permutations(clips, 2):
        for one in ours:
            for other in theirs:
                n = min(len(one), len(other))
                for first in range(0, n - 100, 300):
                    n_all += 1
                    n_found += bool(carried([one[:n], other[:n]], speaker=0, first=first, end=first + 100)[1])
    assert n_found <= n_all // 40
