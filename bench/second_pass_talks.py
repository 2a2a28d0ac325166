"""Who says what in the recordings that the second pass is measured with."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import numpy as np
import soundfile

from bench.bleed import DELAYS_MS
from bench.bleed_sounds import microphones
from bench.corpus import SpeakerStream, recordings_read, words_align
from bench.rosters import meeting, readers
from meetings.limits import SAMPLE_RATE_HZ
from streaming.audio.pcm import Float32
from streaming.client.audio_files import audio_read

PAUSE: Float32 = np.zeros(SAMPLE_RATE_HZ, np.float32)
BLEED_SECONDS = 300.0
BLEED_DB = (-6.0, -12.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """Voices on one clock; `said` is each one's reference, `times_s` the starts of its words where these are known."""

    corpus: str
    voices: Mapping[str, Float32]
    said: Mapping[str, str]
    language: str = "en"
    times_s: Mapping[str, Sequence[tuple[str, float]]] = field(default_factory=dict)


def read(testdata: Path, n_utterances: int) -> Iterator[Talk]:
    """Each reader's utterances one after another, a second apart."""
    for speaker, recordings in recordings_read(testdata, n_utterances=n_utterances).items():
        said = " ".join(each.text for each in recordings)
        audio = _one_after_another([each.path for each in recordings])
        yield Talk(corpus="read", voices={speaker: audio}, said={speaker: said})


def simulated(testdata: Path) -> Iterator[Talk]:
    directory = testdata / "meeting_simulated"
    row = json.loads((directory / "manifest.jsonl").read_text().splitlines()[0])
    voices = {name: audio_read(directory / file) for name, file in row["tracks"].items()}
    segments = sorted(row["segments"], key=lambda each: each["start"])
    said = {name: " ".join(each["text"] for each in segments if each["speaker"] == name) for name in voices}
    yield Talk(corpus="meeting, simulated", voices=voices, said=said)


def headsets(testdata: Path) -> Iterator[Talk]:
    """Verbatim references: fillers and cut words count."""
    directory = testdata / "meeting_headsets"
    for line in (directory / "manifest.jsonl").read_text().splitlines():
        row = json.loads(line)
        audio, _ = soundfile.read(directory / row["audio"], dtype="float32")
        voices, times_s = {}, {}
        for channel, name in enumerate(row["channel_speakers"]):
            voices[name] = np.concatenate([np.ascontiguousarray(audio[:, channel]), PAUSE])
            words = sorted((word for word in row["words"] if not word["punc"]), key=lambda word: word["start"])
            times_s[name] = [(word["word"], word["start"]) for word in words if word["speaker"] == name]
        said = {name: " ".join(word for word, _ in each) for name, each in times_s.items()}
        yield Talk(corpus="meeting, headsets", voices=voices, said=said, times_s=times_s)


def bleeding(testdata: Path, *, cache: Path) -> Iterator[Talk]:
    """Microphones that hear the others too, in real rooms: people who take turns, and two who speak at once."""
    recordings = recordings_read(testdata, n_utterances=10)
    words = words_align([each for group in recordings.values() for each in group], cache=cache)
    scenes: dict[str, Sequence[SpeakerStream]] = {
        "meeting": meeting(testdata, words, seconds=BLEED_SECONDS),
        "overlap": readers(recordings, words, n_readers=2, seconds=BLEED_SECONDS),
    }
    for scene, streams in scenes.items():
        said = {each.name: " ".join(utterance.reference for utterance in each.utterances) for each in streams}
        for gain_db in BLEED_DB:
            voices = microphones(streams, testdata, gain_db=gain_db, delays_ms=DELAYS_MS["near"])
            yield Talk(corpus=f"{scene}, others at {gain_db:.0f} dB", voices=voices, said=said)


def languages(testdata: Path) -> Iterator[Talk]:
    """What there is of each language, one recording after another as if one voice said it."""
    directory = testdata / "languages"
    rows = [json.loads(line) for line in (directory / "manifest.jsonl").read_text().splitlines()]
    for language, group in groupby(sorted(rows, key=lambda row: str(row["lang"])), key=lambda row: str(row["lang"])):
        found = list(group)
        audio = _one_after_another([directory / row["audio"] for row in found])
        said = " ".join(row["text"] for row in found)
        yield Talk(corpus=language, voices={language: audio}, said={language: said}, language=language)


def _one_after_another(files: Sequence[Path]) -> Float32:
    return np.concatenate([PAUSE, *(part for file in files for part in (audio_read(file), PAUSE))])
