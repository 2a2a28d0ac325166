"""How many voices a node takes: measured, not configured. Thread-safe, since joins are answered on threads.

What counts is the work that must be done in time: decoding finals. Its price (seconds of a recognizer for a second of
speech) and its amount (seconds of speech a second) are measured all the time. Whoever has just come is expected to
speak without pause until there has been time to see how much they really say; so a room of listeners stays open to
many, a crowd that arrives at once and speaks does not get in before anybody can measure it, and whoever was refused
gets in a little later where measuring shows that there is room.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionSettings:
    most_busy: float = 0.7  # share of the recognizers that finals may take; the rest is for bursts and partials
    most_busy_slowed: float = 0.35  # the same where partials are as slow as they may become: nothing else gives way
    window_s: float = 20.0  # over which speech is measured, and a newcomer is expected to speak
    longest_wait_s: float = 1.0  # finals that take this long on average say by themselves that the node is full
    fewest_finals: int = 8  # an average of fewer is the tale of one mishap
    price_weight: float = 0.1  # of the newest measurement in the running price
    first_price_x: float = 2.0  # a node that is not yet at work decodes faster than one that is: begin carefully
    retry_after_s: int = 10


class Admission:
    """Whether there is room for one more voice.

    `n_recognizers` work at once; `clock` gives monotonic seconds; `wait_s` how long the oldest final waits at
    present; `is_slowed` whether partials are as rare as they may become.
    """

    def __init__(
        self,
        *,
        n_recognizers: int,
        clock: Callable[[], float],
        wait_s: Callable[[], float],
        is_slowed: Callable[[], bool],
        settings: AdmissionSettings | None = None,
    ) -> None:
        self._n_recognizers = n_recognizers
        self._clock = clock
        self._wait_s = wait_s
        self._is_slowed = is_slowed
        self._settings = settings or AdmissionSettings()
        self._lock = threading.Lock()
        self._price: float | None = None
        self._spoken: deque[tuple[float, float]] = deque()  # (when, seconds of speech)
        self._waited: deque[tuple[float, float]] = deque()  # (when, seconds until a final was decoded)
        self._newcomers: dict[UUID, float] = {}  # session: when it was let in
        self._is_closed = False
        self.n_refused = 0

    @property
    def retry_after_s(self) -> int:
        return self._settings.retry_after_s

    def close(self) -> None:
        """Nobody new comes in any more."""
        self._is_closed = True

    def note_decoded(self, *, audio_s: float, took_s: float, waited_s: float = 0.0) -> None:
        """A final, or the canary, of `audio_s` kept a recognizer busy for `took_s`, until `waited_s` after its end."""
        with self._lock:
            self._waited.append((self._clock(), waited_s))
            price, weight = took_s / max(audio_s, 1.0), self._settings.price_weight
            if self._price is None:
                self._price = self._settings.first_price_x * price
            else:
                self._price = (1 - weight) * self._price + weight * price

    def note_spoken(self, audio_s: float) -> None:
        """An utterance of `audio_s` has been closed."""
        with self._lock:
            self._spoken.append((self._clock(), audio_s))

    def reserve(self, session_id: UUID) -> bool:
        """Let this session in, if there is room. Asked again for the same one, the answer stands."""
        with self._lock:
            now_s = self._clock()
            self._forget(now_s)
            if session_id in self._newcomers:
                return not self._is_closed
            if self._is_closed or self._is_full(now_s):
                self.n_refused += 1
                return False
            self._newcomers[session_id] = now_s
            return True

    def _is_full(self, now_s: float) -> bool:
        settings = self._settings
        most_busy = settings.most_busy_slowed if self._is_slowed() else settings.most_busy
        if self._busy(now_s, n_more=1) > most_busy or self._wait_s() > settings.longest_wait_s:
            return True
        waited = [waited_s for _, waited_s in self._waited]
        return len(waited) >= settings.fewest_finals and sum(waited) > settings.longest_wait_s * len(waited)

    def expect(self, session_id: UUID) -> None:
        """This session is here already, and comes back with more to say: nobody asks whether there is room."""
        with self._lock:
            self._newcomers.setdefault(session_id, self._clock())

    def release(self, session_id: UUID) -> None:
        """This session's connection is gone: nothing more is expected of it. What it has said counts on."""
        with self._lock:
            self._newcomers.pop(session_id, None)

    def busy(self) -> float:
        """The share of the recognizers that finals take, newcomers as if they spoke all the time."""
        with self._lock:
            now_s = self._clock()
            self._forget(now_s)
            return self._busy(now_s, n_more=0)

    def _busy(self, now_s: float, *, n_more: int) -> float:
        window_s = self._settings.window_s
        spoken = sum(audio_s for _, audio_s in self._spoken) / window_s
        # What newcomers have said by now counts twice. But utterances count when they are over, and that may take long.
        return (spoken + len(self._newcomers) + n_more) * (self._price or 0.0) / self._n_recognizers

    def _forget(self, now_s: float) -> None:
        oldest_s = now_s - self._settings.window_s
        for measured in (self._spoken, self._waited):
            while measured and measured[0][0] < oldest_s:
                measured.popleft()
        self._newcomers = {who: came_s for who, came_s in self._newcomers.items() if came_s >= oldest_s}
