"""How one voice leaks into another's microphone: how much later, and how much weaker. From levels alone.

While only the one speaks, the other's microphone follows it at a fixed distance. So the two are compared where the one
is the loudest of all for a while, at each lag that two clocks and a room may make of it. A leak is there if they rise
and fall together at one lag and not at the others.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from meetings.levels import FULL, NOT_HEARD, STEPS_A_DB
from meetings.limits import LEVEL_SAMPLES, SAMPLES_PER_MS

Float32 = npt.NDArray[np.float32]
Levels = npt.NDArray[np.uint8]  # shape (n, N_BANDS)
Mask = npt.NDArray[np.bool_]
LEVEL_MS = LEVEL_SAMPLES // SAMPLES_PER_MS
DBFS: Float32 = ((np.arange(FULL + 1) - FULL) / STEPS_A_DB).astype(np.float32)
DBFS[NOT_HEARD] = np.nan
SILENT_DBFS = np.float32(-130.0)
LEAST_POWER = np.float32(1e-13)
MOST_LAG_LEVELS = 300 // LEVEL_MS
DECAY_DB = np.float32(1.8)  # a level; a room takes more than half a second to fall silent
QUIETEST_VOICE_DBFS = -62.0
ABOVE_FLOOR_DB = 6.0  # what is audible
ACTIVE_RANGE_DB = 25.0  # below its loudest syllables a voice is no measure
SMOOTHED_LEVELS = 7  # what is compared to say who is louder: a syllable
CLEARLY_WEAKER_DB = 1.0
LEAST_RUN_LEVELS = 8  # the gaps between one's own syllables are shorter
# The most recent so many levels in which the other one spoke: the shorter ones find a leak sooner, and anew when people
# move; the longer ones find one that is faint. Measured on read speech in rooms, and on pairs that share no room.
LOOKED_AT_LEVELS = (400, 200, 75)
LEAST_LEVELS = 60
ENOUGH_LEVELS = 200  # to say that there is none
LONG_LEVELS = 1000  # who is heard for so long and hardly ever weaker than the one who leads has a voice of one's own
LEAST_CORRELATION, LEAST_CONTRAST, MOST_SPREAD_DB = 0.55, 0.25, 5.5
NEAR_LAGS = 4  # lags beside the best are alike: what counts is how much better it is than the others
MOSTLY = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Leak:
    """What is heard `lag_levels` later; shapes are (n_bands,)."""

    lag_levels: int
    gain_db: Float32  # negative where it is weaker
    floor_dbfs: Float32  # of the microphone that hears it


@dataclass(frozen=True, slots=True)
class NoLeak:
    """Enough was heard to say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnVoiceSettings:
    """When a voice is one's own, although another leaks into the microphone. Durations are in levels of 20 ms."""

    margin_db: float = 3.0  # by how much it is above what leaks, as a mean of the bands,
    least_db: float = -6.0  # of which none counts for less
    most_db: float = 15.0  # or more than this
    above_floor_db: float = 3.0
    smoothed: int = 5  # levels that are judged as one
    run: int = 4  # so many in a row are a voice, not a click
    before: int = 12  # what is kept before a voice of one's own,
    after: int = 12  # and after it


def dbfs_of(levels: Levels) -> Float32:
    """NaN where nothing was heard."""
    dbfs: Float32 = DBFS[levels]
    return dbfs


def known(dbfs: Float32) -> Float32:
    """What was not heard is silent."""
    return np.where(np.isnan(dbfs), SILENT_DBFS, dbfs)


def with_decay(dbfs: Float32) -> Float32:
    """What a room makes of a voice, along the first axis: it falls no faster than the room does. No NaN in `dbfs`."""
    fallen = (DECAY_DB * np.arange(len(dbfs), dtype=np.float32)).reshape(-1, *[1] * (dbfs.ndim - 1))
    decayed: Float32 = np.maximum.accumulate(dbfs + fallen, axis=0) - fallen
    return decayed


def loudness(dbfs: Float32) -> Float32:
    """Of all bands together: shape (n, n_bands) gives (n,)."""
    together: Float32 = (10 * np.log10((10 ** (dbfs / 10)).sum(axis=-1))).astype(np.float32)
    return together


def together(one: Float32, other: Float32) -> Float32:
    """Two sounds at once."""
    sum_dbfs: Float32 = 10 * np.log10(10 ** (one / 10) + 10 ** (other / 10))
    return sum_dbfs


def smooth(dbfs: Float32, n: int) -> Float32:
    """Mean power of `n` levels around each, along the first axis; beyond the ends is silence. No NaN in `dbfs`."""
    n_levels = len(dbfs)
    power = np.zeros((n_levels + n - 1, *dbfs.shape[1:]), dtype=np.float32)
    power[n // 2 : n // 2 + n_levels] = 10 ** (dbfs / 10)
    total = power[:n_levels].copy()
    for offset in range(1, n):
        total += power[offset : offset + n_levels]
    smoothed: Float32 = 10 * np.log10(np.maximum(total / n, LEAST_POWER))
    return smoothed


def runs(mask: Mask, n: int) -> Mask:
    """Where it holds for `n` in a row at least, along the last axis."""
    n_begins = mask.shape[-1] - n + 1
    found = np.zeros_like(mask)
    if n_begins <= 0:
        return found
    begins = mask[..., :n_begins].copy()
    for offset in range(1, n):
        begins &= mask[..., offset : offset + n_begins]
    for offset in range(n):
        found[..., offset : offset + n_begins] |= begins
    return found


def leaks_as(leak: Leak, voice: Float32, settings: OwnVoiceSettings) -> Float32:
    """What a microphone has of `voice`, in dBFS: that, with its decay, so much weaker, and what is always there."""
    floor = leak.floor_dbfs + np.float32(settings.above_floor_db)
    return together(voice + leak.gain_db, floor)


def own_voice(own: Float32, leaking: Float32, settings: OwnVoiceSettings, *, doubtful: Mask | None = None) -> Mask:
    """Where a microphone's owner speaks, given what others leave there; both of shape (n, n_bands), without NaN."""
    above_db = np.clip(smooth(own, settings.smoothed) - leaking, settings.least_db, settings.most_db).mean(axis=1)
    is_above = above_db > settings.margin_db
    if doubtful is not None:
        is_above &= ~doubtful
    return _spread(runs(is_above, settings.run), before=settings.before, after=settings.after)


def _spread(mask: Mask, *, before: int, after: int) -> Mask:
    """Where it holds, or held `after` levels ago at most, or will within `before`."""
    ones = np.convolve(mask, np.ones(before + after + 1))
    spread: Mask = ones[before : before + mask.size] > 0
    return spread


def leak_find(own: Float32, other: Float32, loudest: Float32) -> Leak | NoLeak | None:
    """Whether and how `other` is heard in `own`, of shape (n, n_bands). None: not enough was heard to tell.

    `other` has shape (n + 2 * MOST_LAG_LEVELS, n_bands), `loudest` as many levels: as much more at both ends. `loudest`
    is how loud the loudest of all others is, smoothed. NaN in `own` and `other` is what was not heard.
    """
    is_heard = ~np.isnan(own[:, 0])
    n_heard = int(np.count_nonzero(is_heard))
    if n_heard < LEAST_LEVELS:
        return None
    owns, voices = loudness(known(own)), loudness(known(other))
    smoothed = smooth(voices, SMOOTHED_LEVELS)
    least = max(float(np.percentile(voices, 97)) - ACTIVE_RANGE_DB, QUIETEST_VOICE_DBFS)
    leads = (smoothed > least) & (smoothed >= loudest)
    if np.count_nonzero(leads) < LEAST_LEVELS:
        return None
    speaks = sliding_window_view(leads, owns.size)[::-1]
    weaker = smooth(owns, SMOOTHED_LEVELS) < sliding_window_view(smoothed, owns.size)[::-1] - CLEARLY_WEAKER_DB
    usable = runs(speaks & weaker, LEAST_RUN_LEVELS)  # row i is lag i - MOST_LAG_LEVELS
    most = int(np.count_nonzero(usable, axis=1).max())
    if most < LEAST_LEVELS:
        return NoLeak() if n_heard >= LONG_LEVELS else None
    places = np.flatnonzero(usable.any(axis=0))  # few of all: nothing else is compared
    usable = usable[:, places]
    floors: Float32 = np.percentile(own[is_heard], 10, axis=0).astype(np.float32)
    floor = np.float32(loudness(floors) + ABOVE_FLOOR_DB)
    audible = np.maximum(owns[places], floor)
    others = sliding_window_view(with_decay(voices), owns.size)[::-1][:, places]
    n_after = usable[:, ::-1].cumsum(axis=1)[:, ::-1]
    for n_levels in LOOKED_AT_LEVELS:
        recent = usable & (n_after <= n_levels)
        if (lag := _lag(audible, others, recent, floor)) is not None:
            here = places[recent[lag + MOST_LAG_LEVELS]]
            heard = with_decay(known(other))[here + MOST_LAG_LEVELS - lag]
            gain = np.median(np.maximum(known(own[here]), floors) - heard, axis=0).astype(np.float32)
            return Leak(lag_levels=lag, gain_db=gain, floor_dbfs=floors)
    return NoLeak() if most >= ENOUGH_LEVELS or n_heard >= LONG_LEVELS else None


def _lag(own: Float32, others: Float32, usable: Mask, floor: np.float32) -> int | None:
    """Where `own` follows the other clearly; each row of `others` and `usable` is a lag."""
    n = usable.sum(axis=1)
    if not (n >= LEAST_LEVELS).any():
        return None
    correlations = np.where(n >= LEAST_LEVELS, _correlations(own, others, usable.astype(np.float32)), np.nan)
    best = int(np.nanargmax(correlations))
    here = usable[best]
    far = correlations[np.abs(np.arange(correlations.size) - best) > NEAR_LAGS]
    contrast = correlations[best] - (np.nanmedian(far) if not np.isnan(far).all() else 0)
    distance = (own - others[best])[here]
    spread = 1.48 * float(np.median(np.abs(distance - np.median(distance))))
    is_clear = correlations[best] >= LEAST_CORRELATION and contrast >= LEAST_CONTRAST and spread <= MOST_SPREAD_DB
    return best - MOST_LAG_LEVELS if is_clear and (own[here] > floor).mean() >= MOSTLY else None


def _correlations(own: Float32, others: Float32, usable: Float32) -> Float32:
    """Of each row, over its usable levels."""
    n = np.maximum(usable.sum(axis=1), 1)[:, None]
    of_own = (own - (usable @ own)[:, None] / n) * usable
    of_others = (others - (others * usable).sum(axis=1)[:, None] / n) * usable
    scale = np.sqrt(np.square(of_own).sum(axis=1) * np.square(of_others).sum(axis=1))
    found: Float32 = (of_own * of_others).sum(axis=1) / np.maximum(scale, 1e-6)
    return found
