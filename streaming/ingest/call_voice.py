"""The others' voices on their way to the caller: chunks as the service plays them, never far ahead. Pure."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from meetings.limits import SAMPLE_RATE_HZ
from streaming.audio.pcm import FULL_SCALE, Float32
from streaming.audio.resampler import Resampler
from streaming.ingest.call_messages import CallFormat

MOST_AHEAD_S = 1.0  # beyond it a voice would come so late that people speak into each other
INAUDIBLE = 0.5 / FULL_SCALE


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceChunk:
    number: int
    payload: bytes = field(repr=False)


class CallVoice:
    """Blocks of float32 at 16 kHz in, chunks of `chunk_ms` in the call's format out.

    A service plays what it is sent at the pace of the call and keeps the rest. What it has still to play is known from
    what it was sent and the time that has passed: a chunk that would make it more than `MOST_AHEAD_S` is dropped, and
    silence is not sent, so that a delay does not stay for the rest of the call.
    """

    def __init__(self, *, format: CallFormat, chunk_ms: int) -> None:
        self._format = format
        self._chunk_samples = chunk_ms * format.rate_hz // 1_000
        self._chunk_s = chunk_ms / 1_000
        self._resampler = Resampler(SAMPLE_RATE_HZ, format.rate_hz)
        self._collected: list[Float32] = []
        self._n_collected = 0
        self._number = 0
        self._next_position: int | None = None
        self._playing: deque[tuple[int, float]] = deque()  # (chunk, when it will have been played)
        self.n_dropped = 0

    def put(self, samples: Float32, *, position: int, now_s: float) -> list[VoiceChunk]:
        """What is to be sent now. Where `position` skips some nobody spoke, or whoever mixes was held up."""
        n_skipped = 0 if self._next_position is None else position - self._next_position
        self._next_position = position + len(samples)
        if 0 < n_skipped <= self._chunk_s * SAMPLE_RATE_HZ:
            self._collect(np.zeros(n_skipped, np.float32))
        elif n_skipped:
            self._restart()
        self._collect(samples)
        if self._n_collected < self._chunk_samples:
            return []
        collected = np.concatenate(self._collected)
        n_whole = len(collected) // self._chunk_samples * self._chunk_samples
        self._collected, self._n_collected = [collected[n_whole:]], len(collected) - n_whole
        whole = collected[:n_whole].reshape(-1, self._chunk_samples)
        return [chunk for each in whole if (chunk := self._chunk(each, now_s=now_s)) is not None]

    def interrupt(self, *, now_s: float) -> list[int]:
        """Say nothing more of what was put so far; the numbers of the chunks that are not played to their end."""
        self._forget_played(now_s)
        unplayed = [number for number, _ in self._playing]
        self._playing.clear()
        self._restart()
        return unplayed

    def _collect(self, samples: Float32) -> None:
        converted = self._resampler.process(samples)
        self._collected.append(converted)
        self._n_collected += len(converted)

    def _restart(self) -> None:
        self._collected, self._n_collected = [], 0
        self._resampler = Resampler(SAMPLE_RATE_HZ, self._format.rate_hz)

    def _chunk(self, samples: Float32, *, now_s: float) -> VoiceChunk | None:
        if np.max(np.abs(samples)) < INAUDIBLE:
            return None
        self._forget_played(now_s)
        played_at_s = max(now_s, self._playing[-1][1] if self._playing else now_s) + self._chunk_s
        if played_at_s - now_s > MOST_AHEAD_S + self._chunk_s:
            self.n_dropped += 1
            return None
        self._number += 1
        self._playing.append((self._number, played_at_s))
        return VoiceChunk(number=self._number, payload=self._format.encode(samples))

    def _forget_played(self, now_s: float) -> None:
        while self._playing and self._playing[0][1] <= now_s:
            self._playing.popleft()
