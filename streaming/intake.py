"""What one audio connection may send: how fast, and how far ahead of what is settled. Pure: time is passed in."""

from collections import deque

from meetings.limits import SAMPLE_RATE_HZ, SAMPLES_PER_MS, StreamLimits
from streaming.errors import ProtocolError, RateExceeded
from streaming.protocol.frames import AudioFrame

# No meeting lasts a month; a position beyond it is a client's arithmetic gone wrong, or an attack on our columns.
MAX_POSITION = 30 * 86_400 * SAMPLE_RATE_HZ
# A short frame costs as much as this one, so that a flood of tiny frames runs into the same limit as a flood of audio.
CHEAPEST_FRAME_SAMPLES = 20 * SAMPLES_PER_MS


DEAREST_SAMPLES = SAMPLE_RATE_HZ  # what a durable event costs: a declared jump, a consent


class Pace:
    """A bucket of `unsettled_max_ms` of audio that refills at `catchup_x` times real time."""

    def __init__(self, *, limits: StreamLimits, now_s: float) -> None:
        self.size_samples = limits.unsettled_max_ms * SAMPLES_PER_MS
        self._refill_hz = SAMPLE_RATE_HZ * limits.catchup_x
        self._samples = float(self.size_samples)
        self._filled_at_s = now_s

    def spend(self, n_samples: int, *, now_s: float) -> None:
        """Raises RateExceeded."""
        refill = (now_s - self._filled_at_s) * self._refill_hz
        self._samples = min(self.size_samples, self._samples + refill) - n_samples
        self._filled_at_s = now_s
        if self._samples < 0:
            raise RateExceeded("more was sent than limits.catchup_x times real time, or too many messages")


class Intake:
    """Admits frames within the limits told in `welcome`.

    What is held is counted in captured samples, not in positions: a declared jump (muted, lost) holds no audio. It
    costs as much as a second of it, though, because a jump that lost audio is a durable event for everybody.
    """

    def __init__(self, *, limits: StreamLimits, now_s: float) -> None:
        self._limits = limits
        self._pace = Pace(limits=limits, now_s=now_s)
        self._held: deque[tuple[int, int]] = deque()
        self._end: int | None = None

    def admit(self, frame: AudioFrame, *, settled: int, now_s: float) -> None:
        """Count the frame in.

        Raises ProtocolError: the position is beyond any meeting. RateExceeded: faster than `catchup_x`, or further
        ahead of `settled` than `unsettled_max_ms`.
        """
        end = frame.position + frame.n_samples
        if end > MAX_POSITION:
            raise ProtocolError("the position is beyond the longest possible meeting")
        has_jumped = frame.position > (settled if self._end is None else self._end)
        cost = DEAREST_SAMPLES if has_jumped else CHEAPEST_FRAME_SAMPLES
        self.spend(max(frame.n_samples, cost), now_s=now_s)
        self._end = max(end, self._end or 0)
        self._hold(frame.position, end)
        most_held = self._pace.size_samples + self._limits.frame_ms[1] * SAMPLES_PER_MS
        if self.held_samples(settled=settled) > most_held:
            raise RateExceeded("audio was sent further ahead of the settled position than limits.unsettled_max_ms")

    def spend(self, n_samples: int, *, now_s: float) -> None:
        self._pace.spend(n_samples, now_s=now_s)

    def held_samples(self, *, settled: int) -> int:
        """Captured samples beyond `settled`."""
        while self._held and self._held[0][1] <= settled:
            self._held.popleft()
        return sum(end - max(start, settled) for start, end in self._held)

    def _hold(self, start: int, end: int) -> None:
        if self._held:
            last_start, last_end = self._held[-1]
            start = max(start, last_end)
            if start == last_end:
                self._held[-1] = (last_start, max(last_end, end))
                return
        if end > start:
            self._held.append((start, end))
