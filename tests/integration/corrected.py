"""Lines to correct, and a client that follows the event log from what it loaded."""

from collections.abc import Mapping
from dataclasses import replace as changed
from typing import Any

from meetings.models import Meeting, Segment
from meetings.selectors import events_after, transcript
from meetings.values import OpenedSession, Span, WordTiming
from tests.integration.made import commit, opened, speech

WORD_SAMPLES = 8_000  # half a second each, of which the last tenth is a pause


def timed_speech(start: int, text: str) -> Span:
    words = tuple(
        WordTiming(
            text=word, start=start + n * WORD_SAMPLES, end=start + (n + 1) * WORD_SAMPLES - 1_600, confidence=0.9
        )
        for n, word in enumerate(text.split())
    )
    span = speech(start, start + len(words) * WORD_SAMPLES, text=text)
    assert span.segment is not None
    return changed(span, segment=changed(span.segment, words=words))


def says(session: OpenedSession, *texts: str, settled_from: int = 0) -> list[Segment]:
    """One line for each text, one after the other."""
    spans: list[Span] = []
    at = settled_from
    for text in texts:
        spans.append(timed_speech(at, text))
        at = spans[-1].end
    commit(session.owner, *spans, settled_from=settled_from)
    ids = [span.segment.segment_id for span in spans if span.segment]
    return [Segment.objects.get(pk=segment_id) for segment_id in ids]


def line(meeting: Meeting, *texts: str) -> list[Segment]:
    return says(opened(meeting), *texts)


def loaded(meeting: Meeting) -> tuple[dict[str, Any], int]:
    """What a page shows after loading, and the event that it goes on from."""
    shown = transcript(meeting=meeting)
    return {segment["id"]: segment for segment in shown.segments}, shown.as_of_seq


def followed(lines: Mapping[str, Any], meeting: Meeting, *, after_seq: int) -> dict[str, Any]:
    """The same page after the events: a segment counts if its rev is greater; what is retracted is not shown."""
    known = dict(lines)
    for message in events_after(meeting_id=meeting.pk, after_seq=after_seq, limit=10_000).messages:
        if message["type"] == "segment":
            segment = message["segment"]
            if segment["rev"] > known.get(segment["id"], {"rev": 0})["rev"]:
                known[segment["id"]] = segment
    return {segment_id: segment for segment_id, segment in known.items() if segment["state"] != "retracted"}


def texts(meeting: Meeting) -> list[tuple[str, str]]:
    return [(each["speaker"], each["text"]) for each in transcript(meeting=meeting).segments]
