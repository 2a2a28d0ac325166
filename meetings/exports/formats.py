"""The formats that a transcript can be had in. Values in, text out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from meetings.exports.cues import Cue, redacted_words
from meetings.exports.document import json_document
from meetings.exports.gaps import gap_cues
from meetings.exports.plain import plain_text
from meetings.exports.subrip import subrip
from meetings.exports.webvtt import webvtt

if TYPE_CHECKING:
    from meetings.selectors import Transcript

MeetingFields = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """`write` takes the transcript and its meeting as the API shows it."""

    media_type: str
    write: "Callable[[Transcript, MeetingFields], str]"


def cues(transcript: "Transcript") -> list[Cue]:
    """What was redacted or lost is said to be, for a silent hole would look like silence."""
    said = [
        Cue(
            id=segment["id"],
            start_ms=segment["start_ms"],
            end_ms=segment["end_ms"],
            speaker=segment["speaker"],
            text=redacted_words(segment["text"]) if segment["state"] == "redacted" else segment["text"],
        )
        for segment in transcript.segments
    ]
    return [*said, *gap_cues(transcript.gaps)]


def _json(transcript: "Transcript", meeting: MeetingFields) -> str:
    return json_document(
        meeting=meeting,
        as_of_seq=transcript.as_of_seq,
        participants=transcript.participants,
        segments=transcript.segments,
        gaps=transcript.gaps,
    )


def _plain(transcript: "Transcript", meeting: MeetingFields) -> str:
    return plain_text(cues(transcript), title=meeting["title"], started_at=meeting["started_at"])


FORMATS: Mapping[str, Format] = {
    "json": Format(media_type="application/json", write=_json),
    "vtt": Format(media_type="text/vtt; charset=utf-8", write=lambda transcript, _: webvtt(cues(transcript))),
    "srt": Format(
        media_type="application/x-subrip; charset=utf-8", write=lambda transcript, _: subrip(cues(transcript))
    ),
    "txt": Format(media_type="text/plain; charset=utf-8", write=_plain),
}
