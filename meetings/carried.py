"""Where one microphone's sound carries what another's owner said, as far as stored levels tell. Pure: numpy alone.

The live gate (`streaming/bleed/`) has to decide at once, by what was heard before. Here all is known: also what was
said after the passage tells how the one voice leaks into the other microphone.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from meetings.leak import (
    LEVEL_MS,
    MOST_LAG_LEVELS,
    SILENT_DBFS,
    SMOOTHED_LEVELS,
    Float32,
    Leak,
    Levels,
    Mask,
    OwnVoiceSettings,
    dbfs_of,
    known,
    leak_find,
    leaks_as,
    loudness,
    own_voice,
    smooth,
    with_decay,
)

Range = tuple[int, int]

CONTEXT_MS = 40_000  # before and behind a passage: what is looked at to find a leak
CONTEXT_LEVELS = CONTEXT_MS // LEVEL_MS
EARLY_LEVELS = 100 // LEVEL_MS  # word times are estimates
TAIL_LEVELS = 300 // LEVEL_MS  # a room goes on for so long
# Twice what the live gate asks for: there words are at stake, here what is not to be heard. Measured on headsets:
# tests/integration/test_carried_speech.py.
SETTINGS = OwnVoiceSettings(margin_db=6.0)


def carried(voices: Sequence[Levels], *, speaker: int, first: int, end: int) -> list[list[Range]]:
    """For each of `voices` the levels, within what the speaker says in the levels [first, end), that carry it.

    All are on one clock and of the same shape (n, N_BANDS). What its owner says louder than the leak explains is left
    out, and so is a microphone in which the speaker is not heard, or too little was heard to tell. The speaker's own
    is empty.
    """
    dbfs = [dbfs_of(each) for each in voices]
    loud = [smooth(loudness(known(each)), SMOOTHED_LEVELS) for each in dbfs]
    found: list[list[Range]] = []
    for number, own in enumerate(dbfs):
        others = [each for at, each in enumerate(loud) if at not in (number, speaker)]
        loudest = np.max([*others, np.full(len(own), SILENT_DBFS)], axis=0)
        leak = None if number == speaker else _leak(own, dbfs[speaker], loudest, first=first, end=end)
        found.append([] if leak is None else _places(own, dbfs[speaker], leak, first=first, end=end))
    return found


def _leak(own: Float32, other: Float32, loudest: Float32, *, first: int, end: int) -> Leak | None:
    """By what was said up to the passage's end, or else from its beginning on: people move."""
    pad = MOST_LAG_LEVELS
    n = len(own)
    padded = np.pad(other, ((pad, pad), (0, 0)), constant_values=np.nan)
    louder = np.pad(loudest, pad, constant_values=SILENT_DBFS)
    for start, stop in ((max(0, first - CONTEXT_LEVELS), end + pad), (first, end + CONTEXT_LEVELS)):
        stop = min(stop, n)
        leak = leak_find(own[start:stop], padded[start : stop + 2 * pad], louder[start : stop + 2 * pad])
        if isinstance(leak, Leak):
            return leak
    return None


def _places(own: Float32, other: Float32, leak: Leak, *, first: int, end: int) -> list[Range]:
    """The levels that hold the passage and no voice of the microphone's owner."""
    heard = with_decay(known(other))
    at = np.clip(np.arange(len(own)) - leak.lag_levels, 0, len(own) - 1)
    leaking = leaks_as(leak, heard[at], SETTINGS)
    is_own = own_voice(known(own), leaking, SETTINGS)
    start = max(0, first + leak.lag_levels - EARLY_LEVELS)
    stop = min(len(own), end + leak.lag_levels + TAIL_LEVELS)
    is_there = ~is_own & ~np.isnan(own[:, 0])
    return [(start + begin, start + last) for begin, last in _runs_of(is_there[start:stop])]


def _runs_of(mask: Mask) -> Iterator[Range]:
    edges = np.flatnonzero(np.diff(np.pad(mask.astype(np.int8), 1)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
