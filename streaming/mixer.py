"""Mix the voices of a room: aligned on the meeting clock, for each listener without the listener's own voice. Pure.

Positions are meeting time in samples at 16 kHz. Every voice is played a little later than it was captured, by its own
`PlayoutDelay`. What has not come by then is concealed: the last block fades away within 60 ms.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

import numpy as np

from meetings.limits import SAMPLES_PER_MS
from meetings.soft_limit import soft_limit
from streaming.active_speaker import ActiveSpeaker
from streaming.audio.pcm import Float32
from streaming.playout_delay import LONGEST_SAMPLES, PlayoutDelay

BLOCK_SAMPLES = 20 * SAMPLES_PER_MS
RING_SAMPLES = 64 * BLOCK_SAMPLES
MOST_AHEAD_SAMPLES = RING_SAMPLES - 2 * BLOCK_SAMPLES
CONCEALED_BLOCKS = 3
ROWS_AT_FIRST = 4
FADE_SAMPLES = 5 * SAMPLES_PER_MS
QUIET_POWER = 1e-5  # -50 dBFS
SILENT_AFTER_SAMPLES = 1_000 * SAMPLES_PER_MS  # a voice that says nothing for so long takes no room

Voice = Hashable


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedBlock:
    """What is heard in [position, position + 320). Arrays of float32, shape (320,), within [-1, 1].

    `own` leaves out what other nodes mixed; unless it `has_own` there is nothing else. `without` and `levels_dbfs` are
    those of the voices that sound, `active` is the one that leads.
    """

    position: int
    mix: Float32 = field(repr=False, compare=False)
    own: Float32 = field(repr=False, compare=False)
    has_own: bool
    without: Mapping[Voice, Float32] = field(repr=False, compare=False)
    levels_dbfs: Mapping[Voice, float]
    active: Voice | None


@dataclass(slots=True)
class VoiceCounters:
    """In samples: given out, not there in time, and too late, or too early, to be played at all."""

    n_played: int = 0
    n_concealed: int = 0
    n_late: int = 0


class _Sounding:
    """One voice that has a row of the ring. `end` is the mixer's position behind its last sample."""

    def __init__(self, row: int, *, since: int, is_remote: bool) -> None:
        self.row = row
        self.fed_at = since  # the mixer's position when something came last
        self.is_remote = is_remote
        self.delay = PlayoutDelay()
        self.end: int | None = None
        self.captured_end: int | None = None  # of what came last,
        self.placed_end: int | None = None  # and of what was not too late or too early to be played
        self.n_blocks_concealed = 0
        self.n_unexplained = 0  # concealed samples, until it is known whether anything was said


class Mixer:
    """`feed` what arrives, take a block every 20 ms. Memory is held by voices that sound, and by nobody else."""

    def __init__(self, position: int = 0) -> None:
        self.position = position // BLOCK_SAMPLES * BLOCK_SAMPLES
        self.counters: dict[Voice, VoiceCounters] = {}
        self._sounding: dict[Voice, _Sounding] = {}
        self._free = list(range(ROWS_AT_FIRST))
        self._ring: Float32 = np.zeros((ROWS_AT_FIRST, RING_SAMPLES), dtype=np.float32)
        self._last: Float32 = np.zeros((ROWS_AT_FIRST, BLOCK_SAMPLES), dtype=np.float32)
        self._active = ActiveSpeaker()

    @property
    def is_sounding(self) -> bool:
        return bool(self._sounding)

    def restart(self, position: int) -> None:
        """Go on at another meeting time, or at most a block before it; what was to be played is dropped."""
        for voice in list(self._sounding):
            self._let_go(voice)
        self.position = position // BLOCK_SAMPLES * BLOCK_SAMPLES  # so that no block lies across the ring's end

    def feed(self, voice: Voice, at: int, samples: Float32, *, is_remote: bool = False) -> bool:
        """Samples captured from meeting time `at` on, in order. `is_remote`: another node's mix.

        False: they come at another time than they could be played at.
        """
        counters = self.counters.setdefault(voice, VoiceCounters())
        sounding = self._sounding.get(voice)
        if sounding is None:
            sounding = self._sounding[voice] = _Sounding(self._take_row(), since=self.position, is_remote=is_remote)
        is_playable = sounding.delay.arrived(now=self.position, lateness=self.position - at, n_samples=len(samples))
        sounding.fed_at = self.position
        is_next = sounding.captured_end == at
        sounding.captured_end = at + len(samples)
        counters.n_concealed += sounding.n_unexplained if is_next else 0
        sounding.n_unexplained = 0
        if not is_playable:
            counters.n_late += len(samples)
            return False
        if float(samples.dot(samples)) < QUIET_POWER * len(samples):
            sounding.delay.lower(most=len(samples))
        self._write(sounding, at + sounding.delay.offset, samples, is_next=is_next)
        sounding.placed_end = at + len(samples)
        return True

    def played_to(self, voice: Voice) -> int | None:
        """Up to which meeting time of its capture the voice was given out; None: there is nothing left of it."""
        sounding = self._sounding.get(voice)
        if sounding is None or sounding.placed_end is None:
            return None
        return sounding.placed_end - max(0, (sounding.end or 0) - self.position)

    def withdraw(self, voice: Voice, start: int, end: int) -> None:
        """What was captured in [start, end) is not given out any more; what sounds already fades within a block."""
        sounding = self._sounding.get(voice)
        if sounding is None or sounding.end is None or sounding.placed_end is None:
            return
        later = sounding.end - sounding.placed_end
        first, last = max(start + later, self.position), min(end + later, sounding.end)
        if first >= last:
            return
        gains = np.zeros(last - first, dtype=np.float32)
        if first == self.position:
            gains[:BLOCK_SAMPLES] = np.linspace(1.0, 0.0, BLOCK_SAMPLES, dtype=np.float32)[: last - first]
        self._ring[sounding.row, np.arange(first, last) % RING_SAMPLES] *= gains
        if last == sounding.end:
            sounding.n_blocks_concealed = CONCEALED_BLOCKS  # it has not come to an end by itself

    def leave(self, voice: Voice) -> VoiceCounters | None:
        """What was counted; None for a voice that never sounded."""
        if voice in self._sounding:
            self._let_go(voice)
        return self.counters.pop(voice, None)

    def pass_over(self, n_blocks: int) -> None:
        """Blocks that nobody is given: whoever mixes was held up."""
        if n_blocks * BLOCK_SAMPLES >= RING_SAMPLES:
            self._ring[:] = self._last[:] = 0.0
            self.position += n_blocks * BLOCK_SAMPLES
            return
        for _ in range(n_blocks):
            self.next_block()

    def next_block(self) -> MixedBlock:
        column = self.position % RING_SAMPLES
        block = self._ring[:, column : column + BLOCK_SAMPLES].copy()
        self._ring[:, column : column + BLOCK_SAMPLES] = 0.0
        for voice, sounding in self._sounding.items():
            self._conceal(sounding, block[sounding.row], self.counters[voice])
        self._last = block
        powers = np.einsum("ij,ij->i", block, block) / BLOCK_SAMPLES
        total = block.sum(axis=0, dtype=np.float32)
        without = soft_limit(total - block)
        remote = [sounding.row for sounding in self._sounding.values() if sounding.is_remote]
        by_voice = {voice: float(powers[sounding.row]) for voice, sounding in self._sounding.items()}
        mixed = MixedBlock(
            position=self.position,
            mix=soft_limit(total),
            own=soft_limit(total - block[remote].sum(axis=0)),
            has_own=len(remote) < len(self._sounding),
            without={voice: without[sounding.row] for voice, sounding in self._sounding.items()},
            levels_dbfs={voice: 10 * float(np.log10(max(power, 1e-10))) for voice, power in by_voice.items()},
            active=self._active.update(by_voice),
        )
        self.position += BLOCK_SAMPLES
        self._forget_silent()
        return mixed

    def _write(self, sounding: _Sounding, at: int, samples: Float32, *, is_next: bool) -> None:
        """The delay was raised to what this needs, so it is never too late here."""
        start = at + sounding.delay.samples
        first = max(self.position, sounding.end or 0)  # what is played already, or stands there, stays
        n_past = min(max(0, first - start), len(samples))
        samples, start = samples[n_past:], start + n_past
        n_room = max(0, self.position + MOST_AHEAD_SAMPLES - start)
        samples = samples[:n_room]
        if not samples.size:
            return
        if not is_next or sounding.end != start:
            samples = _faded_in(samples)
        column = start % RING_SAMPLES
        n_first = min(len(samples), RING_SAMPLES - column)
        self._ring[sounding.row, column : column + n_first] = samples[:n_first]
        self._ring[sounding.row, : len(samples) - n_first] = samples[n_first:]
        sounding.end = start + len(samples)
        sounding.n_blocks_concealed = 0

    def _conceal(self, sounding: _Sounding, block: Float32, counters: VoiceCounters) -> None:
        """`block` is the voice's row of the block that is given out."""
        if sounding.end is None:
            return
        n_there = min(max(0, sounding.end - self.position), BLOCK_SAMPLES)
        counters.n_played += n_there
        if n_there == BLOCK_SAMPLES:
            return
        sounding.n_unexplained += BLOCK_SAMPLES - n_there
        if sounding.n_blocks_concealed < CONCEALED_BLOCKS:
            fades = np.linspace(
                1 - sounding.n_blocks_concealed / CONCEALED_BLOCKS,
                1 - (sounding.n_blocks_concealed + 1) / CONCEALED_BLOCKS,
                BLOCK_SAMPLES,
                dtype=np.float32,
            )
            block[n_there:] = self._last[sounding.row, n_there:] * fades[n_there:]
            sounding.n_blocks_concealed += 1

    def _forget_silent(self) -> None:
        """Who has sent nothing for a second gives up the row."""
        for voice, sounding in list(self._sounding.items()):
            end = max(sounding.fed_at, sounding.end or 0)
            if end + SILENT_AFTER_SAMPLES + LONGEST_SAMPLES < self.position:
                self._let_go(voice)

    def _take_row(self) -> int:
        if not self._free:
            n_rows = len(self._ring)
            self._ring = np.concatenate([self._ring, np.zeros_like(self._ring)])
            self._last = np.concatenate([self._last, np.zeros_like(self._last)])
            self._free = list(range(n_rows, 2 * n_rows))
        return self._free.pop()

    def _let_go(self, voice: Voice) -> None:
        row = self._sounding.pop(voice).row
        self._ring[row] = 0.0
        self._last[row] = 0.0
        self._free.append(row)
        if not self._sounding:
            self._free = list(range(ROWS_AT_FIRST))
            self._ring, self._last = self._ring[:ROWS_AT_FIRST].copy(), self._last[:ROWS_AT_FIRST].copy()


def _faded_in(samples: Float32) -> Float32:
    """After a break a voice does not begin with a click."""
    n_fade = min(FADE_SAMPLES, len(samples))
    faded = samples.copy()
    faded[:n_fade] *= np.arange(1, n_fade + 1, dtype=np.float32) / n_fade
    return faded
