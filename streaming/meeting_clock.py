"""Learn from the arrival of frames which meeting time a session's positions have. Pure: times are passed in.

A frame cannot arrive before its last sample was captured, and whatever happens on the way (a network, a busy page, a
busy node) only delays it. So of all frames within a while, the least delayed one tells where the capture clock stands;
it is taken to have come in half the shortest round trip that was measured. Two things may then be learnt:

- Audio came earlier than it could have: the first frame, which the origin was guessed from, had waited, or the device's
  clock is fast. That is proof, and believed at once.
- Even the least delayed frames come later and later: the device's clock is slow, or all of them wait somewhere. Only
  what a clock can have drifted since it was last known to be right is believed; queues are mostly unbelievable so.

A device whose clock is set takes that for time in which sound was lost, and counts on from there. What is declared lost
and has not passed here may be such a jump: so far from where it was a clock may then turn out to be.

Both count only where audio comes in real time: the lowest of the last looks agree. While a client catches up, or sends
a file faster than it plays, each look finds audio much earlier than the one before, so nothing is learnt.
"""

import math
from collections import deque
from itertools import islice

from meetings.limits import SAMPLES_PER_MS
from meetings.session_clock import SessionClock

LOOK_MS = 400.0  # two of the longest frames
N_AGREEING = 3  # two may agree by chance, where a file has to wait for its server now and then
N_COMPARED = 8
AGREE_MS = 20.0  # three looks at sound that is sent at 1.05 times real time differ more
APART_MS = 2_500.0  # looks that are further apart are no neighbours; muted clients send a frame each second
MOST_LOOKS = 36  # 15 seconds: jitter leaves some frame of them nearly undelayed
FEWEST_LOOKS = 4  # after a silence, or at the beginning
FASTEST_DRIFT = 200e-6  # twice what the clocks of sound devices are off; a minute in a queue is believed to be 12 ms
STEP_MS = 10  # the smallest correction worth storing: one in 100 seconds for a clock that is 100 ppm off
EARLIEST_BEFORE_HELLO_MS = 10_000.0  # a client may capture before it is connected, but not for so long


class MeetingClock:
    """The offset of one session's clock, as one connection learns it from every frame that it brings.

    `offset_ms` is what holds from now on (see `ClockCorrection`). It changes in steps, so that few need to be stored.
    """

    def __init__(
        self,
        *,
        clock: SessionClock,
        round_trip_ms: float,
        hello_ms: float = 0.0,
        settled: int = 0,
        received: int = 0,
    ) -> None:
        """`hello_ms` is the meeting time of the session's first hello.

        What an earlier connection received up to `received` comes again because that was lost, so it says nothing.
        """
        self.offset_ms = clock.offset_ms
        self._origin_ms = clock.origin_ms
        self._earliest_ms = hello_ms - EARLIEST_BEFORE_HELLO_MS
        self._received = received
        self._half_ms = round_trip_ms / 2
        # Meeting time at which an undelayed frame that ends at position 0 would arrive; what follows compares with it.
        self._arrival_ms = clock.origin_ms + clock.offset_ms + self._half_ms
        self._is_seen = False
        self._head = self._sure = settled  # received, and up to where the clock was last known to be right
        self._look_until_ms = -math.inf
        self._lowest_ms = math.inf
        self._looks: deque[float] = deque(maxlen=MOST_LOOKS)
        self._arrived_ms: float | None = None  # of the last frame

    def measure(self, round_trip_ms: float) -> None:
        """The shortest round trip of the connection counts: there, too, things are only ever delayed.

        What arrived so early was then captured later than it seemed. But where nothing arrived so early yet, it was
        only expected to, by what an earlier connection had learnt: that stands.
        """
        shorter_ms = max(0.0, self._half_ms - round_trip_ms / 2)
        self._half_ms -= shorter_ms
        if not self._is_seen:
            self._arrival_ms -= shorter_ms
        self._tell()

    def hear(self, end: int, *, arrived_ms: float, is_after_loss: bool = False) -> None:
        """A frame that ends at position `end` arrived at this meeting time."""
        if end <= self._received:
            return
        if is_after_loss and self._arrived_ms is not None:
            passed_ms = arrived_ms - self._arrived_ms
            self._earliest_ms -= max(0.0, (end - self._head) / SAMPLES_PER_MS - passed_ms)
        self._arrived_ms = arrived_ms
        seen_ms = arrived_ms - end / SAMPLES_PER_MS
        self._is_seen = self._is_seen or seen_ms <= self._arrival_ms + 1
        if arrived_ms < self._look_until_ms:
            self._lowest_ms = min(self._lowest_ms, seen_ms)
        else:
            self._look_anew(seen_ms, arrived_ms=arrived_ms)
        self._head = max(self._head, end)

    def _look_anew(self, seen_ms: float, *, arrived_ms: float) -> None:
        if not math.isinf(self._lowest_ms):
            self._conclude(self._lowest_ms)
        if arrived_ms - self._look_until_ms > APART_MS:
            self._looks.clear()
        self._look_until_ms, self._lowest_ms = arrived_ms + LOOK_MS, seen_ms

    def _conclude(self, lowest_ms: float) -> None:
        """What the look that is over says, together with those before it."""
        self._looks.append(lowest_ms)
        lowest = sorted(islice(reversed(self._looks), N_COMPARED))[:N_AGREEING]
        if len(lowest) == N_AGREEING and lowest[-1] - lowest[0] <= AGREE_MS:
            self._hurry(lowest[-1])
            if len(self._looks) >= FEWEST_LOOKS:
                self._lag(min(self._looks))
            self._tell()
        if lowest_ms <= self._arrival_ms:
            self._sure = self._head

    def _hurry(self, arrival_ms: float) -> None:
        if self._earliest_ms + self._half_ms <= arrival_ms < self._arrival_ms:
            self._arrival_ms = arrival_ms

    def _lag(self, arrival_ms: float) -> None:
        believed_ms = FASTEST_DRIFT * (self._head - self._sure) / SAMPLES_PER_MS
        if (late_ms := min(arrival_ms - self._arrival_ms, believed_ms)) > 0:
            self._arrival_ms += late_ms
            self._sure += round(late_ms / FASTEST_DRIFT * SAMPLES_PER_MS)

    def _tell(self) -> None:
        wanted_ms = self._arrival_ms - self._half_ms - self._origin_ms
        if abs(wanted_ms - self.offset_ms) >= STEP_MS:
            self.offset_ms = round(wanted_ms)
