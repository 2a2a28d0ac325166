"""Check what a commit says of its samples. Pure: no database."""

import math
from collections.abc import Iterator, Sequence

from meetings.errors import Invalid
from meetings.levels import N_BANDS
from meetings.limits import LEVEL_SAMPLES, SEGMENT_TEXT_MAX_CHARS
from meetings.values import FinalSegment, RecordedChunk, Span


def spans_check(*, settled_from: int, spans: Sequence[Span]) -> None:
    """Raises Invalid. Such a commit is a defect of its maker: repeating it cannot help."""
    if settled_from < 0 or not spans:
        raise Invalid("A commit needs a position from zero on and at least one span.")
    for start, span in spans_with_starts(settled_from=settled_from, spans=spans):
        if span.end <= start:
            raise Invalid("Spans follow each other and hold at least one sample.")
        if (span.kind == "speech") != (span.segment is not None):
            raise Invalid("A span has a segment exactly when it is speech.")
        if (span.kind == "gap") != bool(span.reason):
            raise Invalid("A span has a reason exactly when it is a gap.")
        if span.levels and len(span.levels) != N_BANDS * (span.end // LEVEL_SAMPLES - start // LEVEL_SAMPLES):
            raise Invalid("Levels are those of the 20 ms that end in their span.")
        if span.segment is not None:
            _segment_check(span.segment, start=start, end=span.end)
    ids = [span.segment.segment_id for span in spans if span.segment]
    if len(set(ids)) != len(ids):
        raise Invalid("A segment's id is used once.")
    _recorded_check(spans[-1].recorded, start=settled_from, end=spans[-1].end)
    if any(span.recorded for span in spans[:-1]):
        raise Invalid("The last span names all that was recorded.")


def _recorded_check(chunks: Sequence[RecordedChunk], *, start: int, end: int) -> None:
    for chunk in chunks:
        if not start <= chunk.start < chunk.end <= end:
            raise Invalid("Recorded samples are those of the commit, each once, in order.")
        if bool(chunk.file and chunk.sha256) == bool(chunk.missing):
            raise Invalid("Recorded samples lie in a file, or are missing for a reason.")
        start = chunk.end


def spans_with_starts(*, settled_from: int, spans: Sequence[Span]) -> Iterator[tuple[int, Span]]:
    start = settled_from
    for span in spans:
        yield start, span
        start = span.end


def _segment_check(segment: FinalSegment, *, start: int, end: int) -> None:
    if not start <= segment.start < segment.end <= end:
        raise Invalid("A segment lies within its span.")
    if not segment.text.strip() and not segment.is_bleed:
        raise Invalid("A segment has text; speech that came to nothing is settled as non-speech.")
    if len(segment.text) > SEGMENT_TEXT_MAX_CHARS:
        raise Invalid("A segment's text is longer than any utterance.")
    if segment.rev < 1:
        raise Invalid("Revisions count from one.")
    confidences = [segment.confidence, *(word.confidence for word in segment.words)]
    if not all(math.isfinite(confidence) and 0 <= confidence <= 1 for confidence in confidences):
        raise Invalid("Confidence is between 0 and 1.")
