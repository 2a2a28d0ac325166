"""A transcript for reading: lines, or lines of one speaker in a row as one paragraph. Values in, values out."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from meetings.exports.cues import Cue, cues_in_order, line_of
from meetings.exports.options import AS_IT_IS, ExportOptions

MOST_CHARS = 2_000  # a lecture is read in paragraphs too: one that has grown to this takes no more lines
_WITHOUT_SPACES = frozenset({"ja", "zh", "yue", "th", "lo", "km", "my"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What formats for people are made of. `heading` is the title and the day, as far as they are known."""

    title: str
    day: str
    lines: tuple[Cue, ...]
    has_timestamps: bool


def reading(
    cues: Iterable[Cue], *, title: str, started_at: datetime | None, options: ExportOptions = AS_IT_IS
) -> Reading:
    day = "" if started_at is None else started_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    in_order = cues_in_order(cues)
    lines = paragraphs(in_order) if options.has_paragraphs else in_order
    return Reading(title=line_of(title), day=day, lines=tuple(lines), has_timestamps=options.has_timestamps)


def paragraphs(in_order: Iterable[Cue]) -> list[Cue]:
    """Whoever speaks between, what was lost or redacted, and another language begin a new one."""
    joined: list[Cue] = []
    for cue in in_order:
        if joined and _goes_on(joined[-1], cue):
            joined[-1] = _join(joined[-1], cue)
        else:
            joined.append(cue)
    return joined


def _goes_on(before: Cue, cue: Cue) -> bool:
    return (
        before.kind == cue.kind == "said"
        and (before.speaker_id, before.speaker, before.language) == (cue.speaker_id, cue.speaker, cue.language)
        and len(before.text) < MOST_CHARS
    )


def _join(before: Cue, cue: Cue) -> Cue:
    space = "" if cue.language.partition("-")[0].lower() in _WITHOUT_SPACES else " "
    return replace(before, end_ms=max(before.end_ms, cue.end_ms), text=f"{before.text}{space}{cue.text}")
