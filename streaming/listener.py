"""Listen to one audio session: samples and skips in, utterances and everything between them out. Pure.

The epoch rule. A client replays from the settled position, and the replay must hear what the first run heard. So the
findings from any settled position on must be a function of what was captured from there on, and of nothing before:
not of the detector's memory, not of how windows were laid, not of how the samples were cut into frames.

An epoch starts at a position S with a reset detector and with the window grid at S. It ends in one of three ways,
each of which is decided by the samples from S on, and each of which is followed by a new epoch where it ended:

- no speech for `silence_step` and the pre-roll after it: NonSpeech [S, S + silence_step);
- speech found well inside: NonSpeech [S, a), where a is the pre-roll before the speech. The next epoch starts at a,
  finds the speech again, now without the memory of what was before a, and its utterance starts at a;
- speech found at the start, then `end_silence` or a forced cut: Utterance [S, b), b including the tail. Less silence
  is enough where the recognizer says that a sentence is finished, which it says by the samples [S, b) alone.

What was heard beyond the new S is heard again. A skip (muted, gap) and a flush end the epoch where they happen.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from streaming.audio.buffer import SampleBuffer
from streaming.audio.pcm import Float32
from streaming.segmenter import (
    Opened,
    Paused,
    Quiet,
    Reached,
    Segmenter,
    SegmenterSettings,
    SpeechWindow,
    Spoken,
    Verdict,
)
from streaming.vad import SpeechDetector


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechStarted:
    """An utterance is open; the voice itself was found at `at`, after the pre-roll."""

    utterance_start: int
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechStopped:
    """The open utterance is closed; its Utterance comes next."""

    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    start: int
    end: int
    speech_share: float  # how much of it the detector takes for speech, 0 to 1
    audio: Float32 = field(repr=False, compare=False)  # shape (end - start,), a copy


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """The open utterance up to here, which is all of it if it is over; `answer` says how likely a sentence ends here.

    It may be over where there `is_silence`. A long utterance without a pause is looked at as well, in even steps.
    """

    is_silence: bool
    start: int
    end: int
    speech_share: float  # how much of it the detector takes for speech, 0 to 1
    audio: Float32 = field(repr=False, compare=False)  # shape (end - start,), a copy


@dataclass(frozen=True, slots=True, kw_only=True)
class NonSpeech:
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Muted:
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    start: int
    end: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenUtterance:
    """What was said so far, with `silence` samples at its end. Its audio: see `Listener.copy`."""

    start: int
    end: int
    silence: int


Finding = SpeechStarted | SpeechStopped | Pause | Utterance | NonSpeech | Muted | Gap


class Listener:
    """Findings of one audio session from `settled` on.

    Utterance, NonSpeech, Muted and Gap follow each other without hole or overlap. `feed` only stores; the work is
    done by `advance`, in steps small enough for an event loop. `skip` and `flush` first do all that is left, so a
    caller with a backlog calls `advance` until `is_idle` before them. While it `is_waiting` for an `answer`, it is
    idle.
    """

    def __init__(self, detector: SpeechDetector, settled: int, settings: SegmenterSettings | None = None) -> None:
        self._detector = detector
        self._settings = settings or SegmenterSettings()
        self._buffer = SampleBuffer(settled)
        self._begin_epoch(settled)

    @property
    def pending(self) -> int:
        """End position of what was fed or skipped."""
        return self._buffer.end

    @property
    def settled(self) -> int:
        """End position of the findings given so far; audio before it is forgotten."""
        return self._epoch_start

    @property
    def is_waiting(self) -> bool:
        """Nothing more can be heard before the last Pause is answered."""
        return bool(self._detected) and self._segmenter.must_wait(self._detected[0])

    @property
    def is_idle(self) -> bool:
        return self._buffer.end - self._heard_end < self._settings.window_samples or self.is_waiting

    def feed(self, samples: Float32) -> None:
        """Store the samples that follow `pending`: float32 at 16 kHz, any number."""
        self._buffer.append(samples)

    def advance(self, max_windows: int = 16) -> list[Finding]:
        """Hear at most so many windows of what is stored. 16 take about one millisecond."""
        findings: list[Finding] = []
        while max_windows > 0 and not self.is_idle:
            if not self._detected:
                n_windows = min(max_windows, (self._buffer.end - self._heard_end) // self._settings.window_samples)
                self._detected.extend(self._windows(n_windows))
                continue
            max_windows -= 1
            self._heard_end += self._settings.window_samples
            verdict = self._segmenter.hear(self._detected.popleft())
            if verdict is not None:
                self._take(verdict, findings)
        return findings

    def answer(self, pause: Pause, *, finished: float) -> list[Finding]:
        """How likely a sentence ends where this Pause was found. An answer that comes too late changes nothing."""
        findings: list[Finding] = []
        if pause.start == self._epoch_start:
            verdict = self._segmenter.answer(pause.end - pause.start, finished=finished)
            if verdict is not None:
                self._take(verdict, findings)
        return findings

    def flush(self) -> list[Finding]:
        """Close an open utterance where the samples end; the rest is NonSpeech. The next epoch starts there.

        If it `is_waiting` then, it is not done: answer, and call it again.
        """
        findings: list[Finding] = []
        while self._epoch_start < self._buffer.end and not self.is_waiting:
            if not self.is_idle:
                findings.extend(self.advance())
            else:
                self._take(self._segmenter.finish(self._buffer.end - self._epoch_start), findings)
        return findings

    def skip(self, start: int, end: int, kind: Literal["muted", "gap"], reason: str = "") -> list[Finding]:
        """[start, end) was not captured or did not arrive. `start` is `pending`, and nothing `is_waiting`."""
        if start != self.pending or end < start:
            raise ValueError("a skip follows what was fed")
        if end == start:
            return []
        findings = self.flush()
        if self.is_waiting:
            raise ValueError("a pause must be answered before what follows it is skipped")
        findings.append(Muted(start=start, end=end) if kind == "muted" else Gap(start=start, end=end, reason=reason))
        self._buffer.restart(end)
        self._begin_epoch(end)
        return findings

    def open_utterance(self) -> OpenUtterance | None:
        """The utterance that is being spoken, as far as it was heard."""
        if not self._segmenter.is_open:
            return None
        start, end = self._epoch_start, self._heard_end
        return OpenUtterance(start=start, end=end, silence=self._segmenter.silence)

    def is_quiet_since(self, end: int) -> bool:
        """The open utterance has not gone on behind `end`, as far as it was heard."""
        utterance = self.open_utterance()
        return utterance is not None and utterance.end - utterance.silence < end

    def copy(self, start: int, end: int) -> Float32:
        """Samples that are not settled yet, float32 of shape (end - start,)."""
        return self._buffer.view(start, end).copy()

    def _windows(self, n_windows: int) -> list[SpeechWindow]:
        """The decisions of the next windows. They are heard one by one, since a verdict may end the epoch at any."""
        end = self._heard_end + n_windows * self._settings.window_samples
        samples = self._buffer.view(self._heard_end, end)
        probabilities = self._detector.probabilities(samples)
        windows = samples.reshape(n_windows, self._settings.window_samples)
        return [
            SpeechWindow(probability=probability, power=float(window.dot(window)) / self._settings.window_samples)
            for probability, window in zip(probabilities.tolist(), windows, strict=True)
        ]

    def _take(self, verdict: Verdict, findings: list[Finding]) -> None:
        """Turn a verdict into findings. Windows beyond the end of an epoch are heard again in the next one."""
        start = self._epoch_start
        match verdict:
            case Opened(onset):
                findings.append(SpeechStarted(utterance_start=start, at=start + onset))
                return
            case Paused(length) | Reached(length):
                end = start + length
                share = self._segmenter.speech_share(length)
                audio = self._buffer.view(start, end).copy()
                is_silence = isinstance(verdict, Paused)
                findings.append(Pause(is_silence=is_silence, start=start, end=end, speech_share=share, audio=audio))
                return
            case Quiet(length):
                findings.append(NonSpeech(start=start, end=start + length))
            case Spoken(length):
                if not self._segmenter.is_open:
                    findings.append(SpeechStarted(utterance_start=start, at=start))
                end = start + length
                audio = self._buffer.view(start, end).copy()
                share = self._segmenter.speech_share(length)
                utterance = Utterance(start=start, end=end, speech_share=share, audio=audio)
                findings += [SpeechStopped(at=end), utterance]
        self._begin_epoch(start + length)

    def _begin_epoch(self, start: int) -> None:
        self._epoch_start = self._heard_end = start
        self._detected: deque[SpeechWindow] = deque()
        self._buffer.forget(start)
        self._detector.reset()
        self._segmenter = Segmenter(self._settings)
