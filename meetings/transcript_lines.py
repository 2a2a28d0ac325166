"""What the transcript page shows line by line: what was said, and what was lost, in order of time."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from uuid import UUID

from meetings.exports.cues import REDACTED, redacted_words
from meetings.exports.gaps import gap_cues
from meetings.models import Segment
from meetings.selectors import Transcript

N_COLOURS = 8
SAME_TURN_MS = 8_000  # as on the meeting page: a speaker who goes on within it is not named anew


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A segment, or (`speaker` empty) a loss. `place` chooses the speaker's colour."""

    anchor: str
    start_ms: int
    end_ms: int
    speaker_id: str
    speaker: str
    place: int
    text: str
    language: str = ""
    segment_id: str = ""
    rev: int = 0
    state: str = ""
    has_audio: bool = False
    is_continued: bool = False

    @property
    def at(self) -> str:
        """3:07, or 1:02:03 after the first hour: as in static/js/captions/clock_words.js."""
        minutes, seconds = divmod(max(0, self.start_ms) // 1000, 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"

    @property
    def is_gone(self) -> bool:
        """There is nothing left that could be removed."""
        return self.text == REDACTED

    @property
    def is_gap(self) -> bool:
        return not self.speaker


def transcript_lines(read: Transcript, *, playable: Collection[UUID] = ()) -> list[Line]:
    """`playable` are the segments whose sound is recorded."""
    lines: list[Line] = []
    for line in sorted(
        [*_said(read, playable), *_lost(read)], key=lambda line: (line.start_ms, line.end_ms, line.anchor)
    ):
        before = lines[-1] if lines else None
        is_same_turn = (
            before is not None
            and not line.is_gap
            and before.speaker_id == line.speaker_id
            and line.start_ms - before.end_ms < SAME_TURN_MS
        )
        lines.append(replace(line, is_continued=True) if is_same_turn else line)
    return lines


def _said(read: Transcript, playable: Collection[UUID]) -> list[Line]:
    places = {participant["id"]: place for place, participant in enumerate(read.participants)}
    return [
        Line(
            anchor=f"segment-{segment['id']}",
            start_ms=segment["start_ms"],
            end_ms=segment["end_ms"],
            speaker_id=segment["participant_id"],
            speaker=segment["speaker"],
            place=places.get(segment["participant_id"], 0) % N_COLOURS,
            text=redacted_words(segment["text"]) if segment["state"] == Segment.State.REDACTED else segment["text"],
            language=segment["language"],
            segment_id=segment["id"],
            rev=segment["rev"],
            state=segment["state"],
            has_audio=UUID(segment["id"]) in playable,
        )
        for segment in read.segments
    ]


def _lost(read: Transcript) -> list[Line]:
    """The sentence names its speaker; who goes on speaking after it is named anew."""
    return [
        Line(
            anchor=cue.id,
            start_ms=cue.start_ms,
            end_ms=cue.end_ms,
            speaker_id="",
            speaker="",
            place=0,
            text=cue.text,
        )
        for cue in gap_cues(read.gaps)
    ]
