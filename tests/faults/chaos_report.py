"""Compare what a disturbed meeting became with an undisturbed one of the same audio. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from bench.corpus import SpeakerStream
from bench.figures import word_errors
from bench.word_times import normalize

MUST_BE_ZERO = (
    "not_received_samples",
    "gap_samples",
    "unbalanced_samples",
    "missing",
    "duplicated",
    "out_of_order",
    "shown_but_not_stored",
    "stored_but_not_shown",
    "missing_seqs",
    "audit_problem",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A stored segment; times are in milliseconds since its session's first sample."""

    segment_id: str
    start_ms: int
    end_ms: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerOutcome:
    """`lines` are the transcript by start, `logged` the same in the order of the event log.

    `ended` is the closing account that the client got, `shown` the texts of the finals that it was shown, by id.
    """

    stream: SpeakerStream
    lines: tuple[Line, ...]
    logged: tuple[Line, ...]
    ended: dict[str, int]
    shown: dict[str, list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingOutcome:
    speakers: tuple[SpeakerOutcome, ...]
    seqs: tuple[int, ...]
    audit_problem: str


def report(disturbed: MeetingOutcome, undisturbed: MeetingOutcome) -> dict[str, Any]:
    """Everything that issue and promise ask for, as figures; `defects` is empty when all of it holds."""
    pairs = list(zip(disturbed.speakers, undisturbed.speakers, strict=True))
    found: dict[str, Any] = {
        "utterances": sum(len(calm.lines) for _, calm in pairs),
        "wer_pct": _wer_pct(disturbed.speakers),
        "undisturbed_wer_pct": _wer_pct(undisturbed.speakers),
        "not_received_samples": sum(each.stream.audio.size - each.ended["received"] for each in disturbed.speakers),
        "gap_samples": sum(each.ended["gap"] for each in disturbed.speakers),
        "unbalanced_samples": sum(_unbalanced(each.ended) for each in disturbed.speakers),
        "missing": sum(_missing(stormy.lines, calm.lines) for stormy, calm in pairs),
        "duplicated": sum(_missing(calm.lines, stormy.lines) + _overlaps(stormy.lines) for stormy, calm in pairs),
        "other_words": sum(_other_words(stormy.lines, calm.lines) for stormy, calm in pairs),
        "largest_shift_ms": max((_largest_shift_ms(stormy.lines, calm.lines) for stormy, calm in pairs), default=0),
        "out_of_order": sum(each.lines != each.logged for each in disturbed.speakers),
        "shown_but_not_stored": sum(_not_stored(each) for each in disturbed.speakers),
        "stored_but_not_shown": sum(_not_shown(each) for each in disturbed.speakers),
        "missing_seqs": len(set(range(1, len(disturbed.seqs) + 1)) ^ set(disturbed.seqs)),
        "audit_problem": disturbed.audit_problem,
    }
    return found | {"defects": _defects(found)}


def _defects(found: dict[str, Any]) -> list[str]:
    defects = [name for name in MUST_BE_ZERO if found[name]]
    if abs(found["wer_pct"] - found["undisturbed_wer_pct"]) > 0.5:
        defects.append("wer_pct")
    if found["largest_shift_ms"] > 100:
        defects.append("largest_shift_ms")
    if found["utterances"] == 0:
        defects.append("utterances")
    return defects


def _wer_pct(speakers: Sequence[SpeakerOutcome]) -> float:
    errors, n_words = word_errors(
        [" ".join(spoken.reference for spoken in each.stream.utterances) for each in speakers],
        [" ".join(line.text for line in each.lines) for each in speakers],
    )
    return round(100 * errors / n_words, 2)


def _unbalanced(ended: dict[str, int]) -> int:
    return abs(ended["received"] - ended["speech"] - ended["nonspeech"] - ended["muted"] - ended["gap"])


def _missing(lines: Sequence[Line], expected: Sequence[Line]) -> int:
    """How many expected lines have no line over most of their time."""
    return sum(not any(_covers(line, each) for line in lines) for each in expected)


def _covers(line: Line, expected: Line) -> bool:
    common_ms = min(line.end_ms, expected.end_ms) - max(line.start_ms, expected.start_ms)
    return 2 * common_ms > expected.end_ms - expected.start_ms


def _overlaps(lines: Sequence[Line]) -> int:
    return sum(after.start_ms < before.end_ms for before, after in pairwise(lines))


def _largest_shift_ms(lines: Sequence[Line], expected: Sequence[Line]) -> int:
    shifts = [
        max(abs(line.start_ms - each.start_ms), abs(line.end_ms - each.end_ms))
        for line, each in zip(lines, expected, strict=False)
    ]
    return max(shifts, default=0)


def _other_words(lines: Sequence[Line], expected: Sequence[Line]) -> int:
    pairs = zip(lines, expected, strict=False)
    n_changed = sum(1 for line, each in pairs if normalize(line.text) != normalize(each.text))
    return n_changed + abs(len(lines) - len(expected))


def _not_stored(speaker: SpeakerOutcome) -> int:
    """Finals that were shown, and shown once each, exactly as they are stored: all others."""
    stored = {line.segment_id: [line.text] for line in speaker.lines}
    return sum(stored.get(segment_id) != texts for segment_id, texts in speaker.shown.items())


def _not_shown(speaker: SpeakerOutcome) -> int:
    return sum(line.segment_id not in speaker.shown for line in speaker.lines)
