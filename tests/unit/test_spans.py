"""A commit accounts for every sample between two positions, or is refused before it reaches the database."""

from dataclasses import replace
from math import nan
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.errors import Invalid
from meetings.services.spans import spans_check, spans_with_starts
from meetings.values import FinalSegment, Span, SpanKind


def segment_from(start: int, end: int, *, text: str = "hello", rev: int = 1, confidence: float = 0.5) -> FinalSegment:
    return FinalSegment(
        segment_id=uuid4(),
        rev=rev,
        start=start,
        end=end,
        text=text,
        language="en",
        confidence=confidence,
        engine="test",
    )


def span_of(kind: SpanKind, start: int, end: int) -> Span:
    segment = segment_from(start, end) if kind == "speech" else None
    return Span(kind=kind, end=end, segment=segment, reason="lost" if kind == "gap" else "")


KINDS = st.sampled_from(["speech", "nonspeech", "muted", "gap"])


@given(
    settled_from=st.integers(0, 2**40),
    pieces=st.lists(st.tuples(KINDS, st.integers(1, 10**6)), min_size=1, max_size=20),
)
def test_spans_that_follow_each_other_are_accepted(settled_from: int, pieces: list[tuple[SpanKind, int]]) -> None:
    spans, start = [], settled_from
    for kind, n_samples in pieces:
        spans.append(span_of(kind, start, start + n_samples))
        start += n_samples
    spans_check(settled_from=settled_from, spans=spans)
    lengths = [span.end - begin for begin, span in spans_with_starts(settled_from=settled_from, spans=spans)]
    assert lengths == [n_samples for _, n_samples in pieces]


@pytest.mark.parametrize(
    "spans",
    [
        [],
        [Span(kind="nonspeech", end=100)],
        [Span(kind="nonspeech", end=200), Span(kind="muted", end=150)],
        [Span(kind="speech", end=200)],
        [Span(kind="nonspeech", end=200, segment=segment_from(100, 200))],
        [Span(kind="gap", end=200)],
        [Span(kind="muted", end=200, reason="why")],
        [Span(kind="speech", end=200, segment=segment_from(99, 200))],
        [Span(kind="speech", end=200, segment=segment_from(100, 201))],
        [Span(kind="speech", end=200, segment=segment_from(150, 150))],
        [Span(kind="speech", end=200, segment=segment_from(100, 200, text=" \n"))],
        [Span(kind="speech", end=200, segment=segment_from(100, 200, text="x" * 20_001))],
        [Span(kind="speech", end=200, segment=segment_from(100, 200, rev=0))],
        [Span(kind="speech", end=200, segment=segment_from(100, 200, confidence=1.1))],
        [Span(kind="speech", end=200, segment=segment_from(100, 200, confidence=nan))],
    ],
)
def test_anything_else_is_refused(spans: list[Span]) -> None:
    with pytest.raises(Invalid):
        spans_check(settled_from=100, spans=spans)


def test_one_id_is_not_two_utterances() -> None:
    segment = segment_from(0, 10)
    again = replace(segment, start=10, end=20)
    with pytest.raises(Invalid):
        spans_check(
            settled_from=0,
            spans=[Span(kind="speech", end=10, segment=segment), Span(kind="speech", end=20, segment=again)],
        )
