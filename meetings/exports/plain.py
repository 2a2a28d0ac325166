"""Plain text for people: a heading, then `[HH:MM:SS] Name: words`, one line per segment or loss."""

from collections.abc import Iterable
from datetime import UTC, datetime

from meetings.exports.cues import Cue, clock_of, cues_in_order, line_of, said_of


def plain_text(cues: Iterable[Cue], *, title: str, started_at: datetime | None) -> str:
    heading = [line_of(title)]
    if started_at is not None:
        heading.append(started_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC"))
    lines = [
        f"[{clock_of(cue.start_ms, separator='.').partition('.')[0]}] {said_of(cue)}" for cue in cues_in_order(cues)
    ]
    return "\n".join([*filter(None, heading), "", *lines]) + "\n"
