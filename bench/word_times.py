"""When each word of a reference was said: the aligner's times, made sharp by the sound itself. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Self

import numpy as np
from rapidfuzz.distance import Levenshtein
from whisper_normalizer.english import EnglishTextNormalizer

from meetings.limits import SAMPLE_RATE_HZ
from streaming.audio.pcm import Float32

FRAME_S = 0.01
SHORTEST_RUN_S = 0.09  # shorter sounds are clicks of the microphone or of lips
LONGEST_HOLE_S = 0.1  # closures of plosives
SHORTEST_PAUSE_S = 0.25  # between two words; within one it is never so long
LONGEST_TAIL_S = 0.3  # how much later than the aligner says a word may end

normalize = lru_cache(maxsize=100_000)(EnglishTextNormalizer())


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenWord:
    """A word in seconds from the start of its recording, or of its stream."""

    text: str
    start_s: float
    end_s: float

    def moved(self, by_s: float) -> Self:
        return replace(self, start_s=self.start_s + by_s, end_s=self.end_s + by_s)


def words_of(text: str) -> list[str]:
    """Each word by itself as it is compared: without case, punctuation and spelling variants."""
    return [plain for word in text.split() if (plain := normalize(word))]


def matches(left: Sequence[str], right: Sequence[str]) -> Iterable[tuple[int, int]]:
    """Places of equal words where the two are aligned with the fewest word edits."""
    for step in Levenshtein.opcodes(left, right):
        if step.tag == "equal":
            yield from zip(range(step.src_start, step.src_end), range(step.dest_start, step.dest_end), strict=True)


def with_reference(words: Sequence[SpokenWord], reference: str) -> list[SpokenWord]:
    """The reference's words, each with the time of the aligner's word in its place; those without one are left out.

    The aligner is a recognizer with errors of its own, which must not count as errors of the one that is measured.
    """
    said = [word for word in reference.split() if normalize(word)]
    steps = Levenshtein.opcodes([normalize(word.text) for word in words], [normalize(word) for word in said])
    found = []
    for step in steps:
        if step.tag in ("equal", "replace"):
            places = range(step.src_start, step.src_end), range(step.dest_start, step.dest_end)
            found += [replace(words[ours], text=said[theirs]) for ours, theirs in zip(*places, strict=False)]
    return found


def sharpened(words: Sequence[SpokenWord], audio: Float32) -> list[SpokenWord]:
    """Words without the silence that the aligner gave them, and with the end of their sound that it cut off.

    Whisper lets the first word begin with the recording, and gives a pause to one of the words beside it.
    """
    if not words:
        return []
    power = _power(audio)
    runs = _runs(power)
    trimmed = [_trimmed(word, runs, power) for word in words]
    nexts = [*(word.start_s for word in trimmed[1:]), audio.size / SAMPLE_RATE_HZ]
    return [_held(word, runs, until_s=next_s) for word, next_s in zip(trimmed, nexts, strict=True)]


def _trimmed(word: SpokenWord, runs: Sequence[tuple[float, float]], power: Float32) -> SpokenWord:
    """To its loudest stretch of sound without a pause: what lies beyond a pause is a breath, or of the word beside."""
    inside = [(max(start, word.start_s), min(end, word.end_s)) for start, end in runs]
    stretches = _joined([(start, end) for start, end in inside if start < end], hole_s=SHORTEST_PAUSE_S)
    if not stretches:
        return word

    def energy(stretch: tuple[float, float]) -> float:
        first, last = (round(at_s / FRAME_S) for at_s in stretch)
        return float(power[first:last].sum())

    start_s, end_s = max(stretches, key=energy)
    return replace(word, start_s=start_s, end_s=end_s)


def _held(word: SpokenWord, runs: Sequence[tuple[float, float]], *, until_s: float) -> SpokenWord:
    ends = [end for start, end in runs if start < word.end_s <= end]
    if not ends:
        return word
    return replace(word, end_s=max(word.end_s, min(ends[0], until_s, word.end_s + LONGEST_TAIL_S)))


def _power(audio: Float32) -> Float32:
    """Of each frame."""
    samples = int(FRAME_S * SAMPLE_RATE_HZ)
    power: Float32 = np.square(audio[: audio.size // samples * samples].reshape(-1, samples)).mean(axis=1)
    return power


def _runs(power: Float32) -> list[tuple[float, float]]:
    """(start, end) of stretches of sound, in seconds."""
    if not power.size:
        return []
    level_db = 10 * np.log10(power + 1e-10)
    quiet_db, loud_db = np.percentile(level_db, (5, 95))
    is_sound = level_db > max(quiet_db + 0.35 * (loud_db - quiet_db), loud_db - 25)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_sound, [False]]))).reshape(-1, 2) * FRAME_S
    joined = _joined([(start, end) for start, end in edges.tolist()], hole_s=LONGEST_HOLE_S)
    return [(start, end) for start, end in joined if end - start >= SHORTEST_RUN_S]


def _joined(spans: Sequence[tuple[float, float]], *, hole_s: float) -> list[tuple[float, float]]:
    """Spans with holes shorter than `hole_s` closed."""
    joined: list[tuple[float, float]] = []
    for start, end in spans:
        if joined and start - joined[-1][1] < hole_s:
            joined[-1] = joined[-1][0], end
        else:
            joined.append((start, end))
    return joined
