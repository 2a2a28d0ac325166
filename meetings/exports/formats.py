"""The formats that a transcript can be had in. Values in, a file out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from meetings.exports.cues import Cue, redacted_words
from meetings.exports.document import json_document
from meetings.exports.gaps import gap_cues
from meetings.exports.markdown import markdown
from meetings.exports.options import AS_IT_IS, ExportOptions
from meetings.exports.paragraphs import Reading, reading
from meetings.exports.pdf import pdf
from meetings.exports.plain import plain_text
from meetings.exports.subrip import subrip
from meetings.exports.table import table
from meetings.exports.ttml import ttml
from meetings.exports.webvtt import webvtt
from meetings.exports.word import MEDIA_TYPE as WORD_MEDIA_TYPE
from meetings.exports.word import word
from meetings.wire import SegmentWire

if TYPE_CHECKING:
    from meetings.selectors import Transcript

MeetingFields = Mapping[str, Any]
Writer = Callable[["Transcript", MeetingFields, ExportOptions], bytes]

CAPTION_OPTIONS = frozenset({"names"})
READING_OPTIONS = CAPTION_OPTIONS | {"timestamps", "paragraphs"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """`write` takes the transcript, its meeting as the API shows it, and the options, of which it knows `options`.

    What `is_slow` takes seconds for a long day: it is made beside the web process then.
    """

    words: str
    media_type: str
    write: Writer
    options: frozenset[str] = READING_OPTIONS
    is_slow: bool = False


def cues(transcript: "Transcript", options: ExportOptions = AS_IT_IS) -> list[Cue]:
    """What was redacted or lost is said to be, for a silent hole would look like silence."""
    said = [said_cue(segment, has_names=options.has_names) for segment in transcript.segments]
    return [*said, *gap_cues(transcript.gaps, has_names=options.has_names)]


def said_cue(segment: SegmentWire, *, has_names: bool) -> Cue:
    is_redacted = segment["state"] == "redacted"
    return Cue(
        id=segment["id"],
        start_ms=segment["start_ms"],
        end_ms=segment["end_ms"],
        speaker=segment["speaker"] if has_names else None,
        text=redacted_words(segment["text"]) if is_redacted else segment["text"],
        speaker_id=segment["participant_id"],
        language=segment["language"],
        kind="redacted" if is_redacted else "said",
    )


def _json(transcript: "Transcript", meeting: MeetingFields, _: ExportOptions) -> bytes:
    return json_document(
        meeting=meeting,
        as_of_seq=transcript.as_of_seq,
        participants=transcript.participants,
        segments=transcript.segments,
        gaps=transcript.gaps,
    ).encode()


def _captions(write: Callable[[list[Cue]], str]) -> Writer:
    return lambda transcript, _, options: write(cues(transcript, options)).encode()


def _ttml(transcript: "Transcript", meeting: MeetingFields, options: ExportOptions) -> bytes:
    return ttml(cues(transcript, options), title=meeting["title"], language=meeting["language"]).encode()


def _plain(transcript: "Transcript", meeting: MeetingFields, options: ExportOptions) -> bytes:
    shown = cues(transcript, options)
    return plain_text(shown, title=meeting["title"], started_at=meeting["started_at"], options=options).encode()


def _table(transcript: "Transcript", meeting: MeetingFields, options: ExportOptions) -> bytes:
    return table(_reading(transcript, meeting, options), options=options).encode()


def _pages(write: Callable[[Reading], bytes]) -> Writer:
    return lambda transcript, meeting, options: write(_reading(transcript, meeting, options))


def _reading(transcript: "Transcript", meeting: MeetingFields, options: ExportOptions) -> Reading:
    shown = cues(transcript, options)
    return reading(shown, title=meeting["title"], started_at=meeting["started_at"], options=options)


FORMATS: Mapping[str, Format] = {
    "txt": Format(words="Plain text", media_type="text/plain; charset=utf-8", write=_plain),
    "md": Format(
        words="Markdown",
        media_type="text/markdown; charset=utf-8",
        write=_pages(lambda read: markdown(read).encode()),
    ),
    "docx": Format(words="Word", media_type=WORD_MEDIA_TYPE, write=_pages(word), is_slow=True),
    "pdf": Format(words="PDF", media_type="application/pdf", write=_pages(pdf), is_slow=True),
    "csv": Format(words="Table (CSV)", media_type="text/csv; charset=utf-8; header=present", write=_table),
    "vtt": Format(
        words="WebVTT", media_type="text/vtt; charset=utf-8", write=_captions(webvtt), options=CAPTION_OPTIONS
    ),
    "srt": Format(
        words="SubRip",
        media_type="application/x-subrip; charset=utf-8",
        write=_captions(subrip),
        options=CAPTION_OPTIONS,
    ),
    "ttml": Format(words="TTML", media_type="application/ttml+xml", write=_ttml, options=CAPTION_OPTIONS),
    "json": Format(words="JSON", media_type="application/json", write=_json, options=frozenset()),
}
