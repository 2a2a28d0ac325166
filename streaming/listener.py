"""Listen to one audio session: samples and skips in, utterances and everything between them out. Pure.

The epoch rule. A client replays from the settled position, and the replay must hear what the first run heard. So the
findings from any settled position on must be a function of what was captured from there on, and of nothing before:
not of the detector's memory, not of how windows were laid, not of how the samples were cut into frames.

An epoch starts at a position S with a reset detector and with the window grid at S. It ends in one of three ways,
each of which is decided by the samples from S on, and each of which is followed by a new epoch where it ended:

- no speech for `silence_step` and the pre-roll after it: NonSpeech [S, S + silence_step);
- speech found well inside: NonSpeech [S, a), where a is the pre-roll before the speech. The next epoch starts at a,
  finds the speech again, now without the memory of what was before a, and its utterance starts at a;
- speech found at the start, then `end_silence` or a forced cut: Utterance [S, b), b including the tail.

What was heard beyond the new S is heard again. A skip (muted, gap) and a flush end the epoch where they happen.
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from streaming.audio.buffer import SampleBuffer
from streaming.audio.pcm import Float32
from streaming.segmenter import Opened, Quiet, Segmenter, SegmenterSettings, SpeechWindow, Spoken, Verdict
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
    """What was said so far. `audio` is a copy, float32 of shape (end - start,)."""

    start: int
    end: int
    audio: Float32 = field(repr=False, compare=False)


Finding = SpeechStarted | SpeechStopped | Utterance | NonSpeech | Muted | Gap


class Listener:
    """Findings of one audio session from `settled` on.

    Utterance, NonSpeech, Muted and Gap follow each other without hole or overlap. `feed` only stores; the work is
    done by `advance`, in steps small enough for an event loop. `skip` and `flush` first do all that is left, so a
    caller with a backlog calls `advance` until `is_idle` before them.
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
    def is_idle(self) -> bool:
        return self._buffer.end - self._heard_end < self._settings.window_samples

    def feed(self, samples: Float32) -> None:
        """Store the samples that follow `pending`: float32 at 16 kHz, any number."""
        self._buffer.append(samples)

    def advance(self, max_windows: int = 16) -> list[Finding]:
        """Hear at most so many windows of what is stored. 16 take about one millisecond."""
        findings: list[Finding] = []
        while max_windows > 0 and not self.is_idle:
            n_windows = min(max_windows, (self._buffer.end - self._heard_end) // self._settings.window_samples)
            max_windows -= n_windows
            for window in self._windows(n_windows):
                self._heard_end += self._settings.window_samples
                verdict = self._segmenter.hear(window)
                if verdict is not None and self._take(verdict, findings):
                    break  # the windows left over belong to the next epoch and are heard again there
        return findings

    def flush(self) -> list[Finding]:
        """Close an open utterance where the samples end; the rest is NonSpeech. The next epoch starts there."""
        findings: list[Finding] = []
        while self._epoch_start < self._buffer.end:
            findings.extend(self._hear_all())
            if self._epoch_start < self._buffer.end:
                self._take(self._segmenter.finish(self._buffer.end - self._epoch_start), findings)
        return findings

    def skip(self, start: int, end: int, kind: Literal["muted", "gap"], reason: str = "") -> list[Finding]:
        """[start, end) was not captured or did not arrive. `start` is `pending`."""
        if start != self.pending or end < start:
            raise ValueError("a skip follows what was fed")
        if end == start:
            return []
        findings = self.flush()
        findings.append(Muted(start=start, end=end) if kind == "muted" else Gap(start=start, end=end, reason=reason))
        self._buffer.restart(end)
        self._begin_epoch(end)
        return findings

    def open_utterance(self) -> OpenUtterance | None:
        """The utterance that is being spoken, as far as it was heard."""
        if not self._segmenter.is_open:
            return None
        start, end = self._epoch_start, self._heard_end
        return OpenUtterance(start=start, end=end, audio=self._buffer.view(start, end).copy())

    def _hear_all(self) -> list[Finding]:
        findings: list[Finding] = []
        while not self.is_idle:
            findings.extend(self.advance())
        return findings

    def _windows(self, n_windows: int) -> list[SpeechWindow]:
        end = self._heard_end + n_windows * self._settings.window_samples
        samples = self._buffer.view(self._heard_end, end)
        probabilities = self._detector.probabilities(samples)
        windows = samples.reshape(n_windows, self._settings.window_samples)
        powers = np.einsum("ij,ij->i", windows, windows) / self._settings.window_samples
        return [
            SpeechWindow(probability=probability, power=power)
            for probability, power in zip(probabilities.tolist(), powers.tolist(), strict=True)
        ]

    def _take(self, verdict: Verdict, findings: list[Finding]) -> bool:
        """Turn a verdict into findings; true when it ended the epoch."""
        start = self._epoch_start
        match verdict:
            case Opened(onset):
                findings.append(SpeechStarted(utterance_start=start, at=start + onset))
                return False
            case Quiet(length):
                findings.append(NonSpeech(start=start, end=start + length))
            case Spoken(length):
                if not self._segmenter.is_open:
                    findings.append(SpeechStarted(utterance_start=start, at=start))
                end = start + length
                audio = self._buffer.view(start, end).copy()
                findings += [SpeechStopped(at=end), Utterance(start=start, end=end, audio=audio)]
        self._begin_epoch(start + length)
        return True

    def _begin_epoch(self, start: int) -> None:
        self._epoch_start = self._heard_end = start
        self._buffer.forget(start)
        self._detector.reset()
        self._segmenter = Segmenter(self._settings)
