"""From what was said and what was shown when, the figures. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import jiwer
import numpy as np

from bench.corpus import SpeakerStream
from bench.word_times import SpokenWord, matches, normalize, words_of
from streaming.stabilizer import OPEN_MARKS, common_length

# How far beyond a segment's own borders its words are looked for: neither the segmenter nor the aligner is exact.
MARGIN_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A segment and when it reached the speaker's own client. All times count from the first sample of the stream."""

    at_s: float
    segment: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Latencies:
    """Seconds from the moment of speaking to the arrival of the message that shows it.

    - `first_partial_s`, of each segment: from the onset of its first word to the first message with any word;
    - `word_s`, of each word: from its end to the first message that shows it at its place; `word_kept_s` to the first
      one after which it never went away again. Words that were never shown are only counted, in `n_words_missed`;
    - `final_s`, of each segment: from the end of its last word to the final.

    `n_words_uncovered` lie in no final's time, and `n_utterances_missing` have only such words.
    """

    first_partial_s: list[float] = field(default_factory=list)
    word_s: list[float] = field(default_factory=list)
    word_kept_s: list[float] = field(default_factory=list)
    final_s: list[float] = field(default_factory=list)
    n_words: int = 0
    n_words_missed: int = 0
    n_words_uncovered: int = 0
    n_utterances_missing: int = 0


def finals_of(shown: Iterable[Shown]) -> list[Shown]:
    """The first final of each segment, in the order of speaking."""
    found: dict[str, Shown] = {}
    for each in shown:
        if each.segment["state"] == "final":
            found.setdefault(each.segment["id"], each)
    return sorted(found.values(), key=_start_s)


def error_rate(stream: SpeakerStream, shown: Sequence[Shown]) -> tuple[int, int]:
    """(word errors, reference words) of a speaker's whole stream."""
    return word_errors(
        [" ".join(spoken.reference for spoken in stream.utterances)],
        [" ".join(each.segment["text"] for each in finals_of(shown))],
    )


def word_errors(references: list[str], hypotheses: list[str]) -> tuple[int, int]:
    """(word errors, reference words)."""
    if not references:
        return 0, 0
    result = jiwer.process_words([normalize(each) for each in references], [normalize(each) for each in hypotheses])
    errors = result.substitutions + result.deletions + result.insertions
    return errors, errors - result.insertions + result.hits


def latencies(stream: SpeakerStream, shown: Sequence[Shown]) -> Latencies:
    finals = finals_of(shown)
    words = [word for spoken in stream.utterances for word in spoken.words]
    owners = [_owner(word, finals) for word in words]
    first_partial_s, final_s, seen = [], [], dict[int, float]()
    kept = dict[int, float]()
    for number, final in enumerate(finals):
        history = _history(final, shown)
        own = [word for word, owner in zip(words, owners, strict=True) if owner == number]
        if own:
            first_partial_s.append(_first_at_s(history, after_s=own[0].start_s) - own[0].start_s)
            final_s.append(final.at_s - own[-1].end_s)
        near = [index for index, word in enumerate(words) if _distance_s(word, final) <= MARGIN_S]
        _watch([words[index] for index in near], near, history, seen=seen, kept=kept)
    return Latencies(
        first_partial_s=first_partial_s,
        word_s=[at_s - words[index].end_s for index, at_s in sorted(seen.items())],
        word_kept_s=[at_s - words[index].end_s for index, at_s in sorted(kept.items())],
        final_s=final_s,
        n_words=len(words),
        n_words_missed=len(words) - len(seen),
        n_words_uncovered=owners.count(None),
        n_utterances_missing=_n_missing(stream, finals),
    )


def _first_at_s(history: Sequence[Shown], *, after_s: float) -> float:
    """When the first words came that can be of this speech: what was shown before it was spoken is not."""
    return next(
        (each.at_s for each in history if each.at_s > after_s and words_of(each.segment["text"])), history[-1].at_s
    )


def _watch(
    words: Sequence[SpokenWord],
    places: Sequence[int],
    history: Sequence[Shown],
    *,
    seen: dict[int, float],
    kept: dict[int, float],
) -> None:
    """Note for each place when its word was shown first, and from when on it stayed."""
    targets = [normalize(word.text) for word in words]
    stays: dict[int, float] = {}
    for each in history:
        n_begun = sum(word.start_s < each.at_s for word in words)  # nothing can be shown before it is said
        found = {places[ours] for ours, _ in matches(targets[:n_begun], words_of(each.segment["text"]))}
        stays = {place: stays.get(place, each.at_s) for place in found}
        for place in found:
            seen[place] = min(seen.get(place, each.at_s), each.at_s)
    for place, at_s in stays.items():
        kept[place] = min(kept.get(place, at_s), at_s)


def _owner(word: SpokenWord, finals: Sequence[Shown]) -> int | None:
    """The final in whose time the word was said."""
    distances_s = [_distance_s(word, final) for final in finals]
    nearest = min(range(len(finals)), key=distances_s.__getitem__, default=None)
    return None if nearest is None or distances_s[nearest] > MARGIN_S else nearest


def _distance_s(word: SpokenWord, final: Shown) -> float:
    middle_s = (word.start_s + word.end_s) / 2
    return max(_start_s(final) - middle_s, middle_s - _end_s(final), 0.0)


def _n_missing(stream: SpeakerStream, finals: Sequence[Shown]) -> int:
    return sum(all(_owner(word, finals) is None for word in spoken.words) for spoken in stream.utterances)


def erasure(shown: Sequence[Shown]) -> tuple[int, int]:
    """(words retracted, words in finals): a word is retracted when a later message no longer begins with it.

    A change of case or punctuation retracts a word too, and so does the withdrawal of a whole segment: what counts is
    what a reader sees taken back. A mark put behind the last word that was shown takes nothing back.
    """
    histories: dict[str, list[Shown]] = {}
    for each in shown:
        histories.setdefault(each.segment["id"], []).append(each)
    retracted = 0
    for history in histories.values():
        texts = [each.segment["text"].split() for each in sorted(history, key=_rev)]
        retracted += sum(len(before) - _n_standing(before, after) for before, after in pairwise(texts))
    return retracted, sum(len(final.segment["text"].split()) for final in finals_of(shown))


def _n_standing(before: Sequence[str], after: Sequence[str]) -> int:
    n_same = common_length(before, after)
    if n_same == len(before) - 1 and n_same < len(after) and after[n_same].rstrip(OPEN_MARKS) == before[n_same]:
        n_same += 1
    return n_same


def updates_s(shown: Sequence[Shown]) -> list[float]:
    """Seconds between two messages about the same segment."""
    gaps = []
    for final in finals_of(shown):
        gaps += [after.at_s - before.at_s for before, after in pairwise(_history(final, shown))]
    return gaps


def speech_s(stream: SpeakerStream) -> float:
    """How long somebody speaks, without pauses between utterances."""
    return sum(spoken.words[-1].end_s - spoken.words[0].start_s for spoken in stream.utterances if spoken.words)


def percentile(values: Sequence[float], percent: float) -> float | None:
    return round(float(np.percentile(values, percent)), 3) if values else None


def _history(final: Shown, shown: Sequence[Shown]) -> list[Shown]:
    """What was shown of the segment, up to its final."""
    own = [each for each in shown if each.segment["id"] == final.segment["id"] and _rev(each) <= _rev(final)]
    return sorted(own, key=_rev)


def _rev(shown: Shown) -> int:
    return int(shown.segment["rev"])


def _start_s(shown: Shown) -> float:
    return float(shown.segment["start_ms"]) / 1_000


def _end_s(shown: Shown) -> float:
    return float(shown.segment["end_ms"]) / 1_000
