"""What every format shows of a segment or a loss: when, who, and one clean line of text."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

NAMELESS = "Speaker"
REDACTED = "[redacted]"

# Embeddings, overrides and isolates reorder all that follows on the line, so a name could rewrite what was
# said. The marks (U+200E, U+200F) and joiners only touch their neighbours, and real scripts need them.
_REORDERING = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
# The last two are no characters, and no XML may hold them.
_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]+")

Kind = Literal["said", "redacted", "lost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """`speaker` is None where nobody speaks (the text tells of the transcript itself), or is not to be named.

    `speaker_id` tells speakers of one name apart. `language` may be empty: unknown.
    """

    id: str
    start_ms: int
    end_ms: int
    speaker: str | None
    text: str
    speaker_id: str = ""
    language: str = ""
    kind: Kind = "said"


def line_of(text: str) -> str:
    """The text as one line for any UTF-8 reader: no line breaks, controls, lone surrogates or reordering."""
    line = text.translate(_REORDERING).encode("utf-8", "replace").decode("utf-8")
    return _BREAKS.sub(" ", line).strip()


def redacted_words(text: str) -> str:
    """What is shown of a redacted line: what is left of it, if a passage was cut out of it; else only that it was."""
    return text if REDACTED in text else REDACTED


def speaker_of(display_name: str) -> str:
    """A name that shows: one made of nothing visible would leave its words without an owner."""
    line = line_of(display_name)
    is_visible = any(unicodedata.category(character)[0] not in "CZM" for character in line)
    return line if is_visible else NAMELESS


def cues_in_order(cues: Iterable[Cue]) -> list[Cue]:
    """Cues with words, by start; the end is after the start, as WebVTT demands."""
    shown = [
        replace(
            cue,
            start_ms=max(0, cue.start_ms),
            end_ms=max(cue.end_ms, max(0, cue.start_ms) + 1),
            speaker=None if cue.speaker is None else speaker_of(cue.speaker),
            text=text,
        )
        for cue in cues
        if (text := line_of(cue.text))
    ]
    return sorted(shown, key=lambda cue: (cue.start_ms, cue.end_ms, cue.id))


def said_of(cue: Cue) -> str:
    """For formats that have no other place for a name."""
    return cue.text if cue.speaker is None else f"{cue.speaker}: {cue.text}"


def clock_of(at_ms: int, *, separator: str) -> str:
    """`HH:MM:SS` + separator + milliseconds; hours grow beyond two digits where a meeting does."""
    return f"{seconds_clock_of(at_ms)}{separator}{at_ms % 1_000:03}"


def seconds_clock_of(at_ms: int) -> str:
    """`HH:MM:SS`."""
    minutes, seconds = divmod(at_ms // 1_000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}"


def is_right_to_left(text: str) -> bool:
    """By its first letter that has a direction, as browsers judge `dir="auto"`."""
    directions = (unicodedata.bidirectional(character) for character in text)
    return next((each != "L" for each in directions if each in ("L", "R", "AL")), False)
