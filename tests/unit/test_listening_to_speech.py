"""The listener with the real detector on real speech: no word is outside the utterances, replays hear the same."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from streaming.audio.pcm import Float32
from streaming.listener import Finding, Listener, NonSpeech, Pause, SpeechStarted, SpeechStopped, Utterance
from streaming.segmenter import SegmenterSettings
from streaming.vad import SileroDetector

RATE_HZ = 16_000
BLOCK_SAMPLES = 320
FRAME_SAMPLES = 640
# A block this far below a recording's loudest is room noise or breath in the read sentences; above it, it is voice.
VOICE_BELOW_LOUDEST_DB = 25


@pytest.fixture(scope="module")
def read_sentences(shared_testdata: Path) -> list[Float32]:
    return [sf.read(path, dtype="float32")[0] for path in sorted((shared_testdata / "read").glob("*.flac"))]


@pytest.fixture(scope="module")
def meeting_track(shared_testdata: Path) -> Float32:
    """80 s of one participant's track: a long turn, pauses of every length, and silence while others speak."""
    samples, _ = sf.read(shared_testdata / "meeting_simulated" / "LS-1688.flac", dtype="float32")
    track: Float32 = samples[20 * RATE_HZ : 100 * RATE_HZ]
    return track


def listen(samples: Float32, *, settled: int = 0, frame_samples: int = FRAME_SAMPLES) -> list[Finding]:
    listener, findings = Listener(SileroDetector(), settled), []
    for first in range(settled, len(samples), frame_samples):
        listener.feed(samples[first : first + frame_samples])
        findings += heard_out(listener)
    return findings + listener.flush() + heard_out(listener)


def heard_out(listener: Listener) -> list[Finding]:
    """Every pause is one for thought."""
    findings: list[Finding] = []
    while not listener.is_idle:
        for finding in listener.advance(1):
            if isinstance(finding, Pause):
                findings += listener.answer(finding, finished=0)
            else:
                findings.append(finding)
    return findings


def is_voice(samples: Float32) -> np.ndarray:
    """Blocks loud between 200 Hz and 4 kHz (some rooms rumble) and not alone (clicks are), as a mask over samples."""
    spectrum = np.fft.rfft(samples)
    hz = np.fft.rfftfreq(len(samples), 1 / RATE_HZ)
    spectrum[(hz < 200) | (hz > 4_000)] = 0
    band = np.fft.irfft(spectrum, len(samples))
    blocks = band[: len(samples) // BLOCK_SAMPLES * BLOCK_SAMPLES].reshape(-1, BLOCK_SAMPLES)
    levels = 10 * np.log10(np.mean(np.square(blocks, dtype=np.float64), axis=1) + 1e-12)
    loud = levels > levels.max() - VOICE_BELOW_LOUDEST_DB
    lasting = loud & (np.roll(loud, 1) | np.roll(loud, -1))
    return np.concatenate([np.repeat(lasting, BLOCK_SAMPLES), np.zeros(len(samples) % BLOCK_SAMPLES, dtype=bool)])


def in_utterances(findings: Sequence[Finding], n_samples: int) -> np.ndarray:
    mask = np.zeros(n_samples, dtype=bool)
    for finding in findings:
        if isinstance(finding, Utterance):
            mask[finding.start : finding.end] = True
    return mask


def test_sentences_with_pauses_between_them_lose_no_voice(read_sentences: list[Float32]) -> None:
    pause = np.zeros(2 * RATE_HZ, dtype=np.float32)
    stream = np.concatenate([part for sentence in read_sentences for part in (pause, sentence)] + [pause])
    voice = np.concatenate([part for s in read_sentences for part in (pause > 0, is_voice(s))] + [pause > 0])
    covered = in_utterances(listen(stream), len(stream))
    missed_ms = 1_000 * int((voice & ~covered).sum()) / RATE_HZ
    assert missed_ms == 0


def test_each_utterance_starts_a_preroll_before_the_detector_heard_it(meeting_track: Float32) -> None:
    findings = listen(meeting_track)
    starts = [f for f in findings if isinstance(f, SpeechStarted)]
    forced_ends = {f.end for f in findings if isinstance(f, Utterance) and f.end - f.start > 11 * RATE_HZ}
    assert len(starts) >= 5
    for started in starts:
        assert started.at - started.utterance_start >= 4_800 or started.utterance_start in forced_ends | {0}


def test_a_replay_from_any_settled_position_hears_the_same_speech(meeting_track: Float32) -> None:
    findings = listen(meeting_track)
    for index, finding in enumerate(findings):
        if not isinstance(finding, SpeechStarted | SpeechStopped):
            assert listen(meeting_track, settled=finding.end, frame_samples=3_200) == findings[index + 1 :]


def test_frames_of_any_length_give_the_same_utterances(meeting_track: Float32) -> None:
    assert listen(meeting_track, frame_samples=777) == listen(meeting_track, frame_samples=48_000)


def test_speech_without_a_pause_is_cut_before_twenty_seconds(read_sentences: list[Float32]) -> None:
    """Sentences run into each other so that nobody draws breath: every sample of it still reaches a recognizer."""
    covered = [s[m.argmax() : len(m) - m[::-1].argmax()] for s in read_sentences[:8] if (m := is_voice(s)).any()]
    stream = np.concatenate(covered)
    findings = listen(stream)
    utterances = [f for f in findings if isinstance(f, Utterance)]
    assert max(f.end - f.start for f in utterances) <= SegmenterSettings().longest_samples
    assert not (is_voice(stream) & ~in_utterances(findings, len(stream))).any()


@pytest.mark.parametrize("name", ["sb_noise1", "sb_noise2", "sb_noise3", "pra_doing_the_dishes"])
def test_rooms_and_dishes_are_hardly_ever_taken_for_speech(shared_testdata: Path, name: str) -> None:
    samples, _ = sf.read(shared_testdata / "noise" / f"{name}.flac", dtype="float32")
    findings = listen(samples)
    assert sum(f.end - f.start for f in findings if isinstance(f, Utterance)) < 2 * RATE_HZ
    assert any(isinstance(f, NonSpeech) for f in findings)
