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


class ForeignVoices:
    """What the gate silenced, until it is known that no utterance holds it."""

    def __init__(self, detector: SpeechDetector) -> None:
        self._detector = detector
        self._silenced: deque[tuple[int, Float32]] = deque()
        self._run: list[tuple[int, Float32]] = []

    def add(self, position: int, samples: Float32) -> None:
        """What was silenced, in order of position."""
        self._silenced.append((position, samples))

    @property
    def open_from(self) -> int | None:
        """Where a stretch begins that may still go on."""
        return self._run[0][0] if self._run else None

    def pass_over(self, end: int, *, is_last: bool = False) -> list[ForeignSpeech]:
        """Nobody spoke here up to `end`: the stretches of others' voices that are over by then."""
        found: list[ForeignSpeech] = []
        while self._silenced and self._silenced[0][0] < end:
            position, samples = self._silenced.popleft()
            if position + samples.size > end:
                self._silenced.appendleft((end, samples[end - position :]))
                samples = samples[: end - position]
            if self._run and self._is_over(position, samples.size):
                found += self._close()
            self._run.append((position, samples))
        if self._run and (is_last or end - self._run_end > LONGEST_PAUSE_SAMPLES):
            found += self._close()
        return found

    def forget(self, end: int) -> None:
        """What was silenced before `end` lies within an utterance."""
        while self._silenced and self._silenced[0][0] < end:
            position, samples = self._silenced.popleft()
            if position + samples.size > end:
                self._silenced.appendleft((end, samples[end - position :]))

    @property
    def _run_end(self) -> int:
        position, samples = self._run[-1]
        return position + samples.size

    def _is_over(self, position: int, n_samples: int) -> bool:
        is_long = position + n_samples - self._run[0][0] > LONGEST_SAMPLES
        return is_long or position - self._run_end > LONGEST_PAUSE_SAMPLES

    def _close(self) -> list[ForeignSpeech]:
        start, end = self._run[0][0], self._run_end
        audio = np.zeros(end - start, dtype=np.float32)
        for position, samples in self._run:
            audio[position - start : position - start + samples.size] = samples
        self._run = []
        n_windows = audio.size // WINDOW_SAMPLES
        self._detector.reset()
        is_voice = self._detector.probabilities(audio[: n_windows * WINDOW_SAMPLES]) > IS_VOICE
        if is_voice.sum() < LEAST_WINDOWS:
            return []
        return [ForeignSpeech(start=start, end=end, speech_share=float(is_voice.mean()), audio=audio)]
