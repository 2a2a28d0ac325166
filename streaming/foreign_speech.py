"""Another's voice in somebody's microphone, stretch by stretch: a retracted line each, and never silence. Pure."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from streaming.audio.pcm import Float32
from streaming.vad import WINDOW_SAMPLES, SpeechDetector

LONGEST_PAUSE_SAMPLES = 10_752  # 672 ms, as within an utterance
LONGEST_SAMPLES = 160_000  # 10 s: what follows it waits for it to be decoded
LEAST_WINDOWS = 6  # 192 ms of voice; less is a door or a cup that two microphones hear
IS_VOICE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignSpeech:
    """[start, end) of the microphone holds another's voice, and nothing else that was understood."""

    start: int
    end: int
    speech_share: float  # how much of it the detector takes for speech, 0 to 1
    audio: Float32 = field(repr=False, compare=False)  # shape (end - start,)


class _Stretch:
    """What was silenced in a row, with short pauses in it. Judged as it comes: to judge it at once takes too long."""

    def __init__(self, start: int, detector: SpeechDetector) -> None:
        self.start = self.end = start
        self._detector = detector
        self._parts: list[Float32] = []
        self._unjudged = np.zeros(0, dtype=np.float32)
        self._n_windows = self._n_voice = 0
        detector.reset()

    def append(self, position: int, samples: Float32) -> None:
        pause = np.zeros(position - self.end, dtype=np.float32)
        self._parts += [pause, samples] if pause.size else [samples]
        self.end = position + samples.size
        unjudged = np.concatenate([self._unjudged, pause, samples])
        n_windows = unjudged.size // WINDOW_SAMPLES
        is_voice = self._detector.probabilities(unjudged[: n_windows * WINDOW_SAMPLES]) > IS_VOICE
        self._unjudged = unjudged[n_windows * WINDOW_SAMPLES :]
        self._n_windows += n_windows
        self._n_voice += int(is_voice.sum())

    def speech(self) -> ForeignSpeech | None:
        if self._n_voice < LEAST_WINDOWS:
            return None
        share = self._n_voice / self._n_windows
        return ForeignSpeech(start=self.start, end=self.end, speech_share=share, audio=np.concatenate(self._parts))


class ForeignVoices:
    """What the gate silenced, until it is known that no utterance holds it."""

    def __init__(self, detector: SpeechDetector) -> None:
        self._detector = detector
        self._silenced: deque[tuple[int, Float32]] = deque()
        self._stretch: _Stretch | None = None

    def add(self, position: int, samples: Float32) -> None:
        """What was silenced, in order of position."""
        self._silenced.append((position, samples))

    @property
    def open_from(self) -> int | None:
        """Where a stretch begins that may still go on."""
        return self._stretch.start if self._stretch else None

    def pass_over(self, end: int, *, is_last: bool = False) -> list[ForeignSpeech]:
        """Nobody spoke here up to `end`: the stretches of others' voices that are over by then."""
        found: list[ForeignSpeech] = []
        while self._silenced and self._silenced[0][0] < end:
            position, samples = self._silenced.popleft()
            if position + samples.size > end:
                self._silenced.appendleft((end, samples[end - position :]))
                samples = samples[: end - position]
            if self._is_over(position, samples.size):
                found += self._close()
            self._stretch = self._stretch or _Stretch(position, self._detector)
            self._stretch.append(position, samples)
        if self._stretch and (is_last or end - self._stretch.end > LONGEST_PAUSE_SAMPLES):
            found += self._close()
        return found

    def forget(self, end: int) -> None:
        """What was silenced before `end` lies within an utterance."""
        while self._silenced and self._silenced[0][0] < end:
            position, samples = self._silenced.popleft()
            if position + samples.size > end:
                self._silenced.appendleft((end, samples[end - position :]))

    def _is_over(self, position: int, n_samples: int) -> bool:
        if self._stretch is None:
            return False
        is_long = position + n_samples - self._stretch.start > LONGEST_SAMPLES
        return is_long or position - self._stretch.end > LONGEST_PAUSE_SAMPLES

    def _close(self) -> list[ForeignSpeech]:
        stretch, self._stretch = self._stretch, None
        speech = stretch.speech() if stretch else None
        return [speech] if speech else []
