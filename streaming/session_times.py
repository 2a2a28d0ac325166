"""One session's meeting time on this node: fixed by the first frame, corrected while it goes on, decided by commits."""

from datetime import timedelta
from typing import Protocol

from meetings.limits import SAMPLE_RATE_HZ, SAMPLES_PER_MS
from meetings.session_clock import ClockCorrection, SessionClock
from meetings.values import OpenedSession, SessionOwner
from streaming.meeting_clock import MeetingClock
from streaming.patience import until_stored
from streaming.session_items import Frame


class OriginStore(Protocol):
    async def session_origin_set(self, owner: SessionOwner, origin_ms: int) -> int: ...


class SessionTimes:
    """What people were told of keeps its times for ever; what they were not has those that are the best known now."""

    def __init__(self, *, opened: OpenedSession, store: OriginStore, round_trip_s: float) -> None:
        self._opened = opened
        self._store = store
        self._round_trip_s = round_trip_s
        self._decided = opened.clock
        self._told_to = opened.settled  # what people may have been told of lies before
        self._learning: MeetingClock | None = None
        self._supposed: tuple[SessionClock, ClockCorrection, SessionClock] | None = None
        self._heard_first: tuple[float, float] = (0.0, 0.0)  # meeting time in ms, and our clock in seconds

    def round_trip(self, round_trip_s: float) -> None:
        """Another measurement of this connection."""
        self._round_trip_s = min(self._round_trip_s, round_trip_s)
        if self._learning is not None:
            self._learning.measure(1_000 * round_trip_s)

    async def hear(self, item: Frame) -> None:
        """Every frame, in the order of arrival. The first one of all fixes the origin."""
        if self._learning is None:
            learning = await self._begin(item, round_trip_s=self._round_trip_s)
            learning.hear(item.frame.end, arrived_ms=self._heard_first[0])
            learning.measure(1_000 * self._round_trip_s)  # a shorter one may have come while we waited for the database
            self._learning = learning
            return
        first_ms, first_s = self._heard_first
        arrived_ms = first_ms + 1_000 * (item.arrived_s - first_s)
        self._learning.hear(item.frame.end, arrived_ms=arrived_ms, is_after_loss=item.frame.is_discontinuity)

    def meeting_ms(self, position: int) -> int:
        """As far as is known now."""
        clock, learning = self._decided, self._learning
        if clock is None:
            return 0
        if learning is not None and learning.offset_ms != clock.offset_ms:
            clock = self._suppose(clock, ClockCorrection(start=self._told_to, offset_ms=learning.offset_ms))
        return clock.meeting_ms(position)

    def _suppose(self, decided: SessionClock, correction: ClockCorrection) -> SessionClock:
        """Made once for many frames: a new clock looks through all corrections, and hours make hundreds of them."""
        known = self._supposed
        if known is None or known[0] is not decided or known[1] != correction:
            known = self._supposed = (decided, correction, decided.corrected(correction))
        return known[2]

    @property
    def is_known(self) -> bool:
        """Something was heard on this connection."""
        return self._learning is not None

    def zero_ms(self, position: int) -> int:
        """Meeting time of position 0 as the clock stands at `position`."""
        return self.meeting_ms(position) - position // SAMPLES_PER_MS

    def meeting_samples(self, position: int) -> int | None:
        """The same in samples, for audio; None as long as nothing was heard on this connection."""
        if not self.is_known:
            return None
        return self.meeting_ms(position) * SAMPLES_PER_MS + position % SAMPLES_PER_MS

    def decide(self, *, told: int | None) -> ClockCorrection | None:
        """Something is being committed: what to store of the clock with it. None: there is nothing to say yet.

        `told` is where the last line or loss in it ends, if it has any: from then on their times stand. Silence has no
        times, so what is learnt in it holds from the last line or loss before it.
        """
        correction = None
        if self._decided is not None and self._learning is not None:
            correction = ClockCorrection(start=self._told_to, offset_ms=self._learning.offset_ms)
            self._decided = self._decided.corrected(correction)
        self._told_to = self._told_to if told is None else told
        return correction

    async def _begin(self, item: Frame, *, round_trip_s: float) -> MeetingClock:
        """Wall time is looked at once: from there on our own clock counts, which nobody sets."""
        opened = self._opened
        arrived_ms = _ms(item.arrived_at - opened.meeting_started_at)
        self._heard_first = (arrived_ms, item.arrived_s)
        if self._decided is None:
            self._decided = SessionClock(origin_ms=await self._set_origin(item, round_trip_s=round_trip_s))
        return MeetingClock(
            clock=self._decided,
            round_trip_ms=1_000 * round_trip_s,
            hello_ms=_ms(opened.begun_at - opened.meeting_started_at) if opened.begun_at else 0.0,
            settled=opened.settled,
            received=opened.received,
        )

    async def _set_origin(self, item: Frame, *, round_trip_s: float) -> int:
        """Meeting time of position 0: when the first sample was captured, as far as can be told from here.

        When an earlier connection was lost before its first frame was heard, what comes now has waited: then the
        first `hello` of the session tells.
        """
        opened, store = self._opened, self._store
        captured_at = item.arrived_at - timedelta(seconds=item.frame.end / SAMPLE_RATE_HZ + round_trip_s / 2)
        if opened.resumed and opened.begun_at is not None:
            captured_at = min(captured_at, opened.begun_at)
        origin_ms = max(0, round(_ms(captured_at - opened.meeting_started_at)))
        return await until_stored(lambda: store.session_origin_set(opened.owner, origin_ms))


def _ms(duration: timedelta) -> float:
    return duration / timedelta(milliseconds=1)
