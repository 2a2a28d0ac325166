"""From what was said and what was shown when, the figures. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any

import jiwer
import numpy as np

from bench.corpus import SpeakerStream, SpokenWord, normalize
from streaming.stabilizer import common_length


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A segment and when it reached the speaker's own client. All times count from the first sample of the stream."""

    at_s: float
    segment: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Latencies:
    """Seconds; one entry per utterance, word, final."""

    first_partial_s: list[float]
    word_s: list[float]
    final_s: list[float]


def finals_of(shown: Iterable[Shown]) -> list[Shown]:
    return sorted((each for each in shown if each.segment["state"] == "final"), key=lambda each: _start(each))


def error_rate(stream: SpeakerStream, shown: Sequence[Shown]) -> tuple[int, int]:
    """(word errors, reference words) of a speaker's whole stream."""
    return word_errors(
        [" ".join(spoken.reference for spoken in stream.utterances)],
        [" ".join(each.segment["text"] for each in finals_of(shown))],
    )


def word_errors(references: list[str], hypotheses: list[str]) -> tuple[int, int]:
    result = jiwer.process_words([normalize(each) for each in references], [normalize(each) for each in hypotheses])
    errors = result.substitutions + result.deletions + result.insertions
    return errors, errors - result.insertions + result.hits


def latencies(stream: SpeakerStream, shown: Sequence[Shown]) -> Latencies:
    """From the moment of speaking to the arrival of the message that shows it."""
    found = Latencies(first_partial_s=[], word_s=[], final_s=[])
    words = [word for spoken in stream.utterances for word in spoken.words]
    for final in finals_of(shown):
        history = _history(final, shown)
        spoken = [word for word in words if _start(final) <= word.start_s < final.segment["end_ms"] / 1_000]
        if not spoken:
            continue
        found.first_partial_s.append(history[0].at_s - spoken[0].start_s)
        found.final_s.append(final.at_s - spoken[-1].end_s)
        found.word_s.extend(_word_latencies(spoken, history))
    return found


def _word_latencies(spoken: list[SpokenWord], history: list[Shown]) -> Iterable[float]:
    texts = [[normalize(word) for word in each.segment["text"].split()] for each in history]
    seen: dict[int, float] = {}
    target = [normalize(word.text) for word in spoken]
    for each, text in zip(history, texts, strict=True):
        for block in SequenceMatcher(a=target, b=text, autojunk=False).get_matching_blocks():
            for index in range(block.a, block.a + block.size):
                seen.setdefault(index, each.at_s - spoken[index].end_s)
    return seen.values()


def erasure(shown: Sequence[Shown]) -> tuple[int, int]:
    """(words retracted, words in finals): a word is retracted when a later message no longer begins with it."""
    retracted = total = 0
    for final in finals_of(shown):
        texts = [each.segment["text"].split() for each in _history(final, shown)]
        retracted += sum(len(before) - common_length(before, after) for before, after in pairwise(texts))
        total += len(texts[-1])
    return retracted, total


def percentile(values: Sequence[float], percent: float) -> float | None:
    return round(float(np.percentile(values, percent)), 3) if values else None


def _history(final: Shown, shown: Sequence[Shown]) -> list[Shown]:
    return sorted(
        (each for each in shown if each.segment["id"] == final.segment["id"]), key=lambda each: int(each.segment["rev"])
    )


def _start(shown: Shown) -> float:
    return float(shown.segment["start_ms"]) / 1_000
