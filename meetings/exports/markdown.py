"""Markdown (CommonMark): a heading, then a paragraph for each line. What was said is text in it, never markup."""

import re

from meetings.exports.cues import Cue, seconds_clock_of
from meetings.exports.paragraphs import Reading

# Everywhere: what can begin a mark inside of a line. At the start of one: what can make it a heading, list or rule.
_MARKS = re.compile(r"[\\`*_{}\[\]<>#|~&$]")
_STARTS = re.compile(r"^(?:([-+=:])|(\d+)([.)]))")


def markdown(read: Reading) -> str:
    blocks = [f"# {_text(read.title)}" if read.title else "", read.day, *(_line(line, read) for line in read.lines)]
    return "\n\n".join(filter(None, blocks)) + "\n"


def _line(line: Cue, read: Reading) -> str:
    at = f"\\[{seconds_clock_of(line.start_ms)}\\] " if read.has_timestamps else ""
    if line.kind == "lost":
        return f"{at}*{_text(line.text)}*"
    if line.speaker is None:
        return f"{at}{_text(line.text)}" if at else _start(_text(line.text))
    return f"{at}**{_text(line.speaker)}**: {_text(line.text)}"


def _text(text: str) -> str:
    return _MARKS.sub(r"\\\g<0>", text)


def _start(text: str) -> str:
    return _STARTS.sub(lambda found: f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}", text)
