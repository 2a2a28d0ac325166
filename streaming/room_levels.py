"""How loud everybody in a room is, on the meeting's clock: what decides whose voice a microphone hears. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from meetings.leak import LEVEL_MS, Levels
from meetings.limits import LEVEL_SAMPLES
from meetings.values import StoredLevels
from streaming.audio.pcm import Float32
from streaming.bleed.levels import LevelTrack


@dataclass(slots=True)
class _Placed:
    """A session's levels; `zero_ms` is the meeting time of its position 0, once that is known."""

    track: LevelTrack = field(default_factory=LevelTrack)
    zero_ms: int | None = None


@dataclass(frozen=True, slots=True)
class _Shifted:
    """A track in the numbers of another one: its level i is that one's i + `by`."""

    key: UUID
    track: LevelTrack
    by: int = 0

    @property
    def end(self) -> int:
        return self.track.end - self.by

    def between(self, first: int, end: int) -> Levels:
        return self.track.between(first + self.by, end + self.by)


class RoomLevels:
    """The last two minutes of each session of a meeting: 24 kB each, kept while the room is."""

    def __init__(self) -> None:
        self._placed: dict[UUID, _Placed] = {}

    def voices(self, session_id: UUID) -> "SessionVoices":
        return SessionVoices(session_id, self._placed)

    def recall(self, stored: Iterable[StoredLevels]) -> None:
        """What was stored with earlier commits, here or on other nodes; each session's in order."""
        for each in stored:
            placed = self._placed.setdefault(each.session_id, _Placed())
            placed.track.recall(each.first, each.levels)
            if placed.zero_ms is None:
                placed.zero_ms = each.zero_ms


class SessionVoices:
    """The room as one of its sessions hears it: itself, and the others in its own numbers."""

    def __init__(self, session_id: UUID, placed: dict[UUID, _Placed]) -> None:
        self._session_id = session_id
        self._placed = placed
        self._mine = placed.setdefault(session_id, _Placed())

    @property
    def own(self) -> _Shifted:
        return _Shifted(self._session_id, self._mine.track)

    def others(self) -> list[_Shifted]:
        """Those whose place on the meeting's clock is known."""
        if self._mine.zero_ms is None:
            return []
        return [
            _Shifted(key, each.track, round((self._mine.zero_ms - each.zero_ms) / LEVEL_MS))
            for key, each in self._placed.items()
            if key != self._session_id and each.zero_ms is not None
        ]

    def place(self, zero_ms: int) -> None:
        """Where position 0 lies. Only full 20 ms count: a leak's lag makes up for the rest."""
        self._mine.zero_ms = zero_ms

    def hear(self, position: int, samples: Float32) -> None:
        """What arrives, before anything is decided about it: others wait for it."""
        self._mine.track.hear(position, samples)

    def stored(self, start: int, end: int) -> bytes:
        """The levels that end in the samples [start, end)."""
        return self._mine.track.between(start // LEVEL_SAMPLES, end // LEVEL_SAMPLES).tobytes()
