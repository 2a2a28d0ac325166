"""Plain text for people: a heading, then `[HH:MM:SS] Name: words`, one line per segment, paragraph or loss."""

from collections.abc import Iterable
from datetime import datetime

from meetings.exports.cues import Cue, said_of, seconds_clock_of
from meetings.exports.options import AS_IT_IS, ExportOptions
from meetings.exports.paragraphs import reading


def plain_text(
    cues: Iterable[Cue], *, title: str, started_at: datetime | None, options: ExportOptions = AS_IT_IS
) -> str:
    read = reading(cues, title=title, started_at=started_at, options=options)
    lines = [
        f"[{seconds_clock_of(line.start_ms)}] {said_of(line)}" if read.has_timestamps else said_of(line)
        for line in read.lines
    ]
    return "\n".join([*filter(None, (read.title, read.day)), "", *lines]) + "\n"
