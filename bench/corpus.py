"""Read speech with references, as one continuous recording per speaker, and when each word was said."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from bench.word_times import SpokenWord, sharpened, with_reference
from meetings.limits import SAMPLE_RATE_HZ
from streaming.client.audio_files import audio_read
from streaming.recognizers.base import DecodeOptions, Float32
from streaming.recognizers.registry import recognizer_load
from streaming.speech_models.store import model_ensure

PAUSE_S = 1.5  # between utterances: longer than the silence that ends one
ALIGNER = "whisper-base"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """One utterance within a speaker's stream. `name` is that of its recording."""

    name: str
    start_s: float
    end_s: float
    reference: str
    words: tuple[SpokenWord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerStream:
    name: str
    audio: Float32
    utterances: tuple[Spoken, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    path: Path
    speaker: str
    text: str


def recordings_read(testdata: Path, *, n_utterances: int) -> dict[str, list[Recording]]:
    """The first `n_utterances` of each speaker of `read/`, by speaker."""
    found: dict[str, list[Recording]] = defaultdict(list)
    for line in (testdata / "read" / "manifest.jsonl").read_text().splitlines():
        row = json.loads(line)
        found[row["speaker"]].append(
            Recording(path=testdata / "read" / row["audio"], speaker=row["speaker"], text=row["text"])
        )
    return {speaker: list(islice(recordings, n_utterances)) for speaker, recordings in found.items()}


def words_align(recordings: list[Recording], *, cache: Path) -> dict[str, list[SpokenWord]]:
    """When each word was said, by cross-attention of the packaged Whisper model; kept in `cache/alignments.json`."""
    kept_path = cache / "alignments.json"
    kept = json.loads(kept_path.read_text()) if kept_path.exists() else {}
    missing = [recording for recording in recordings if recording.path.name not in kept]
    if missing:
        aligner = recognizer_load(model_ensure(name=ALIGNER, directory=None, cache=cache))
        for recording in missing:
            heard = aligner.transcribe(audio_read(recording.path), DecodeOptions(language="en", want_words=True))
            kept[recording.path.name] = [
                asdict(SpokenWord(text=word.w, start_s=word.s, end_s=word.e)) for word in heard.words
            ]
        kept_path.write_text(json.dumps(kept))
    return {name: [SpokenWord(**word) for word in words] for name, words in kept.items()}


def speaker_stream(
    name: str, recordings: Sequence[Recording], words: Mapping[str, Sequence[SpokenWord]]
) -> SpeakerStream:
    """The recordings one after another, with a pause of silence before, between and after them."""
    pause = np.zeros(int(PAUSE_S * SAMPLE_RATE_HZ), np.float32)
    parts, utterances, position_s = [pause], [], PAUSE_S
    for recording in recordings:
        audio = audio_read(recording.path)
        utterances.append(spoken(recording, audio, words[recording.path.name], at_s=position_s))
        parts += [audio, pause]
        position_s = utterances[-1].end_s + PAUSE_S
    return SpeakerStream(name=name, audio=np.concatenate(parts), utterances=tuple(utterances))


def spoken(recording: Recording, audio: Float32, words: Sequence[SpokenWord], *, at_s: float) -> Spoken:
    """What is said in a recording that begins at `at_s` of a stream."""
    words = with_reference(sharpened(words, audio), recording.text)
    return Spoken(
        name=recording.path.name,
        start_s=at_s,
        end_s=at_s + audio.size / SAMPLE_RATE_HZ,
        reference=recording.text,
        words=tuple(word.moved(at_s) for word in words),
    )
