"""The second judge of one voice in two microphones (`meetings/services/bleed.py`), without its database. Pure."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from meetings.levels import loudness_dbfs
from meetings.limits import LEVEL_SAMPLES, SAMPLES_PER_MS
from meetings.same_words import SLACK_MS, HeardLine, line_of, said_twice
from streaming.audio.pcm import Float32
from streaming.bleed.levels import levels_of
from streaming.offline import Line


def said_once(lines: Sequence[Line], sounds: Mapping[str, Float32]) -> list[Line]:
    """What is left of `lines` when each is judged as it is committed: the one that ends first, first."""
    kept: list[Line] = []
    for new in sorted(lines, key=lambda each: each.end_ms):
        kept.append(new)
        near = [each for each in kept if _is_near(each, new)]
        own = sorted((each for each in near if each.speaker == new.speaker), key=lambda each: each.start_ms)
        others = sorted((each for each in near if each.speaker != new.speaker), key=_by_speaker)
        for _, group in groupby(others, key=lambda each: each.speaker):
            twice = said_twice(
                new,
                own=own,
                theirs=list(group),
                line=_line,
                louder_db=lambda one, other: (
                    _loudness(one, sounds[one.speaker]) - _loudness(one, sounds[other.speaker])
                ),
            )
            kept = [each for each in kept if each not in twice]
            if new in twice:
                break
    return kept


def _by_speaker(line: Line) -> tuple[str, int]:
    return line.speaker, line.start_ms


def _is_near(line: Line, other: Line) -> bool:
    return line.start_ms < other.end_ms + SLACK_MS and line.end_ms > other.start_ms - SLACK_MS


def _line(line: Line) -> HeardLine:
    return line_of(start_ms=line.start_ms, end_ms=line.end_ms, text=line.text)


def _loudness(line: Line, sound: Float32) -> float:
    """Of the line's time in somebody's microphone, in dBFS."""
    first, end = (ms * SAMPLES_PER_MS // LEVEL_SAMPLES for ms in (line.start_ms, line.end_ms))
    heard = sound[first * LEVEL_SAMPLES : end * LEVEL_SAMPLES]
    loudness = loudness_dbfs(levels_of(heard[: heard.size // LEVEL_SAMPLES * LEVEL_SAMPLES]).tobytes())
    return -130.0 if loudness is None else loudness
