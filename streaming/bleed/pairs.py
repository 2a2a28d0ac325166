"""Whose voice leaks into one microphone, as far as that was known at each time. Pure."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from meetings.leak import (
    MOST_LAG_LEVELS,
    SILENT_DBFS,
    SMOOTHED_LEVELS,
    Leak,
    Levels,
    NoLeak,
    dbfs_of,
    known,
    leak_find,
    loudness,
    smooth,
)
from meetings.levels import N_BANDS
from streaming.audio.pcm import Float32

Found = Leak | NoLeak | None


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
class PairSettings:
    """Durations are in levels of 20 ms."""

    step: int = 25  # a leak is looked for anew in this distance,
    history: int = 2_000  # in so much of what was heard before,
    memory: int = 1_000  # and one that was found so long ago is still there;
    seldom: int = 250  # that is looked up in this distance
    many: int = 4  # of so many others
    turns: int = 8  # each is compared in one of so many steps only
    apart: int = 250  # for so long two who share no room are not compared again
    kept: int = 100  # results for each pair


PAIR_SETTINGS = PairSettings()
NOT_YET = np.full((MOST_LAG_LEVELS, N_BANDS), np.nan, dtype=np.float32)
SILENT = np.full(MOST_LAG_LEVELS, SILENT_DBFS)


@dataclass(slots=True)
class _Pair:
    """What the microphone has of one voice, by level number: `found` there, and `known` there from before as well."""

    turn: int
    found: dict[int, Found] = field(default_factory=dict)
    known: dict[int, Found] = field(default_factory=dict)


class Leaks:
    """Of one microphone. What was known at a level never depends on what was said after it."""

    def __init__(self, voices: Voices, settings: PairSettings = PAIR_SETTINGS) -> None:
        self._voices = voices
        self._settings = settings
        self._pairs: dict[Hashable, _Pair] = {}
        self._loud: tuple[Hashable, Float32] = (None, SILENT)  # of what, and how loud each of the others is

    def near(self, start: int, stop: int, others: Sequence[Voice]) -> list[Voice]:
        """Those whose voice may be here in the levels [start, stop). Of most it is known for a while that it is not."""
        apart = self._settings.apart
        parts = range(start // apart * apart, stop + 1, apart)
        return [
            each
            for each in others
            if not all(isinstance(self._found(self._due(part, each, others), each, others), NoLeak) for part in parts)
        ]

    def at(self, level: int, other: Voice, others: Sequence[Voice]) -> Found:
        """As it is known there, or was found some time before. `others`: whoever may be heard, this one among them."""
        due, pair = self._due(level, other, others), self._pair(other)
        if due in pair.known:
            return pair.known[due]
        leak = now = self._found(due, other, others)
        if not isinstance(now, Leak):
            seldom = self._settings.seldom
            for before in range((due - 1) // seldom * seldom, due - self._settings.memory, -seldom):
                if isinstance(found := self._found(self._due(before, other, others), other, others), Leak):
                    leak = found
                    break
        if other.end >= due:
            _keep(pair.known, due, leak, most=self._settings.kept)
        return leak

    def soon(self, level: int, other: Voice, others: Sequence[Voice], *, until: int) -> Leak | None:
        """The first one that is found behind `level`, up to `until`."""
        step = self._settings.step
        for after in range(level + step, until + 1, step):
            if isinstance(found := self._found(self._due(after, other, others), other, others), Leak):
                return found
        return None

    def _due(self, level: int, other: Voice, others: Sequence[Voice]) -> int:
        """Where the two were compared last: in a large room in their turn, so that costs do not grow with it."""
        if len(others) < self._settings.many:
            return level
        step = self._settings.step
        return level - (level // step - self._pair(other).turn) % self._settings.turns * step

    def _found(self, due: int, other: Voice, others: Sequence[Voice]) -> Found:
        """By what was heard before `due`; while that is on its way, what was known before counts."""
        found = self._pair(other).found
        if due in found or due <= 0:
            return found.get(due)
        if other.end < due:
            is_large = len(others) >= self._settings.many
            return found.get(due - (self._settings.turns if is_large else 1) * self._settings.step)
        start = max(0, due - self._settings.history)
        # What was said after `due` may be here already or not: it plays no part.
        own = dbfs_of(self._voices.own.between(start, due))
        heard = dbfs_of(other.between(start - MOST_LAG_LEVELS, due))
        loudest = np.concatenate([self._loudest_but(other, start, due, others), SILENT])
        leak = leak_find(own, np.concatenate([heard, NOT_YET]), loudest)
        _keep(found, due, leak, most=self._settings.kept)
        return leak

    def _loudest_but(self, other: Voice, start: int, end: int, others: Sequence[Voice]) -> Float32:
        """How loud the loudest of all others but this one is, from MOST_LAG_LEVELS before `start` up to `end`."""
        keys = tuple(each.key for each in others)
        of = (keys, end, min(each.end for each in others))
        if self._loud[0] != of:
            loud = [
                smooth(loudness(known(dbfs_of(each.between(start - MOST_LAG_LEVELS, end)))), SMOOTHED_LEVELS)
                for each in others
            ]
            self._loud = (of, np.stack([*loud, np.full(end - start + MOST_LAG_LEVELS, SILENT_DBFS)]))
        rows = [row for row, key in enumerate((*keys, None)) if key != other.key]
        loudest: Float32 = self._loud[1][rows].max(axis=0)
        return loudest

    def _pair(self, other: Voice) -> _Pair:
        pair = self._pairs.get(other.key)
        if pair is None:  # keys are UUIDs, whose hash never differs
            pair = self._pairs[other.key] = _Pair(turn=hash(other.key) % self._settings.turns)
        return pair


def _keep(found: dict[int, Found], level: int, leak: Found, *, most: int) -> None:
    found[level] = leak
    if len(found) > most:
        del found[next(iter(found))]
