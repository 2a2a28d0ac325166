"""SubRip: numbered cues with `Name: words`. It has no escapes, so what players read as markup is replaced."""

from collections.abc import Iterable

from meetings.exports.cues import Cue, clock_of, cues_in_order, said_of

# Players obey `<i>` and `{\an8}`, and `-->` starts a cue: look-alikes keep the words and lose the meaning.
_LOOKALIKES = str.maketrans({"<": "‹", ">": "›", "{": "(", "}": ")"})


def subrip(cues: Iterable[Cue]) -> str:
    return "".join(_block(number, cue) for number, cue in enumerate(cues_in_order(cues), start=1))


def _block(number: int, cue: Cue) -> str:
    start, end = clock_of(cue.start_ms, separator=","), clock_of(cue.end_ms, separator=",")
    return f"{number}\n{start} --> {end}\n{said_of(cue).translate(_LOOKALIKES)}\n\n"
