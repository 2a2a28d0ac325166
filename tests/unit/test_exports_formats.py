"""A transcript in every format says the same thing; JSON keeps even what the others have to clean."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import webvtt as reader

from meetings.exports.formats import FORMATS, cues
from meetings.exports.options import AS_IT_IS
from meetings.models import Meeting
from meetings.selectors import Transcript
from meetings.wire import SegmentWire

MEETING_ID = UUID(int=1)
FIELDS: dict[str, Any] = {"id": MEETING_ID, "title": "Board", "started_at": datetime(2026, 3, 1, 8, 30, tzinfo=UTC)}


def segment(text: str, *, id: int = 1, state: str = "final", speaker: str = "Ada", start_ms: int = 0) -> SegmentWire:
    return {
        "id": str(UUID(int=id)),
        "rev": 1,
        "state": state,
        "participant_id": str(UUID(int=9)),
        "speaker": speaker,
        "start_ms": start_ms,
        "end_ms": start_ms + 1_000,
        "text": text,
        "stable_chars": len(text),
        "language": "en",
        "confidence": 0.9,
        "words": [],
        "engine": "test",
    }


def transcript(*segments: SegmentWire) -> Transcript:
    return Transcript(
        meeting=Meeting(id=MEETING_ID, title="Board"),
        as_of_seq=len(segments),
        participants=({"id": str(UUID(int=9)), "display_name": "Ada", "role": "speaker", "language": ""},),
        segments=segments,
    )


def written(extension: str, read: Transcript) -> str:
    return FORMATS[extension].write(read, FIELDS, AS_IT_IS).decode()


def test_json_holds_the_segments_exactly_as_they_were_sent() -> None:
    said = transcript(segment("-->\n<v>\u202e\u0000 مرحبا"), segment("", id=2, state="redacted"))
    document = json.loads(written("json", said))
    assert document["segments"] == list(said.segments)
    assert document["participants"] == list(said.participants)
    assert document["as_of_seq"] == 2
    assert document["meeting"] == {"id": str(MEETING_ID), "title": "Board", "started_at": "2026-03-01T08:30:00Z"}


def test_what_was_redacted_is_said_to_be_and_its_text_is_nowhere() -> None:
    said = transcript(segment("a secret", state="redacted"), segment("public", id=2, start_ms=2_000))
    assert [cue.text for cue in cues(said)] == ["[redacted]", "public"]
    for extension in ("vtt", "srt", "txt"):
        text = written(extension, said)
        assert "secret" not in text
        assert "[redacted]" in text


def test_the_voice_and_id_of_a_cue_are_those_of_its_segment() -> None:
    (only,) = reader.from_string(written("vtt", transcript(segment("Hello", speaker="Bob"))), strict=True)
    assert (only.identifier, only.voice, only.text) == (str(UUID(int=1)), "Bob", "Hello")


def test_the_text_for_people_begins_with_the_title_and_the_date() -> None:
    text = written("txt", transcript(segment("Hello", start_ms=61_500)))
    assert text == "Board\n2026-03-01 08:30 UTC\n\n[00:01:01] Ada: Hello\n"
