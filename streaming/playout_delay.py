"""How long after its capture a voice is played, so that what the network delays is there in time. Pure."""

from meetings.limits import SAMPLES_PER_MS

WINDOW_SAMPLES = 2_000 * SAMPLES_PER_MS
MARGIN_SAMPLES = 10 * SAMPLES_PER_MS
LONGEST_SAMPLES = 400 * SAMPLES_PER_MS  # a conversation ends to be one beyond it
MOST_REAL_TIME_X = 1.5  # who sends faster than this catches up: what comes then says nothing about the network


class PlayoutDelay:
    """Follows the latest arrivals of the last two to four seconds: up at once, down where silence can be left out.

    Lateness is counted from the meeting time of a sample. Where even the most punctual samples of two seconds lie
    beyond what a conversation bears, the meeting time is wrong, not the network: that part becomes `offset`.
    """

    def __init__(self) -> None:
        self.samples = MARGIN_SAMPLES
        self.offset = 0
        self._began: int | None = None
        self._n_arrived = 0
        self._latest = self._latest_before = 0
        self._most_punctual: int | None = None

    @property
    def needed(self) -> int:
        """What would have been enough lately."""
        return min(max(self._latest, self._latest_before, 0) + MARGIN_SAMPLES, LONGEST_SAMPLES)

    def arrived(self, *, now: int, lateness: int, n_samples: int) -> bool:
        """`n_samples` came whose first one should have been played `lateness` samples before `now`.

        False: they are too late, or too early, to be played at all. Lateness beyond the present delay raises it.
        """
        if self._began is None or now - self._began >= WINDOW_SAMPLES:
            self._turn(now)
        self._n_arrived += n_samples
        punctual = self._most_punctual
        self._most_punctual = lateness if punctual is None else min(punctual, lateness)
        lateness -= self.offset
        if not -LONGEST_SAMPLES <= lateness <= LONGEST_SAMPLES - MARGIN_SAMPLES:
            return False
        self._latest = max(self._latest, lateness)
        if lateness > self.samples:
            self.samples = self.needed
        return True

    def lower(self, *, most: int) -> None:
        """Go down to what is needed, by at most so many samples."""
        self.samples = min(self.samples, max(self.needed, self.samples - most))

    def _turn(self, now: int) -> None:
        if self._began is not None and self._most_punctual is not None:
            is_real_time = self._n_arrived <= MOST_REAL_TIME_X * (now - self._began)
            if is_real_time and abs(self._most_punctual - self.offset) > LONGEST_SAMPLES // 2:
                self.offset = self._most_punctual
                self._latest = 0
        self._began, self._n_arrived = now, 0
        self._latest_before, self._latest, self._most_punctual = self._latest, 0, None
