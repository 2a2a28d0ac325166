"""Who leads the conversation: the loudest voice, held on to until another is clearly louder for a while. Pure."""

from collections.abc import Hashable, Mapping

SMOOTHING = 0.2  # of each block of 20 ms: about 100 ms
AUDIBLE_POWER = 1e-5  # -50 dBFS
LOUDER_X = 2.0  # 3 dB
TURNS_AFTER_BLOCKS = 10
HELD_BLOCKS = 50  # through the pauses of a sentence


class ActiveSpeaker:
    """Takes the power of each voice in a block of 20 ms, gives who leads; nobody after a second of silence."""

    def __init__(self) -> None:
        self.current: Hashable | None = None
        self._smoothed: dict[Hashable, float] = {}
        self._n_louder = self._n_silent = 0

    def update(self, powers: Mapping[Hashable, float]) -> Hashable | None:
        known = self._smoothed
        self._smoothed = {
            voice: known.get(voice, 0.0) * (1 - SMOOTHING) + power * SMOOTHING for voice, power in powers.items()
        }
        loudest = max(self._smoothed, key=self._smoothed.__getitem__, default=None)
        power = 0.0 if loudest is None else self._smoothed[loudest]
        if power < AUDIBLE_POWER:
            self._hear_silence()
            return self.current
        self._n_silent = 0
        is_louder = loudest != self.current and power > LOUDER_X * self._smoothed.get(self.current, 0.0)
        self._n_louder = self._n_louder + 1 if is_louder else 0
        if self.current is None or self._n_louder >= TURNS_AFTER_BLOCKS:
            self.current, self._n_louder = loudest, 0
        return self.current

    def _hear_silence(self) -> None:
        self._n_louder = 0
        self._n_silent += 1
        if self._n_silent >= HELD_BLOCKS:
            self.current = None
