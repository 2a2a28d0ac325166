"""Find utterances in the speech decisions of one epoch. Pure: no clock, no audio, no I/O.

An epoch is a run of windows with its own start (see `listener`); all offsets here count samples from that start.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmenterSettings:
    """Durations are in samples at 16 kHz; those that bound an epoch are whole windows."""

    window_samples: int = 512
    # Measured on read speech and a simulated meeting: 0.5 and 0.35 cut sentences apart and cost half a point of WER;
    # at 0.3 and 0.2 noise is taken for speech half as often again.
    start_probability: float = 0.4
    stop_probability: float = 0.25  # below `start`, so that a weak syllable does not end an utterance
    onset_windows: int = 2  # one loud window is a click; the shortest words last longer than two
    preroll_samples: int = 5_120  # 320 ms: VAD reports speech late; first words were lost without it (see tests)
    preroll_slack_samples: int = 2_048  # how much earlier an utterance may begin, so as not to start over for it
    tail_samples: int = 3_584  # 224 ms: final consonants fade below the detector's threshold
    # The surer a sentence is finished, the less silence ends its utterance. Cutting at each end of a clause (352 ms
    # from 0.75 on) costs 3 points of WER on read speech: what follows is understood by what was said before.
    finished_silence_samples: int = 4_608  # 288 ms
    likely_silence_samples: int = 6_656  # 416 ms
    end_silence_samples: int = 10_752  # 672 ms: a pause for thought is shorter
    finished: float = 0.75
    likely_finished: float = 0.5
    # 4 s: what was said without a pause may be heard differently in the final, but not more of it. Every 3 s cost a
    # tenth more CPU with sixteen speakers.
    checkpoint_samples: int = 64_000
    longest_samples: int = 320_000  # 20 s: the recognizer's accuracy falls beyond it
    cut_search_samples: int = 128_000  # 8 s: where the quietest point of a forced cut is looked for
    silence_step_samples: int = 40_960  # 80 windows: silence is settled in these steps

    def __post_init__(self) -> None:
        for name in ("preroll_samples", "silence_step_samples", "tail_samples"):
            if getattr(self, name) % self.window_samples:
                raise ValueError(f"{name} must be a whole number of windows")
        if self.silence_step_samples <= 0 or self.cut_search_samples >= self.longest_samples:
            raise ValueError("an epoch must always get on")
        silences = (self.finished_silence_samples, self.likely_silence_samples, self.end_silence_samples)
        if not (self.tail_samples <= silences[0] <= silences[1] <= silences[2]):
            raise ValueError("the tail is part of the silence that ends an utterance, and what is surer ends sooner")

    def silence_needed(self, finished: float) -> int:
        """How much silence ends an utterance in which a sentence is `finished` with this probability; in samples."""
        if finished >= self.finished:
            return self.finished_silence_samples
        return self.likely_silence_samples if finished >= self.likely_finished else self.end_silence_samples


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechWindow:
    probability: float  # that it holds speech, in [0, 1]
    power: float  # mean square of its samples


@dataclass(frozen=True, slots=True)
class Opened:
    """The epoch's start is the start of an utterance; speech itself was first found at `onset`."""

    onset: int


@dataclass(frozen=True, slots=True)
class Quiet:
    """[0, end) holds no utterance. The epoch is over; the next begins at `end`."""

    end: int


@dataclass(frozen=True, slots=True)
class Spoken:
    """[0, end) is an utterance. The epoch is over; the next begins at `end`."""

    end: int


@dataclass(frozen=True, slots=True)
class Paused:
    """[0, end) is an utterance if nothing follows, and it will be known sooner if it is known to be finished.

    A question: `answer` it. The epoch goes on.
    """

    end: int


@dataclass(frozen=True, slots=True)
class Reached:
    """[0, end) is the begin of a long utterance; what is heard of it now is what its final begins with."""

    end: int


Verdict = Opened | Quiet | Spoken | Paused | Reached

VOICED_PROBABILITY = 0.5
SILENT_POWER = 1e-12  # -120 dBFS: below it all windows are equally quiet
SMOOTHED_WINDOWS = 6  # a cut lies in the middle of 192 ms that are quiet together, not in the closure of a "t"


class Segmenter:
    """Turns the windows of one epoch into verdicts; `Quiet` and `Spoken` end the epoch and with it this object.

    An utterance always begins where an epoch begins: when speech is found further in, the verdict is `Quiet` up to
    the pre-roll, and the next epoch finds the utterance from there. So what is found from a position on never
    depends on what came before it. Nor does it depend on when a question was answered: see `must_wait`.
    """

    def __init__(self, settings: SegmenterSettings) -> None:
        self._settings = settings
        self._n_windows = 0
        self._onset: int | None = None  # window index of the candidate or confirmed first speech
        self._last_speech = 0  # window index
        self._powers: list[float] = []
        self._n_voiced: list[int] = [0]  # windows that are rather speech than not, before each boundary
        self._decoded_to = 0  # the last pause or checkpoint
        self._asked: int | None = None  # the end of the pause that is not answered yet
        self._needed = settings.end_silence_samples  # as was answered about the present pause
        self.is_open = False

    def hear(self, window: SpeechWindow) -> Verdict | None:
        index = self._n_windows
        self._n_windows += 1
        self._powers.append(window.power)
        self._n_voiced.append(self._n_voiced[-1] + (window.probability > VOICED_PROBABILITY))
        if self.is_open:
            return self._hear_open(index, window)
        return self._hear_closed(index, window)

    def must_wait(self, window: SpeechWindow) -> bool:
        """Whether this window may not be heard before the answer is there, because it would forestall it.

        It goes on after a pause that would have ended the utterance if its sentence was finished, or makes it so long
        that it is cut. The answer decides, however late it comes: a replay would get it earlier or later.
        """
        settings = self._settings
        if self._asked is None:
            return False
        if window.probability >= settings.stop_probability:
            return self.silence >= settings.finished_silence_samples
        is_cut = (self._n_windows + 2) * settings.window_samples > settings.longest_samples
        return is_cut and self.silence + settings.window_samples >= settings.finished_silence_samples

    def answer(self, end: int, *, finished: float) -> Spoken | None:
        """How likely a sentence ends at `end`, which was asked about. A late answer changes nothing."""
        if end != self._asked:
            return None
        self._asked, self._needed = None, self._settings.silence_needed(finished)
        return self._ended()

    def speech_share(self, end: int) -> float:
        """How much of the samples [0, end) is speech, 0 to 1."""
        n_windows = min(end // self._settings.window_samples, self._n_windows)
        return self._n_voiced[n_windows] / n_windows if n_windows else 1.0

    def finish(self, end: int) -> Quiet | Spoken:
        """Nothing follows the samples [0, end), of which all whole windows were heard. `end` is positive.

        A candidate that was not confirmed yet counts as speech: it may be the begin of a word.
        """
        if self._onset is None:
            return Quiet(end)
        if not self.is_open and (skipped := self._before_preroll()) > 0:
            return Quiet(skipped)
        return Spoken(min(end, self._end_of_speech() + self._settings.tail_samples))

    def _hear_closed(self, index: int, window: SpeechWindow) -> Opened | Quiet | None:
        settings = self._settings
        needed = settings.start_probability if self._onset is None else settings.stop_probability
        if window.probability < needed:
            self._onset = None
        else:
            self._onset = index if self._onset is None else self._onset
            self._last_speech = index
            if index + 1 - self._onset >= settings.onset_windows:
                return self._open()
        heard = self._n_windows * settings.window_samples
        if self._onset is None and heard >= settings.silence_step_samples + settings.preroll_samples:
            return Quiet(settings.silence_step_samples)
        return None

    def _open(self) -> Opened | Quiet:
        if (skipped := self._before_preroll()) > 0:
            return Quiet(skipped)
        self.is_open = True
        return Opened((self._onset or 0) * self._settings.window_samples)

    def _before_preroll(self) -> int:
        """How much of the epoch lies before the utterance; 0 when it may as well begin with the epoch."""
        settings = self._settings
        skipped = (self._onset or 0) * settings.window_samples - settings.preroll_samples
        return skipped if skipped > settings.preroll_slack_samples else 0

    def _hear_open(self, index: int, window: SpeechWindow) -> Spoken | Paused | Reached | None:
        settings = self._settings
        if window.probability >= settings.stop_probability:
            self._last_speech, self._asked, self._needed = index, None, settings.end_silence_samples
        if (ended := self._ended()) is not None:
            return ended
        heard = self._n_windows * settings.window_samples
        if heard + settings.window_samples > settings.longest_samples:
            return Spoken(self._quietest_boundary(heard))
        if self.silence == settings.tail_samples:
            self._asked = self._decoded_to = heard
            return Paused(heard)
        if self.silence == 0 and heard - self._decoded_to >= settings.checkpoint_samples:
            self._decoded_to = heard
            return Reached(heard)
        return None

    def _ended(self) -> Spoken | None:
        if self.silence < self._needed:
            return None
        return Spoken(self._end_of_speech() + self._settings.tail_samples)

    @property
    def silence(self) -> int:
        """Samples since the last speech of an open utterance."""
        return self._n_windows * self._settings.window_samples - self._end_of_speech()

    def _end_of_speech(self) -> int:
        return (self._last_speech + 1) * self._settings.window_samples

    def _quietest_boundary(self, heard: int) -> int:
        """The window boundary in the last `cut_search_samples` around which it is quietest; of equals the latest."""
        half = SMOOTHED_WINDOWS // 2
        first = max(half, math.ceil((heard - self._settings.cut_search_samples) / self._settings.window_samples))
        quietest = min(
            range(first, self._n_windows - half + 1),
            key=lambda boundary: (
                sum(max(SILENT_POWER, p) for p in self._powers[boundary - half : boundary + half]),
                -boundary,
            ),
        )
        return quietest * self._settings.window_samples
