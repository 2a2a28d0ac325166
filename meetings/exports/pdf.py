"""PDF by Typst, which shapes every script and lays out right to left. Which fonts it has: docs/exports.md."""

import json
import re
import subprocess
import sys
from pathlib import Path

from meetings.exports.cues import is_right_to_left, seconds_clock_of
from meetings.exports.letter_forms import family_of, family_of_all
from meetings.exports.paragraphs import Reading

_PROGRAM = Path(__file__).with_name("typeset.py")
MOST_S = 240  # 20,000 lines take 4 seconds of CPU
# A word as wide as the page would run over its edge: an invisible place to break.
_LONG = re.compile(r"(\S{40})(?=\S{10})")
_MAY_BREAK = "\u200b"


def pdf(read: Reading) -> bytes:
    """Raises OSError, CalledProcessError, TimeoutExpired; none of them quotes what was said."""
    family = family_of_all(line.language for line in read.lines)
    content = {
        "title": _breakable(read.title),
        "family": family,
        "day": read.day,
        "lines": [
            {
                "at": seconds_clock_of(line.start_ms) if read.has_timestamps else "",
                "speaker": _breakable(line.speaker or ""),
                "text": _breakable(line.text),
                "kind": line.kind,
                "is_rtl": is_right_to_left(line.text),
                "family": family_of(line.language) or family,
            }
            for line in read.lines
        ],
    }
    made = subprocess.run(  # noqa: S603 - our own program; what people said is its input only
        [sys.executable, "-I", str(_PROGRAM)],
        input=json.dumps(content).encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=MOST_S,
        check=True,
    )
    return made.stdout


def _breakable(text: str) -> str:
    return _LONG.sub(rf"\1{_MAY_BREAK}", text)
