"""Hold samples back until it is known whose voice they are; give them on with another's voice silenced.

A voice is one's own wherever it is louder than what the others' voices, as they leak into this microphone, would make.
So where two speak at once both are kept, and what is doubtful is kept as well: nothing is silenced before a leak was
found (`meetings/leak.py`), and nobody who does not deliver is waited for.

What is decided follows from levels alone, which are stored with commits: a replay that has them decides the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from meetings.leak import (
    MOST_LAG_LEVELS,
    SILENT_DBFS,
    Leak,
    Mask,
    NoLeak,
    OwnVoiceSettings,
    dbfs_of,
    known,
    leaks_as,
    loudness,
    own_voice,
    with_decay,
)
from meetings.limits import LEVEL_SAMPLES
from streaming.audio.buffer import SampleBuffer
from streaming.audio.pcm import Float32
from streaming.bleed.pairs import Found, Leaks, Voice, Voices


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSettings(OwnVoiceSettings):
    """Durations are in levels of 20 ms."""

    quiet_dbfs: float = -62.0  # below it nobody is heard to speak
    arrival: int = 30  # how far one's own audio may run ahead of another's before it is not waited for any more
    absent: int = 50  # whoever is so far behind delivers nothing at present
    learning: int = 30  # how long samples wait for a second leak, while another is louder; for the first nobody waits
    step: int = 25  # so many levels have one leak


SETTINGS = GateSettings()


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
        self._leaks = Leaks(voices)

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
        window = self._window(first, end)
        if not any(isinstance(leak, Leak) for leaks in window.leaks for leak in leaks):
            return [self._give(self._buffer.end, is_foreign=False)]
        is_foreign = self._judged(window, end - first, is_last=is_last)
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

    def _window(self, first: int, end: int) -> "_Window":
        """The levels around [first, end) by which those are judged, and whose voices may be in them."""
        settings = self._settings
        start = first - self._context
        stop = max(end, min(self._voices.own.end, end + settings.learning))
        others = [each for each in self._voices.others() if each.end > first - settings.absent]
        others = self._leaks.near(start, stop, others) if others else []
        steps = range(start - start % settings.step, stop, settings.step)
        leaks = [[self._leaks.at(at, each, others) for at in steps] for each in others]
        return _Window(start=start, stop=stop, steps=steps, others=others, leaks=leaks)

    @property
    def _context(self) -> int:
        return self._settings.after + self._settings.smoothed + self._settings.run

    def _judged(self, window: "_Window", n: int, *, is_last: bool) -> Mask:
        """Whether each of the `n` levels behind the context is another's voice, as far as that is decided."""
        settings = self._settings
        own = known(dbfs_of(self._voices.own.between(window.start, window.stop)))
        is_quiet = loudness(own) < settings.quiet_dbfs
        leaking, is_open = self._leaking(window, own)
        is_own = own_voice(own, leaking, settings, doubtful=is_open)
        is_foreign = ~is_own & (leaking[:, 0] > SILENT_DBFS)
        numbers = np.arange(window.start, window.stop)
        is_early = is_foreign & (numbers + settings.before + settings.smoothed // 2 >= window.stop)
        waits = (is_early | (is_open & ~is_own)) & ~is_quiet
        here = slice(self._context, self._context + n)
        if is_last or not waits[here].any():
            return is_foreign[here]
        return is_foreign[here][: int(np.argmax(waits[here]))]

    def _leaking(self, window: "_Window", own: Float32) -> tuple[Float32, Mask]:
        """(what the others' voices may leave here, in dBFS; whether that may still change)."""
        settings, start, stop = self._settings, window.start, window.stop
        leaking = np.full(own.shape, SILENT_DBFS)
        is_open = np.zeros(stop - start, dtype=bool)
        own_or_quiet = np.maximum(loudness(own), settings.quiet_dbfs)
        for other, leaks in zip(window.others, window.leaks, strict=True):
            if all(isinstance(leak, NoLeak) for leak in leaks):
                continue
            levels = known(dbfs_of(other.between(start - MOST_LAG_LEVELS, stop + MOST_LAG_LEVELS)))
            loud = loudness(levels)
            if loud.max() < settings.quiet_dbfs and other.end >= stop:
                continue
            heard = with_decay(levels)
            for at, leak in zip(window.steps, leaks, strict=True):
                if isinstance(leak, NoLeak):
                    continue
                numbers = np.arange(max(at, start), min(at + settings.step, stop))
                if leak is None:
                    is_louder = loud[numbers - start + MOST_LAG_LEVELS] > own_or_quiet[numbers - start]
                    until = min(at + settings.learning, stop)
                    numbers, leak = numbers[is_louder], self._leaks.soon(at, other, window.others, until=until)
                places, ahead = numbers - start, stop - numbers
                if leak is None:
                    is_open[places] |= ahead <= settings.learning
                    continue
                voice = heard[places + MOST_LAG_LEVELS - leak.lag_levels]
                leaking[places] = np.maximum(leaking[places], leaks_as(leak, voice, settings))
                is_open[places] |= (numbers - leak.lag_levels >= other.end) & (ahead <= settings.arrival)
        return leaking, is_open


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    """Levels [start, stop); of each of `others` what leaks from each of `steps` on."""

    start: int
    stop: int
    steps: range
    others: Sequence[Voice]
    leaks: Sequence[Sequence[Found]]
