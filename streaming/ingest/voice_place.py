"""Where in the meeting a call's voice is played to the others: chunks of half a second are no 20 ms. Pure."""

from meetings.limits import SAMPLES_PER_MS

# A mixer plays what is off by 390 ms at most, and a network may still be 90 ms later or earlier than it was.
MOST_LATE_SAMPLES, MOST_EARLY_SAMPLES = 290 * SAMPLES_PER_MS, 300 * SAMPLES_PER_MS
USUAL_SAMPLES = 250 * SAMPLES_PER_MS
PATIENCE_SAMPLES = 2_000 * SAMPLES_PER_MS


class VoicePlace:
    """How much later than it was captured a voice is said to be, so that all of what comes at once can be played.

    The beginning of a long chunk comes as late as the chunk is long; and a call that begins the meeting has its first
    chunk before the meeting's time begins. Both stay as they are, so the place does too, unless it is wrong for 2 s: a
    network that stumbles is made up for by whoever mixes.
    """

    def __init__(self) -> None:
        self._later_samples = 0
        self._is_placed = False
        self._wrong_since: int | None = None

    def later(self, *, now: int, at: int, n_samples: int) -> int:
        """For `n_samples` that came at once at `now`, captured from `at` on; all in samples of meeting time."""
        lateness = now - at - self._later_samples
        if lateness <= MOST_LATE_SAMPLES and lateness - n_samples >= -MOST_EARLY_SAMPLES:
            self._wrong_since = None
        elif self._is_placed and self._wrong_since is None:
            self._wrong_since = now
        elif not self._is_placed or now - (self._wrong_since or 0) >= PATIENCE_SAMPLES:
            self._later_samples += lateness - min(USUAL_SAMPLES, n_samples)
            self._wrong_since = None
        self._is_placed = True
        return self._later_samples
