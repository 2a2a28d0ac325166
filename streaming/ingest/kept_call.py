"""What a call has said and nobody has settled: a telephone keeps nothing, so this does, while the call lasts. Pure."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from meetings.limits import SAMPLES_PER_MS, STREAM_LIMITS
from streaming.protocol.frames import AudioFrame

MOST_KEPT_SAMPLES = 600_000 * SAMPLES_PER_MS  # 10 minutes, as long as pages keep at least
LONGEST_FRAME_SAMPLES = 1_000 * SAMPLES_PER_MS
MOST_GIVEN_ITEMS = 3_000  # a pipeline lets a few more wait
STORE_FULL = "store_full"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFrame:
    """`reason`: why the samples between the frame before and this one were lost, if any were."""

    frame: AudioFrame
    arrived_s: float  # monotonic
    reason: str = ""

    @property
    def n_items(self) -> int:
        """What a pipeline is given of it: the reason comes before the frame."""
        return 2 if self.reason else 1


class KeptCall:
    """Frames in order of their positions, kept from `settle` on.

    At most `unsettled_max_ms` of audio are with the pipeline at once, as any client is asked to see to; what waits
    behind that is joined to frames of up to a second. When 10 minutes wait, the newest are lost, which is recorded.
    """

    def __init__(self) -> None:
        self._given: deque[KeptFrame] = deque()
        self._waiting: deque[KeptFrame] = deque()
        self._n_given_samples = 0
        self._n_given_items = 0
        self._n_waiting_samples = 0
        self._is_overflowing = False

    @property
    def n_samples(self) -> int:
        return self._n_given_samples + self._n_waiting_samples

    def append(self, kept: KeptFrame) -> None:
        if self.n_samples + kept.frame.n_samples > MOST_KEPT_SAMPLES:
            self._is_overflowing = True
            return
        if self._is_overflowing:
            self._is_overflowing = False
            kept = replace(kept, frame=replace(kept.frame, is_discontinuity=True), reason=STORE_FULL)
        self._n_waiting_samples += kept.frame.n_samples
        if self._waiting and _may_join(self._waiting[-1], kept):
            kept = _joined(self._waiting.pop(), kept)
        self._waiting.append(kept)

    def due(self) -> Iterator[KeptFrame]:
        """What the pipeline may have now; it counts as given."""
        most_samples = STREAM_LIMITS.unsettled_max_ms * SAMPLES_PER_MS
        while self._waiting and self._n_given_items + self._waiting[0].n_items <= MOST_GIVEN_ITEMS:
            if self._n_given_samples + self._waiting[0].frame.n_samples > most_samples:
                break
            yield self._give()

    def rest(self) -> Iterator[KeptFrame]:
        """All that waits, for a pipeline that gets nothing more afterwards."""
        while self._waiting:
            yield self._give()

    def settle(self, position: int) -> None:
        """Nothing before it will be asked for again."""
        while self._given and self._given[0].frame.end <= position:
            settled = self._given.popleft()
            self._n_given_samples -= settled.frame.n_samples
            self._n_given_items -= settled.n_items

    def rewind(self) -> None:
        """Another pipeline takes over: what was not settled is given again."""
        self._waiting.extendleft(reversed(self._given))
        self._n_waiting_samples += self._n_given_samples
        self._given.clear()
        self._n_given_samples = self._n_given_items = 0

    def _give(self) -> KeptFrame:
        kept = self._waiting.popleft()
        self._given.append(kept)
        self._n_waiting_samples -= kept.frame.n_samples
        self._n_given_samples += kept.frame.n_samples
        self._n_given_items += kept.n_items
        return kept


def _may_join(before: KeptFrame, after: KeptFrame) -> bool:
    is_next = before.frame.end == after.frame.position
    return is_next and before.frame.n_samples + after.frame.n_samples <= LONGEST_FRAME_SAMPLES


def _joined(before: KeptFrame, after: KeptFrame) -> KeptFrame:
    frame = replace(
        before.frame,
        n_samples=before.frame.n_samples + after.frame.n_samples,
        payload=bytes(before.frame.payload) + bytes(after.frame.payload),
    )
    return replace(before, frame=frame, arrived_s=after.arrived_s)
