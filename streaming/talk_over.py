"""Notice that a person begins to speak while something is played to them. Pure: no clock, no I/O.

Sooner than the captions of that person, which begin when an utterance is understood to have begun: frames are looked at
as they arrive, whatever waits behind recognizers. What is being played must not count where it comes back through the
microphone (`streaming/audio/echo.py`).
"""

from collections import deque
from dataclasses import dataclass

import numpy as np

from streaming.audio.echo import echo_likeness
from streaming.audio.pcm import Float32
from streaming.vad import WINDOW_SAMPLES, SpeechDetector


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkOverSettings:
    """Measured on read speech, noise, and echoes of two rooms: tests/integration/test_talk_over.py."""

    speech_probability: float = 0.5
    quiet_probability: float = 0.35
    quiet_windows: int = 2  # who speaks already when something begins to be played does not begin to speak
    onset_windows: int = 2  # 64 ms: shorter is a click
    late_windows: int = 4  # so much later than a voice itself the detector may notice it
    sure_x: float = 8.0  # so much more power than an echo has had is a voice
    known_after_windows: int = 48  # 1.5 s of something to hear show whether there is an echo
    echo_forgotten: float = 0.9995  # of its loudness is remembered from window to window
    unsure_windows: int = 8  # 256 ms are compared with what was played; in shorter pieces two voices look alike
    echo_likeness: float = 0.18
    faintest_power: float = 1e-6  # -60 dBFS: breath, a neighbour's room


class TalkOver:
    """One person's microphone. `hear` says where the voice began, once for each time that it begins.

    An echo is known by how loud it has been beside what was played: what is far louder is a voice at once. What could
    be an echo by its loudness has to last, and to be unlike what was played.
    """

    def __init__(self, detector: SpeechDetector, settings: TalkOverSettings | None = None) -> None:
        self._detector = detector
        self._settings = settings or TalkOverSettings()
        self._echo_gain = 0.0  # the power of an echo for that of what is played
        self._n_played = 0  # windows during which something was played
        self._end = 0
        self._waiting: Float32 = np.zeros(0, np.float32)
        self._lately: Float32 = np.zeros(0, np.float32)
        self._n_quiet = self._n_speech = self._n_sure = 0
        self._quiet_lately: deque[tuple[float, float]] = deque()

    def hear(self, at: int, samples: Float32, *, played: Float32, since: int) -> int | None:
        """Samples captured from meeting time `at` on; `played` is what that person was given to hear lately.

        Somebody to talk over speaks `since` then. Who has sent nothing from then on, being muted, was quiet.
        """
        if at != self._end:
            self._begin(n_quiet=max(0, at - max(self._end, since)) // WINDOW_SAMPLES)
        self._end = at + len(samples)
        self._waiting = np.concatenate([self._waiting, samples])
        n_windows = len(self._waiting) // WINDOW_SAMPLES
        if not n_windows:
            return None
        heard, self._waiting = np.split(self._waiting, [n_windows * WINDOW_SAMPLES])
        played_power = _loudest(played)
        began = None
        probabilities = self._detector.probabilities(heard).tolist()
        for number, (probability, window) in enumerate(zip(probabilities, np.split(heard, n_windows), strict=True)):
            self._lately = np.concatenate([self._lately, window])[-self._settings.unsure_windows * WINDOW_SAMPLES :]
            if (n_speech := self._hear_window(probability, window, played, played_power)) is not None:
                behind = self._end - len(self._waiting) - (n_windows - 1 - number) * WINDOW_SAMPLES
                began = behind - n_speech * WINDOW_SAMPLES
        return began

    def _hear_window(self, probability: float, window: Float32, played: Float32, played_power: float) -> int | None:
        """How many windows of speech there are if it begins to be sure here that there is a voice."""
        settings = self._settings
        power = float(window.dot(window)) / WINDOW_SAMPLES
        is_sure = self._is_sure(power, played_power)
        if probability < settings.quiet_probability:
            self._learn_later(power, played_power)
            self._n_quiet, self._n_speech, self._n_sure = self._n_quiet + 1, 0, 0
            return None
        if probability < settings.speech_probability or power < settings.faintest_power:
            self._n_speech = self._n_sure = 0
            return None
        self._quiet_lately.clear()  # the voice may have begun in them
        self._n_speech += 1
        self._n_sure = self._n_sure + 1 if is_sure else 0
        if self._n_quiet < settings.quiet_windows:
            self._n_quiet = 0
            return None
        if self._n_sure < settings.onset_windows and not self._is_unlike(played, played_power):
            return None
        n_speech, self._n_quiet = self._n_speech, 0
        return n_speech

    def _is_sure(self, power: float, played_power: float) -> bool:
        is_known = self._n_played >= self._settings.known_after_windows
        return is_known and power > self._settings.sure_x * self._echo_gain * played_power

    def _is_unlike(self, played: Float32, played_power: float) -> bool:
        if self._n_speech < self._settings.unsure_windows:
            return False
        if echo_likeness(self._lately, played) < self._settings.echo_likeness:
            return True
        self._learn(_loudest(self._lately), played_power)
        self._n_speech = 0  # and whoever speaks over the echo has still to begin
        return False

    def _learn_later(self, power: float, played_power: float) -> None:
        """From a quiet window, once those behind it are quiet too: the detector notices a voice late."""
        self._quiet_lately.append((power, played_power))
        if len(self._quiet_lately) > self._settings.late_windows:
            self._learn(*self._quiet_lately.popleft())

    def _learn(self, power: float, played_power: float) -> None:
        """This is not the voice: an echo if anything."""
        if played_power > self._settings.faintest_power:
            self._n_played += 1
            self._echo_gain = max(self._echo_gain * self._settings.echo_forgotten, power / played_power)

    def _begin(self, *, n_quiet: int) -> None:
        self._detector.reset()
        self._quiet_lately.clear()
        self._waiting = self._lately = np.zeros(0, np.float32)
        self._n_quiet, self._n_speech, self._n_sure = n_quiet, 0, 0


def _loudest(played: Float32) -> float:
    """The power of the loudest window."""
    n_windows = len(played) // WINDOW_SAMPLES
    if not n_windows:
        return 0.0
    windows = played[: n_windows * WINDOW_SAMPLES].reshape(n_windows, WINDOW_SAMPLES)
    return float(np.einsum("ij,ij->i", windows, windows).max()) / WINDOW_SAMPLES
