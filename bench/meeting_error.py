"""Word error rates of a meeting, for all speakers together. Pure.

cpWER: all that a speaker said in a row, against the speaker of the transcript that fits best (Watanabe et al. 2020,
CHiME-6). tcpWER: the same, where a word counts as right only near the time at which it was said (von Neumann et al.
2023, MeetEval, whose numbers these are: a word's place in its segment follows from the number of characters).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from bench.word_times import normalize

COLLAR_S = 5.0  # what MeetEval's authors propose for tcpWER


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A segment of a reference or of a transcript."""

    speaker: str
    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True, slots=True)
class _Timed:
    word: str
    start_s: float
    end_s: float


def cp_errors(reference: Sequence[Said], transcript: Sequence[Said]) -> tuple[int, int]:
    """(word errors, reference words)."""
    return _errors(reference, transcript, collar_s=np.inf)


def tcp_errors(reference: Sequence[Said], transcript: Sequence[Said], *, collar_s: float = COLLAR_S) -> tuple[int, int]:
    """(word errors, reference words); `collar_s` is how far off a word may be."""
    return _errors(reference, transcript, collar_s=collar_s)


def _errors(reference: Sequence[Said], transcript: Sequence[Said], *, collar_s: float) -> tuple[int, int]:
    ours, theirs = list(_by_speaker(reference)), list(_by_speaker(transcript))
    n_words = sum(map(len, ours))
    n_speakers = max(len(ours), len(theirs))
    ours += [[]] * (n_speakers - len(ours))
    theirs += [[]] * (n_speakers - len(theirs))
    costs = [[_distance(said, heard, collar_s) for heard in theirs] for said in ours]
    pairings = permutations(range(n_speakers))
    return min(sum(costs[one][other] for one, other in enumerate(each)) for each in pairings), n_words


def _by_speaker(segments: Sequence[Said]) -> Iterator[list[_Timed]]:
    for speaker in sorted({segment.speaker for segment in segments}):
        own = (segment for segment in segments if segment.speaker == speaker)
        yield [word for segment in sorted(own, key=lambda each: each.start_s) for word in _words(segment)]


def _words(segment: Said) -> Iterator[_Timed]:
    """Each word takes its share of the segment's time, by its characters."""
    words = normalize(segment.text).split()
    n_characters = sum(map(len, words))
    at = 0
    for word in words:
        seconds = (segment.end_s - segment.start_s) / n_characters
        yield _Timed(word, segment.start_s + at * seconds, segment.start_s + (at + len(word)) * seconds)
        at += len(word)


def _distance(said: Sequence[_Timed], heard: Sequence[_Timed], collar_s: float) -> int:
    """Fewest word edits, where only words near each other in time stand for each other.

    A heard word is the middle of its time, widened by the collar to both sides.
    """
    costs = list(range(len(heard) + 1))
    middles_s = [(word.start_s + word.end_s) / 2 for word in heard]
    for n_said, ours in enumerate(said, start=1):
        diagonal, costs[0] = costs[0], n_said
        for n_heard, theirs in enumerate(heard, start=1):
            middle_s = middles_s[n_heard - 1]
            is_near = ours.start_s < middle_s + collar_s and middle_s - collar_s < ours.end_s
            through = diagonal + (ours.word != theirs.word) if is_near else diagonal + 2
            diagonal = costs[n_heard]
            costs[n_heard] = min(through, diagonal + 1, costs[n_heard - 1] + 1)
    return costs[-1]
