"""Hold samples back until it is known whose voice they are; give them on with another's voice silenced.

A voice is one's own wherever it is louder than what the others' voices, as they leak into this microphone, would make.
So where two speak at once both are kept, and what is doubtful is kept as well: nothing is silenced before a leak was
found (`leak.py`), and nobody who does not deliver is waited for.

What is decided follows from levels alone, which are stored with commits: a replay that has them decides the same.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol

import numpy as np

from meetings.levels import N_BANDS
from meetings.limits import LEVEL_SAMPLES
from streaming.audio.buffer import SampleBuffer
from streaming.audio.pcm import Float32
from streaming.bleed.leak import (
    MOST_LAG_LEVELS,
    SILENT_DBFS,
    SMOOTHED_LEVELS,
    Leak,
    Mask,
    NoLeak,
    known,
    leak_find,
    loudness,
    runs,
    smooth,
    together,
    with_decay,
)
from streaming.bleed.levels import Levels, dbfs_of


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSettings:
    """Durations are in levels of 20 ms."""

    quiet_dbfs: float = -62.0  # below it nobody is heard to speak
    margin_db: float = 3.0  # by how much a voice of one's own is above what leaks, as a mean of the bands,
    least_db: float = -6.0  # of which none counts for less
    most_db: float = 15.0  # or more than this
    above_floor_db: float = 3.0
    smoothed: int = 5  # levels that are judged as one
    run: int = 4  # so many in a row are a voice, not a click
    before: int = 12  # what is kept before a voice of one's own,
    after: int = 12  # and after it
    arrival: int = 30  # how far one's own audio may run ahead of another's before it is not waited for any more
    absent: int = 50  # whoever is so far behind delivers nothing at present
    learning: int = 20  # how long samples wait for a leak to be found, while another is louder
    step: int = 25  # a leak is looked for anew in this distance,
    history: int = 2_000  # in so much of what was heard before,
    memory: int = 1_000  # and one that was found so long ago is still there;
    seldom: int = 250  # that is looked up in this distance
    many: int = 4  # of so many others
    turns: int = 8  # each is compared in one of so many steps only
    apart: int = 250  # for so long two who share no room are not compared again


SETTINGS = GateSettings()


NOT_YET = np.full((MOST_LAG_LEVELS, N_BANDS), np.nan, dtype=np.float32)
SILENT = np.full(MOST_LAG_LEVELS, SILENT_DBFS)
MOST_LEAKS = 1_000  # that are remembered


class Voice(Protocol):
    """One session's levels, numbered as those of the session that listens to it."""

    @property
    def key(self) -> Hashable: ...

    @property
    def end(self) -> int: ...

    def between(self, first: int, end: int) -> Levels: ...


class Voices(Protocol):
    """The levels of this session, and of the others in the room."""

    @property
    def own(self) -> Voice: ...

    def others(self) -> Sequence[Voice]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """Samples from `position` on. `foreign` is what another's voice left here, which `samples` do not hold any more."""

    position: int
    samples: Float32 = field(repr=False, compare=False)
    foreign: Float32 | None = field(default=None, repr=False, compare=False)


class BleedGate:
    """Gives all samples on in order, each once."""

    def __init__(self, position: int, voices: Voices, settings: GateSettings = SETTINGS) -> None:
        self._voices = voices
        self._settings = settings
        self._buffer = SampleBuffer(position)
        self._leaks: dict[tuple[Hashable, int], Leak | NoLeak | None] = {}
        self._loud: tuple[Hashable, Float32] = (None, SILENT)  # of what, and how loud each of the others is

    @property
    def end(self) -> int:
        """Position of what comes next."""
        return self._buffer.end

    def feed(self, samples: Float32) -> None:
        self._buffer.append(samples)

    def restart(self, position: int) -> None:
        """Go on behind a skip. Nothing is held."""
        self._buffer.restart(position)

    def release(self, *, is_last: bool = False) -> list[Released]:
        """All that is decided, or, if nothing follows for now, all there is."""
        first, end = self._buffer.start // LEVEL_SAMPLES, -(-self._buffer.end // LEVEL_SAMPLES)
        if first == end:
            return []
        others = [each for each in self._voices.others() if each.end > first - self._settings.absent]
        if not others:
            return [self._give(self._buffer.end, is_foreign=False)]
        others = self._near(first, end, others)
        if not others:
            return [self._give(self._buffer.end, is_foreign=False)]
        is_foreign = self._judged(first, end, others, is_last=is_last)
        released: list[Released] = []
        edges = [0, *(np.flatnonzero(np.diff(is_foreign.astype(np.int8))) + 1).tolist(), is_foreign.size]
        for start, stop in pairwise(edges):
            if start < stop:
                until = min((first + stop) * LEVEL_SAMPLES, self._buffer.end)
                released.append(self._give(until, is_foreign=bool(is_foreign[start])))
        return released

    def _give(self, until: int, *, is_foreign: bool) -> Released:
        position = self._buffer.start
        samples = self._buffer.view(position, until).copy()
        self._buffer.forget(until)
        foreign = samples if is_foreign else None
        given = np.zeros_like(samples) if is_foreign else samples
        return Released(position=position, samples=given, foreign=foreign)

    def _near(self, first: int, end: int, others: Sequence[Voice]) -> list[Voice]:
        """Those whose voice may be in this microphone. Of most pairs it is known for a while that it is not."""
        settings = self._settings
        start, stop = first - self._context, end + settings.learning
        parts = range(start // settings.apart, stop // settings.apart + 1)
        return [
            each
            for each in others
            if not all(isinstance(self._leak_at(each, part * settings.apart, others), NoLeak) for part in parts)
        ]

    @property
    def _context(self) -> int:
        return self._settings.after + self._settings.smoothed + self._settings.run

    def _judged(self, first: int, end: int, others: Sequence[Voice], *, is_last: bool) -> Mask:
        """Whether each level from `first` on is another's voice, as far as that is decided."""
        settings = self._settings
        context = self._context
        start, stop = first - context, max(end, min(self._voices.own.end, end + settings.learning))
        own = known(dbfs_of(self._voices.own.between(start, stop)))
        is_quiet = loudness(own) < settings.quiet_dbfs
        leaking, is_open = self._leaking(start, stop, own, others)
        above_db = np.clip(smooth(own, settings.smoothed) - leaking, settings.least_db, settings.most_db).mean(axis=1)
        is_own = _spread(
            runs((above_db > settings.margin_db) & ~is_open, settings.run), before=settings.before, after=settings.after
        )
        is_foreign = ~is_own & (leaking[:, 0] > SILENT_DBFS)
        numbers = np.arange(start, stop)
        is_early = is_foreign & (numbers + settings.before + settings.smoothed // 2 >= stop)
        waits = (is_early | (is_open & ~is_own)) & ~is_quiet
        here = slice(context, context + end - first)
        if is_last or not waits[here].any():
            return is_foreign[here]
        return is_foreign[here][: int(np.argmax(waits[here]))]

    def _leaking(self, start: int, stop: int, own: Float32, others: Sequence[Voice]) -> tuple[Float32, Mask]:
        """(what the others' voices may leave here, in dBFS; whether that may still change)."""
        settings = self._settings
        leaking = np.full(own.shape, SILENT_DBFS)
        is_open = np.zeros(stop - start, dtype=bool)
        own_or_quiet = np.maximum(loudness(own), settings.quiet_dbfs)
        for other in others:
            levels = known(dbfs_of(other.between(start - MOST_LAG_LEVELS, stop + MOST_LAG_LEVELS)))
            heard: Float32 | None = None  # with what a room makes of it; most pairs share none
            loud = loudness(levels)
            if loud.max() < settings.quiet_dbfs and other.end >= stop:
                continue
            for at in range(start - start % settings.step, stop, settings.step):
                leak = self._leak(other, at, others)
                if isinstance(leak, NoLeak):
                    continue
                numbers = np.arange(max(at, start), min(at + settings.step, stop))
                if leak is None:
                    is_louder = loud[numbers - start + MOST_LAG_LEVELS] > own_or_quiet[numbers - start]
                    numbers, leak = numbers[is_louder], self._leak_soon(other, at, stop, others)
                places, ahead = numbers - start, stop - numbers
                if leak is None:
                    is_open[places] |= ahead <= settings.learning
                    continue
                heard = with_decay(levels) if heard is None else heard
                voice = heard[places + MOST_LAG_LEVELS - leak.lag_levels]
                least = together(voice + leak.gain_db, leak.floor_dbfs + np.float32(settings.above_floor_db))
                leaking[places] = np.maximum(leaking[places], least)
                is_open[places] |= (numbers - leak.lag_levels >= other.end) & (ahead <= settings.arrival)
        return leaking, is_open

    def _leak(self, other: Voice, at: int, others: Sequence[Voice]) -> Leak | NoLeak | None:
        """As it is known at level `at`, or was found some time before."""
        now, seldom = self._leak_at(other, at, others), self._settings.seldom
        if isinstance(now, Leak):
            return now
        for before in range((at - 1) // seldom * seldom, at - self._settings.memory, -seldom):
            if isinstance(found := self._leak_at(other, before, others), Leak):
                return found
        return now

    def _leak_soon(self, other: Voice, at: int, stop: int, others: Sequence[Voice]) -> Leak | None:
        """The first one that is found while samples wait for it."""
        step = self._settings.step
        for after in range(at + step, min(at + self._settings.learning, stop) + 1, step):
            if isinstance(found := self._leak_at(other, after, others), Leak):
                return found
        return None

    def _leak_at(self, other: Voice, at: int, others: Sequence[Voice]) -> Leak | NoLeak | None:
        step = self._settings.step
        turns = self._settings.turns if len(others) >= self._settings.many else 1
        # Each in its turn, so that costs do not grow with who is here. Keys are UUIDs, whose hash never differs.
        at -= (at // step - hash(other.key)) % turns * step
        key = (other.key, at)
        if key in self._leaks or at <= 0:
            return self._leaks.get(key)
        if other.end < at:  # it is on its way: until then what was known before counts
            return self._leaks.get((other.key, at - turns * step))
        start = max(0, at - self._settings.history)
        # What was said after `at` may be here already or not: it plays no part.
        own = dbfs_of(self._voices.own.between(start, at))
        heard = dbfs_of(other.between(start - MOST_LAG_LEVELS, at))
        loudest = np.concatenate([self._loudest_but(other, start, at, others), SILENT])
        leak = self._leaks[key] = leak_find(own, np.concatenate([heard, NOT_YET]), loudest)
        if len(self._leaks) > MOST_LEAKS:
            del self._leaks[next(iter(self._leaks))]
        return leak

    def _loudest_but(self, other: Voice, start: int, at: int, others: Sequence[Voice]) -> Float32:
        """How loud the loudest of all others but this one is, from MOST_LAG_LEVELS before `start` up to `at`."""
        keys = tuple(each.key for each in others)
        if self._loud[0] != (keys, at, min(each.end for each in others)):
            loud = [
                smooth(loudness(known(dbfs_of(each.between(start - MOST_LAG_LEVELS, at)))), SMOOTHED_LEVELS)
                for each in others
            ]
            silent = np.full(at - start + MOST_LAG_LEVELS, SILENT_DBFS)
            self._loud = ((keys, at, min(each.end for each in others)), np.stack([*loud, silent]))
        rows = [row for row, key in enumerate((*keys, None)) if key != other.key]
        loudest: Float32 = self._loud[1][rows].max(axis=0)
        return loudest


def _spread(mask: Mask, *, before: int, after: int) -> Mask:
    """Where it holds, or held `after` levels ago at most, or will within `before`."""
    ones = np.convolve(mask, np.ones(before + after + 1))
    spread: Mask = ones[before : before + mask.size] > 0
    return spread
