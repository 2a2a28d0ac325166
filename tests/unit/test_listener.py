"""The epoch rule: findings are a function of the samples after the settled position, and they account for all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.audio.pcm import Float32
from streaming.listener import (
    Finding,
    Gap,
    Listener,
    Muted,
    NonSpeech,
    Pause,
    SpeechStarted,
    SpeechStopped,
    Utterance,
)
from streaming.segmenter import SegmenterSettings
from tests.unit.pause_answers import Asker

WINDOW = 8
SETTINGS = SegmenterSettings(
    window_samples=WINDOW,
    preroll_samples=4 * WINDOW,
    preroll_slack_samples=2 * WINDOW,
    tail_samples=2 * WINDOW,
    finished_silence_samples=4 * WINDOW,
    likely_silence_samples=5 * WINDOW,
    end_silence_samples=7 * WINDOW - 3,
    checkpoint_samples=9 * WINDOW,
    longest_samples=40 * WINDOW,
    cut_search_samples=16 * WINDOW,
    silence_step_samples=12 * WINDOW,
)


class LingeringDetector:
    """Remembers for ever, as the real one does: what it says of a window depends on all windows since the reset."""

    def reset(self) -> None:
        self._memory = 0.1

    def probabilities(self, samples: Float32) -> Float32:
        found = []
        for window in samples.reshape(-1, WINDOW):
            self._memory = 0.6 * self._memory + 0.4 * float(np.abs(window).mean())
            found.append(min(1.0, self._memory))
        return np.array(found, dtype=np.float32)


class LateDetector(LingeringDetector):
    """Reports speech four windows after it began, as far back as the pre-roll reaches."""

    def reset(self) -> None:
        self._recent = [0.0] * 4

    def probabilities(self, samples: Float32) -> Float32:
        self._recent += [float(np.abs(window).max()) for window in samples.reshape(-1, WINDOW)]
        reported, self._recent = self._recent[:-4], self._recent[-4:]
        return np.array(reported, dtype=np.float32)


@dataclass(frozen=True)
class Feed:
    samples: Float32


@dataclass(frozen=True)
class Skip:
    n_samples: int
    is_muted: bool


class Flush:
    pass


Event = Feed | Skip | Flush


@st.composite
def sounds(draw: st.DrawFn) -> Float32:
    """Stretches of silence, murmur and voice of any length, not laid on any grid."""
    stretches = draw(st.lists(st.tuples(st.sampled_from([0.0, 0.3, 0.45, 1.0]), st.integers(1, 180)), max_size=8))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    parts = [level * rng.uniform(0.7, 1.0, length) for level, length in stretches]
    return np.concatenate([np.zeros(0), *parts]).astype(np.float32)


def skips() -> st.SearchStrategy[Event]:
    return st.builds(Skip, n_samples=st.integers(0, 90), is_muted=st.booleans())


histories = st.lists(sounds().map(Feed) | skips() | st.builds(Flush), max_size=5).map(lambda events: [*events, Flush()])


def play(
    events: Sequence[Event],
    *,
    settled: int = 0,
    chunk_samples: int = 10_000,
    max_windows: int = 16,
    late_by: int = 0,
) -> list[Finding]:
    """Everything a listener finds when it joins a history at `settled`."""
    listener, position = Listener(LingeringDetector(), settled, SETTINGS), 0
    asker = Asker(listener, max_windows=max_windows, late_by=late_by)
    findings: list[Finding] = []
    for event in events:
        match event:
            case Feed(samples):
                missing = samples[max(0, settled - position) :]
                for first in range(0, len(missing), chunk_samples):
                    listener.feed(missing[first : first + chunk_samples])
                    findings += asker.hear_out()
                position += len(samples)
            case Skip(n_samples, is_muted):
                start, position = max(position, settled), position + n_samples
                if position > start:
                    findings += asker.flush()
                    findings += listener.skip(
                        start, position, "muted" if is_muted else "gap", "" if is_muted else "lost"
                    )
            case Flush() if position >= settled:
                findings += asker.flush()
    return findings


def advanced(listener: Listener, max_windows: int) -> Iterator[Finding]:
    while not listener.is_idle:
        yield from listener.advance(max_windows)


def spans(findings: Sequence[Finding]) -> list[Utterance | NonSpeech | Muted | Gap]:
    return [f for f in findings if not isinstance(f, SpeechStarted | SpeechStopped | Pause)]


def length_samples(events: Sequence[Event]) -> int:
    return sum(len(e.samples) if isinstance(e, Feed) else e.n_samples if isinstance(e, Skip) else 0 for e in events)


@settings(max_examples=200, deadline=None)
@given(histories, st.integers(1, 100), st.integers(1, 40), st.integers(0, 30))
def test_any_chunking_and_any_delay_of_answers_give_the_same_findings(
    events: list[Event], chunk_samples: int, max_windows: int, late_by: int
) -> None:
    assert play(events, chunk_samples=chunk_samples, max_windows=max_windows, late_by=late_by) == play(events)


@settings(max_examples=200, deadline=None)
@given(histories)
def test_a_replay_from_any_settled_position_finds_what_the_first_run_found(events: list[Event]) -> None:
    findings = play(events)
    for index, finding in enumerate(findings):
        if not isinstance(finding, SpeechStarted | SpeechStopped):
            assert play(events, settled=finding.end, chunk_samples=13, late_by=5) == findings[index + 1 :]


@settings(max_examples=200, deadline=None)
@given(histories)
def test_every_sample_is_in_exactly_one_finding(events: list[Event]) -> None:
    reached = 0
    for span in spans(play(events)):
        assert span.start == reached < span.end
        reached = span.end
    assert reached == length_samples(events)


@settings(max_examples=100, deadline=None)
@given(sounds())
def test_utterances_carry_the_audio_of_their_positions(samples: Float32) -> None:
    for finding in play([Feed(samples), Flush()], chunk_samples=50):
        if isinstance(finding, Utterance):
            np.testing.assert_array_equal(finding.audio, samples[finding.start : finding.end])
            assert finding.end - finding.start <= SETTINGS.longest_samples


@settings(max_examples=100, deadline=None)
@given(histories)
def test_each_utterance_is_opened_once_and_closed_once(events: list[Event]) -> None:
    told = [f for f in play(events) if isinstance(f, SpeechStarted | SpeechStopped | Utterance)]
    for started, stopped, utterance in zip(told[::3], told[1::3], told[2::3], strict=True):
        assert isinstance(started, SpeechStarted)
        assert isinstance(stopped, SpeechStopped)
        assert isinstance(utterance, Utterance)
        assert started.utterance_start == utterance.start
        assert started.utterance_start <= started.at <= stopped.at == utterance.end


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 400), st.integers(20, 200))
def test_the_first_word_is_kept_although_the_detector_reports_it_late(n_silent: int, n_spoken: int) -> None:
    samples = np.concatenate([np.zeros(n_silent), np.ones(n_spoken), np.zeros(300)]).astype(np.float32)
    listener = Listener(LateDetector(), 0, SETTINGS)
    listener.feed(samples)
    findings = [*advanced(listener, 16), *listener.flush()]
    covered = np.zeros(len(samples), dtype=bool)
    for finding in findings:
        if isinstance(finding, Utterance):
            covered[finding.start : finding.end] = True
    assert covered[n_silent : n_silent + n_spoken].all()


def test_a_word_that_began_just_before_the_end_is_an_utterance() -> None:
    samples = np.concatenate([np.zeros(200), np.ones(3 * WINDOW)]).astype(np.float32)
    *_, last = play([Feed(samples), Flush()])
    assert isinstance(last, Utterance)
    assert last.end == len(samples)


def test_findings_trail_what_was_heard_by_the_preroll_at_least() -> None:
    """What is settled cannot be had again, and the next word may have begun unheard."""
    listener = Listener(LingeringDetector(), 0, SETTINGS)
    for _ in range(200):
        listener.feed(np.zeros(5, dtype=np.float32))
        list(advanced(listener, 16))
        assert listener.pending < SETTINGS.preroll_samples or (
            listener.pending - listener.settled >= SETTINGS.preroll_samples
        )


def test_the_open_utterance_can_be_seen_while_it_is_spoken() -> None:
    listener = Listener(LingeringDetector(), 1_000, SETTINGS)
    assert listener.open_utterance() is None
    samples = np.linspace(0.8, 1.0, 100).astype(np.float32)
    listener.feed(samples)
    list(advanced(listener, 16))
    opened = listener.open_utterance()
    assert opened is not None
    assert (opened.start, opened.end) == (1_000, 1_096)
    np.testing.assert_array_equal(listener.copy(opened.start, opened.end), samples[:96])
    listener.flush()
    assert listener.open_utterance() is None


def test_one_step_hears_no_more_windows_than_allowed() -> None:
    heard = []

    class CountingDetector(LingeringDetector):
        def probabilities(self, samples: Float32) -> Float32:
            heard.append(len(samples) // WINDOW)
            return super().probabilities(samples)

    listener = Listener(CountingDetector(), 0, SETTINGS)
    listener.feed(np.ones(1_000 * WINDOW, dtype=np.float32))
    while not listener.is_idle:
        heard.clear()
        listener.advance(5)
        assert 0 < sum(heard) <= 5


def test_a_skip_must_follow_what_was_fed() -> None:
    listener = Listener(LingeringDetector(), 100, SETTINGS)
    with pytest.raises(ValueError, match="follows"):
        listener.skip(99, 200, "gap", "lost")


def test_a_skip_is_reported_with_its_kind_and_reason() -> None:
    listener = Listener(LingeringDetector(), 0, SETTINGS)
    assert listener.skip(0, 50, "muted") == [Muted(start=0, end=50)]
    assert listener.skip(50, 70, "gap", "unexplained") == [Gap(start=50, end=70, reason="unexplained")]
    assert listener.skip(70, 70, "muted") == []
