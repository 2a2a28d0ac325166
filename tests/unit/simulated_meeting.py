"""People in a meeting whose true times are known: devices that are off, networks that delay, clients that come back.

All times are in milliseconds of the true clock, which began with the meeting.
"""

import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Literal

from meetings.session_clock import ClockCorrection, SessionClock
from streaming.meeting_clock import MeetingClock
from streaming.round_trip import N_FIRST_MEASURED

SAMPLES_PER_MS = 16
CATCH_UP_X = 7.2  # what clients allow themselves of `limits.catchup_x`
PAUSE_SAMPLES = 700 * SAMPLES_PER_MS  # ends an utterance
SILENCE_SAMPLES = 1_000 * SAMPLES_PER_MS  # is committed as it goes on
UTTERANCE_SAMPLES = 2_500 * SAMPLES_PER_MS
SPEAKS_EVERY_SAMPLES = 7_000 * SAMPLES_PER_MS
PINGS_EVERY_MS = 10_000.0
FIRST_PINGS_MS = tuple(1_000.0 * n for n in range(N_FIRST_MEASURED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What a participant does for a while. `silent`: muted, and the client sends nothing at all."""

    kind: Literal["voice", "muted", "silent", "lost"]
    ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """No connection from `start_ms` on; then another one, to a node whose clock is off by `node_off_ms`."""

    start_ms: float
    end_ms: float
    node_off_ms: float = 0.0


@dataclass(slots=True, kw_only=True)
class Network:
    """Delays one way: never less than `base_ms`. Nothing overtakes what was sent before it."""

    random: random.Random
    base_ms: float
    jitter_ms: float = 0.0
    is_heavy: bool = False  # jitter is uniform; else most comes nearly undelayed
    waits: tuple[tuple[float, float, float], ...] = ()  # (from, to, at least so much more)
    _last_ms: float = 0.0

    def arrival_ms(self, sent_ms: float) -> float:
        more_ms = max((more for start, end, more in self.waits if start <= sent_ms < end), default=0.0)
        self._last_ms = max(self._last_ms, sent_ms + self.base_ms + more_ms + self._jitter())
        return self._last_ms

    def round_trip_ms(self) -> float:
        return 2 * self.base_ms + self._jitter() + self._jitter()

    def _jitter(self) -> float:
        if self.is_heavy or self.random.random() < 0.3:
            return self.random.uniform(0, self.jitter_ms)
        return min(self.jitter_ms, self.random.expovariate(1 / 8)) if self.jitter_ms else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    start: int
    end: int
    start_ms: float
    end_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A frame that ends at position `end`, captured as a whole at `captured_ms`."""

    end: int
    captured_ms: float
    is_quiet: bool = False  # nobody speaks
    utterance: Utterance | None = None  # known to be over with this frame


@dataclass(slots=True, kw_only=True)
class Device:
    """A microphone that counts samples by a clock of its own."""

    random: random.Random
    drift_ppm: float
    frame_ms: int
    now_ms: float
    position: int = 0
    _next_utterance: int = 1_600 * SAMPLES_PER_MS

    @property
    def _per_ms(self) -> float:
        return SAMPLES_PER_MS * (1 + self.drift_ppm * 1e-6)

    def capture(self, stretch: Stretch) -> Iterator[Sent]:
        match stretch.kind:
            case "voice":
                yield from self._speak(self.now_ms + stretch.ms)
            case "muted":
                for _ in range(int(stretch.ms / 1_000)):
                    self._go_on(round(1_000 * self._per_ms))
                    yield Sent(end=self.position, captured_ms=self.now_ms, is_quiet=True)
            case "silent":
                self._go_on(round(stretch.ms * self._per_ms))
            case "lost":  # the client counts by its wall clock what its device did not see, and is a little off
                self.position += round((stretch.ms + self.random.uniform(-8, 8)) * SAMPLES_PER_MS)
                self.now_ms += stretch.ms

    def _go_on(self, n_samples: int) -> None:
        self.position += n_samples
        self.now_ms += n_samples / self._per_ms

    def _speak(self, until_ms: float) -> Iterator[Sent]:
        start = max(self._next_utterance, self.position + 8_000)
        start_ms = self.now_ms + (start - self.position) / self._per_ms
        while self.now_ms < until_ms:
            self._go_on(self.frame_ms * SAMPLES_PER_MS)
            end, said = start + UTTERANCE_SAMPLES, None
            if self.position >= end + PAUSE_SAMPLES:
                length_ms = UTTERANCE_SAMPLES / self._per_ms
                said = Utterance(start=start, end=end, start_ms=start_ms, end_ms=start_ms + length_ms)
                start, start_ms = start + SPEAKS_EVERY_SAMPLES, start_ms + SPEAKS_EVERY_SAMPLES / self._per_ms
            is_quiet = said is None and self.position <= start
            yield Sent(end=self.position, captured_ms=self.now_ms, is_quiet=is_quiet, utterance=said)
        self._next_utterance = start


@dataclass(slots=True)
class Node:
    """What the server makes of one participant's frames: the clock that is learnt, and the times that are stored."""

    stored: SessionClock | None = None
    settled: int = 0
    told_to: int = 0
    received: int = 0
    errors_ms: list[float] = field(default_factory=list)
    times_ms: list[int] = field(default_factory=list)  # stored, in the order of positions
    clock: MeetingClock | None = None
    _hello_ms: float | None = None
    _round_trip_ms: float = 0.0

    def connect(self, *, at_ms: float, round_trip_ms: float) -> None:
        self._hello_ms = at_ms if self._hello_ms is None else self._hello_ms
        self._round_trip_ms = round_trip_ms
        self.clock = None
        self.told_to = self.settled

    def measure(self, round_trip_ms: float) -> None:
        self._round_trip_ms = min(self._round_trip_ms, round_trip_ms)
        if self.clock is not None:
            self.clock.measure(round_trip_ms)

    def hear(self, frame: Sent, *, arrived_ms: float) -> None:
        if self.stored is None:
            first_ms = arrived_ms - frame.end / SAMPLES_PER_MS - self._round_trip_ms / 2
            self.stored = SessionClock(origin_ms=max(0, round(first_ms)))
        if self.clock is None:
            self.clock = MeetingClock(
                clock=self.stored,
                round_trip_ms=self._round_trip_ms,
                hello_ms=self._hello_ms or 0.0,
                settled=self.settled,
                received=self.received,
            )
        self.clock.hear(frame.end, arrived_ms=arrived_ms)
        self.received = max(self.received, frame.end)
        is_silence = frame.is_quiet and frame.end - self.settled >= SILENCE_SAMPLES
        if frame.end > self.settled and (is_silence or frame.utterance is not None):
            self._commit(frame)

    def _commit(self, frame: Sent) -> None:
        assert self.stored is not None
        assert self.clock is not None
        self.stored = self.stored.corrected(ClockCorrection(start=self.told_to, offset_ms=self.clock.offset_ms))
        self.settled = frame.end
        if (said := frame.utterance) is not None:
            self.told_to = said.end
            start_ms, end_ms = self.stored.meeting_ms(said.start), self.stored.meeting_ms(said.end)
            self.errors_ms += [start_ms - said.start_ms, end_ms - said.end_ms]
            self.times_ms += [start_ms, end_ms]


@dataclass(slots=True, kw_only=True)
class Participant:
    network: Network
    stretches: tuple[Stretch, ...]
    drift_ppm: float = 0.0
    begins_ms: float = 0.0
    frame_ms: int = 100
    n_in_batch: int = 1
    outages: tuple[Outage, ...] = ()
    node: Node = field(default_factory=Node)
    _off_ms: float = 0.0
    _sent_ms: float = 0.0
    _pings: Iterator[float] = field(default_factory=lambda: iter(()))
    _next_ping_ms: float = 0.0

    def attend(self) -> Node:
        """The whole meeting."""
        device = Device(
            random=self.network.random, drift_ppm=self.drift_ppm, frame_ms=self.frame_ms, now_ms=self.begins_ms
        )
        outages, away, batch = deque(self.outages), None, list[Sent]()
        kept: deque[Sent] = deque()
        self._connect(self.begins_ms)
        for frame in (each for stretch in self.stretches for each in device.capture(stretch)):
            kept.append(frame)
            if away is None and outages and frame.captured_ms >= outages[0].start_ms:
                away = outages.popleft()
            if away is not None and frame.captured_ms < away.end_ms:
                continue
            batch.append(frame)
            if away is not None:
                self._off_ms = away.node_off_ms
                self._connect(away.end_ms)
                batch, away = [each for each in kept if each.end > self.node.settled], None
            if len(batch) >= self.n_in_batch:
                self._send(batch)
                batch = []
            while kept and kept[0].end <= self.node.settled:
                kept.popleft()
        return self.node

    def _connect(self, at_ms: float) -> None:
        """The page has other things to do than to say hello; its browser answers pings all the same."""
        page_ms = self.network.random.uniform(0, 150)
        self.node.connect(at_ms=at_ms + self._off_ms, round_trip_ms=self.network.round_trip_ms() + page_ms)
        self._sent_ms = at_ms
        later = count(at_ms + PINGS_EVERY_MS, PINGS_EVERY_MS)
        self._pings = chain((at_ms + after_ms for after_ms in FIRST_PINGS_MS), later)
        self._next_ping_ms = next(self._pings)

    def _send(self, frames: list[Sent]) -> None:
        """What is live as soon as it is there, all at once; what was kept no faster than the server grants."""
        if len(frames) <= self.n_in_batch:
            self._sent_ms = max(frames[-1].captured_ms, self._sent_ms)
            arrived_ms = self.network.arrival_ms(self._sent_ms)
            for frame in frames:
                self._hear(frame, arrived_ms)
            return
        for frame in frames:
            self._sent_ms = max(frame.captured_ms, self._sent_ms + self.frame_ms / CATCH_UP_X)
            self._hear(frame, self.network.arrival_ms(self._sent_ms))

    def _hear(self, frame: Sent, arrived_ms: float) -> None:
        while self._next_ping_ms <= self._sent_ms:
            self.node.measure(self.network.round_trip_ms())
            self._next_ping_ms = next(self._pings)
        self.node.hear(frame, arrived_ms=arrived_ms + self._off_ms)
