"""One agent between its socket and its pipeline: what it says is transcribed once it was heard, and only then.

Its frames wait here until the mixer has handed them out, a few tenths of a second at most; what is withdrawn before
that reaches the pipeline as muted. So what becomes of a sample never depends on when something was decoded, and nothing
that nobody heard stands in the transcript.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Protocol
from uuid import UUID

from meetings.limits import SAMPLES_PER_MS
from streaming.playback import Part, Playback, Said, frame_parted
from streaming.protocol.frames import AudioFrame
from streaming.protocol.server_messages import barge_in_message, said_message
from streaming.session_items import Frame, Item, Mute

MOST_HELD_ITEMS = 200

Tell = Callable[[Mapping[str, Any]], None]


class Stage(Protocol):
    """Where an agent is played. Positions are meeting time in samples."""

    def play(self, at: int, frame: AudioFrame) -> bool: ...
    def withdraw(self, start: int, end: int) -> None: ...


class AgentVoice:
    """Between `take` and `forward`, in order. `zero_ms` is the meeting time of position 0, once that is known.

    What lies before `settled` was sent on an earlier connection, and does not come again.
    """

    def __init__(
        self,
        *,
        stage: Stage,
        forward: Callable[[Item], None],
        tell: Tell,
        zero_ms: Callable[[], int | None],
        settled: int = 0,
    ) -> None:
        self._stage = stage
        self._forward = forward
        self._tell = tell
        self._zero_ms = zero_ms
        self._playback = Playback(settled=settled)
        self._held: deque[tuple[Item, bool]] = deque()  # and whether it waits to be heard

    @property
    def is_idle(self) -> bool:
        return not self._held

    # --- what the agent's client says ---------------------------------------------------------------------

    def take(self, item: Item) -> None:
        """Everything that its socket brings, in order."""
        match item:
            case Frame():
                for part in self._playback.parts(item.frame):
                    self._hold(replace(item, frame=part.frame), is_awaited=self._play(part))
            case Mute(is_on=True):
                self.clear()
                self._hold(item, is_awaited=False)
            case _:
                self._hold(item, is_awaited=False)

    def say(self, chunk_id: str, position: int, n_samples: int) -> None:
        """Raises BadMessage."""
        self._tell_said(self._playback.declare(chunk_id, position, n_samples))

    def interrupt(self, chunk_id: str) -> None:
        self._withdrawn(self._playback.interrupt(chunk_id))

    def clear(self) -> None:
        self._withdrawn(self._playback.clear())

    # --- what happens in the room -------------------------------------------------------------------------

    def heard(self, to: int | None, *, n_samples: int, is_loud: bool, now: int) -> None:
        """Up to which meeting time it was handed out; None: nothing of it waits to be played."""
        if (origin := self._origin()) is not None and to is not None:
            done = self._playback.hear(to - origin, n_samples=n_samples, is_loud=is_loud, now=now)
            self._tell_said(done)
        self._release(everything=to is None)

    def has_floor(self, now: int) -> bool:
        return self._playback.has_floor(now)

    def give_way(self, *, to: UUID, at_ms: int) -> None:
        """`to` began to speak."""
        gave = self._playback.give_way()
        self._withhold()
        self._tell(
            barge_in_message(
                participant_id=to,
                chunk_id=gave.chunk_id,
                heard_ms=gave.heard_samples // SAMPLES_PER_MS,
                position=gave.position,
                at_ms=at_ms,
            )
        )
        self._tell_said(gave.said)

    def leave(self) -> None:
        """Its socket is gone: what came last was not heard, but it was said, and will not be sent to us again."""
        self._tell = lambda message: None
        self._release(everything=True)

    # --- within -------------------------------------------------------------------------------------------

    def _play(self, part: Part) -> bool:
        origin = self._origin()
        if part.is_withheld or origin is None or not part.frame.n_samples:
            return False
        return self._stage.play(origin + part.frame.position, part.frame)

    def _hold(self, item: Item, *, is_awaited: bool) -> None:
        self._held.append((item, is_awaited))
        while len(self._held) > MOST_HELD_ITEMS:
            self._let_go()
        self._release()

    def _release(self, *, everything: bool = False) -> None:
        while self._held:
            item, is_awaited = self._held[0]
            is_heard = isinstance(item, Frame) and item.frame.end <= self._playback.heard_to
            if is_awaited and not is_heard and not everything:
                return
            self._let_go()

    def _let_go(self) -> None:
        """A chunk is over with its last sample, also where that came too late to be heard, or was never sent."""
        item, _ = self._held.popleft()
        self._forward(item)
        if isinstance(item, Frame):
            self._tell_said(self._playback.pass_over(item.frame.end))

    def _withdrawn(self, said: Iterable[Said]) -> None:
        self._withhold()
        self._tell_said(said)

    def _withhold(self) -> None:
        """Of what has come already: out of the mixer, and out of what waits to be transcribed."""
        withheld = self._playback.withheld
        if (origin := self._origin()) is not None:
            for start, end in withheld:
                self._stage.withdraw(origin + start, origin + end)
        held, self._held = self._held, deque()
        for item, is_awaited in held:
            if isinstance(item, Frame) and is_awaited:
                for part in frame_parted(item.frame, withheld):
                    self._held.append((replace(item, frame=part.frame), not part.is_withheld))
            else:
                self._held.append((item, is_awaited))
        self._release()

    def _tell_said(self, said: Iterable[Said]) -> None:
        for each in said:
            self._tell(
                said_message(
                    chunk_id=each.chunk_id,
                    state=each.state,
                    heard_ms=each.heard_samples // SAMPLES_PER_MS,
                    position=each.position,
                )
            )

    def _origin(self) -> int | None:
        zero_ms = self._zero_ms()
        return None if zero_ms is None else zero_ms * SAMPLES_PER_MS
