"""The meeting time of an audio session's positions, and back. Pure: both halves and every reader map by this alone."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from meetings.limits import SAMPLES_PER_MS

MOST_CORRECTIONS = 2_000  # two days of a clock that is 100 ppm off; what a broken one would need beyond it is ignored


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockCorrection:
    """From position `start` on, up to the next one's, meeting time is `offset_ms` later than the origin alone says."""

    start: int
    offset_ms: int


@dataclass(frozen=True, slots=True)
class _Piece:
    """Positions from `start` on: `zero_ms` is the meeting time of position 0 as seen from here."""

    start: int
    zero_ms: int
    floor_ms: int

    def meeting_ms(self, position: int) -> int:
        return max(self.floor_ms, self.zero_ms + position // SAMPLES_PER_MS)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionClock:
    """`origin_ms` is the meeting time of position 0, as the first frame told; `corrections` are in the order of starts.

    Meeting time never goes back as positions go on. Where a correction would take it back, it stands still until
    it is caught up with: what was told before the correction keeps its place before what comes after it.
    """

    origin_ms: int
    corrections: tuple[ClockCorrection, ...] = ()
    _pieces: tuple[_Piece, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Raises ValueError: corrections that do not follow each other."""
        pieces, after = [_Piece(0, self.origin_ms, 0)], -1
        for correction in self.corrections:
            start, zero_ms = correction.start, self.origin_ms + correction.offset_ms
            if start <= after:
                raise ValueError("corrections begin at rising positions")
            if start == 0:
                pieces = []
            pieces.append(_Piece(start, zero_ms, pieces[-1].meeting_ms(start) if pieces else 0))
            after = start
        object.__setattr__(self, "_pieces", tuple(pieces))

    @property
    def offset_ms(self) -> int:
        """The latest correction."""
        return self.corrections[-1].offset_ms if self.corrections else 0

    def meeting_ms(self, position: int) -> int:
        """Never negative: nothing happens before a meeting's first hello."""
        return self._pieces[bisect_right(self._pieces, position, key=_start) - 1].meeting_ms(position)

    def position_at(self, meeting_ms: int) -> int:
        """The first position whose meeting time is `meeting_ms` or later."""
        index = max(0, bisect_right(self._pieces, meeting_ms - 1, key=_begins_ms) - 1)
        piece = self._pieces[index]
        if piece.meeting_ms(piece.start) >= meeting_ms:
            return piece.start
        position = (meeting_ms - piece.zero_ms) * SAMPLES_PER_MS
        return min(position, self._pieces[index + 1].start) if index + 1 < len(self._pieces) else position

    def corrected(self, correction: ClockCorrection) -> "SessionClock":
        """With this correction in the place of all that begin there or later: nobody was told of anything there."""
        kept = tuple(each for each in self.corrections if each.start < correction.start)
        if correction.offset_ms == (kept[-1].offset_ms if kept else 0):
            return self if kept == self.corrections else replace(self, corrections=kept)
        return self if len(kept) >= MOST_CORRECTIONS else replace(self, corrections=(*kept, correction))


def corrections_to_store(corrections: Iterable[ClockCorrection]) -> list[list[int]]:
    return [[each.start, each.offset_ms] for each in corrections]


def corrections_stored(pairs: Iterable[Iterable[int]]) -> tuple[ClockCorrection, ...]:
    return tuple(ClockCorrection(start=start, offset_ms=offset_ms) for start, offset_ms in pairs)


def _start(piece: _Piece) -> int:
    return piece.start


def _begins_ms(piece: _Piece) -> int:
    return piece.meeting_ms(piece.start)
