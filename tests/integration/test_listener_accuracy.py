"""Cutting a stream into utterances costs (nearly) no words: the same model on whole sentences does as well."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import jiwer
import numpy as np
import pytest
import soundfile as sf
from whisper_normalizer.english import EnglishTextNormalizer

from streaming.audio.pcm import Float32
from streaming.listener import Finding, Listener, Pause, Utterance
from streaming.recognizers.base import DecodeOptions, Hypothesis
from streaming.recognizers.registry import recognizer_load
from streaming.speech_models.store import model_ensure
from streaming.vad import SileroDetector

pytestmark = pytest.mark.speech

RATE_HZ = 16_000
FRAME_SAMPLES = 1_600
WORST_LOSS = 0.02

Decode = Callable[[Float32], Hypothesis]


@pytest.fixture(scope="module")
def decode(speech_cache: Path) -> Decode:
    model = recognizer_load(model_ensure(name="moonshine-base-en", directory=None, cache=speech_cache))
    return lambda audio: model.transcribe(audio, DecodeOptions(language="en"))


def word_error_rate(references: list[str], hypotheses: list[str]) -> float:
    normalize = EnglishTextNormalizer()
    return float(jiwer.wer([normalize(text) for text in references], [normalize(text) for text in hypotheses]))


def streamed(samples: Float32, decode: Decode) -> str:
    said: list[str] = []
    listener = Listener(SileroDetector(), 0)
    for first in range(0, len(samples), FRAME_SAMPLES):
        listener.feed(samples[first : first + FRAME_SAMPLES])
        while not listener.is_idle:
            said += texts(listener, listener.advance(1), decode)
    while listener.settled < listener.pending:
        said += texts(listener, listener.flush(), decode)
    return " ".join(said)


def texts(listener: Listener, findings: list[Finding], decode: Decode) -> Iterator[str]:
    """What the utterances say, each pause answered at once."""
    for finding in findings:
        if isinstance(finding, Pause):
            answered = listener.answer(finding, finished=decode(finding.audio).finished)
            yield from texts(listener, answered, decode)
        elif isinstance(finding, Utterance):
            yield decode(finding.audio).text


def test_streamed_sentences_are_as_right_as_whole_ones(shared_testdata: Path, decode: Decode) -> None:
    rows = [json.loads(row) for row in (shared_testdata / "read" / "manifest.jsonl").read_text().splitlines()]
    references = [row["text"] for row in rows]
    sentences = [sf.read(shared_testdata / "read" / row["audio"], dtype="float32")[0] for row in rows]
    pause = np.zeros(2 * RATE_HZ, dtype=np.float32)
    stream = np.concatenate([part for sentence in sentences for part in (pause, sentence)] + [pause])
    whole = word_error_rate(references, [decode(sentence).text for sentence in sentences])
    assert word_error_rate([" ".join(references)], [streamed(stream, decode)]) <= whole + WORST_LOSS


def test_a_streamed_meeting_track_is_as_right_as_its_turns(shared_testdata: Path, decode: Decode) -> None:
    directory = shared_testdata / "meeting_simulated"
    meeting = json.loads((directory / "manifest.jsonl").read_text().splitlines()[0])
    references, turned, tracked = [], [], []
    for speaker in ("LS-1688", "LS-2414"):  # two of the four: decoding all of them takes a minute
        name = meeting["tracks"][speaker]
        track, _ = sf.read(directory / name, dtype="float32")
        turns = sorted((t for t in meeting["segments"] if t["speaker"] == speaker), key=lambda turn: turn["start"])
        references.append(" ".join(turn["text"] for turn in turns))
        cuts = [track[int(turn["start"] * RATE_HZ) : int(turn["end"] * RATE_HZ)] for turn in turns]
        turned.append(" ".join(decode(cut).text for cut in cuts))
        tracked.append(streamed(track, decode))
    assert word_error_rate(references, tracked) <= word_error_rate(references, turned) + WORST_LOSS
