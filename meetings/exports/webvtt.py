"""WebVTT (https://www.w3.org/TR/webvtt1/): one cue per segment with its id, the speaker as a voice span."""

from collections.abc import Iterable

from meetings.exports.cues import Cue, clock_of, cues_in_order

HEADER = "WEBVTT\n\n"

# All three: `>` ends an annotation and makes `-->` start a cue, `<` opens a tag, `&` a character reference.
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def cue_block(cue: Cue) -> str:
    """One cue with its blank line, for a file as for a live tail. Expects an ordered, cleaned cue."""
    start, end = clock_of(cue.start_ms, separator="."), clock_of(cue.end_ms, separator=".")
    text = cue.text.translate(_ESCAPES)
    if cue.speaker is not None:
        text = f"<v {cue.speaker.translate(_ESCAPES)}>{text}</v>"
    return f"{cue.id}\n{start} --> {end}\n{text}\n\n"


def webvtt(cues: Iterable[Cue]) -> str:
    return HEADER + "".join(cue_block(cue) for cue in cues_in_order(cues))
