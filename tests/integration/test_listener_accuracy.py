"""Cutting a stream into utterances costs (nearly) no words: the same model on whole sentences does as well."""

import json
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import jiwer
import numpy as np
import pytest
import soundfile as sf
from whisper_normalizer.english import EnglishTextNormalizer

from streaming.audio.pcm import Float32
from streaming.clocks import SystemClock
from streaming.offline import recordings_transcribe
from streaming.recognizers.base import DecodeOptions
from streaming.recognizers.pool import RecognizerPool
from streaming.scheduler import Scheduler
from streaming.speech_models.store import model_ensure

pytestmark = pytest.mark.speech

RATE_HZ = 16_000
WORST_LOSS = 0.02
EN = DecodeOptions(language="en", want_words=True)


@pytest.fixture
async def pool(speech_cache: Path) -> AsyncIterator[RecognizerPool]:
    model = model_ensure(name="moonshine-base-en", directory=None, cache=speech_cache)
    pool = RecognizerPool(model, n_processes=2)
    await pool.start()
    yield pool
    await pool.close()


def word_error_rate(references: Iterable[str], hypotheses: Iterable[str]) -> float:
    normalize = EnglishTextNormalizer()
    return float(jiwer.wer([normalize(text) for text in references], [normalize(text) for text in hypotheses]))


async def whole(parts: list[Float32], pool: RecognizerPool) -> list[str]:
    """Each part decoded by itself."""
    scheduler = Scheduler(pool=pool, clock=SystemClock())
    scheduler.start()
    try:
        finals = [scheduler.final(part, EN) for part in parts]
        return [(await final).text for final in finals]
    finally:
        await scheduler.close()


async def streamed(streams: dict[str, Float32], pool: RecognizerPool) -> dict[str, str]:
    """What the pipeline of a live session makes of each stream."""
    transcription = await recordings_transcribe(streams, pool=pool, language="en")
    assert transcription.lost == []
    return {name: " ".join(line.text for line in transcription.lines if line.speaker == name) for name in streams}


async def test_streamed_sentences_are_as_right_as_whole_ones(shared_testdata: Path, pool: RecognizerPool) -> None:
    rows = [json.loads(row) for row in (shared_testdata / "read" / "manifest.jsonl").read_text().splitlines()]
    sentences = [sf.read(shared_testdata / "read" / row["audio"], dtype="float32")[0] for row in rows]
    pause = np.zeros(2 * RATE_HZ, dtype=np.float32)
    references: dict[str, str] = {}
    streams: dict[str, Float32] = {}
    for speaker in {row["speaker"] for row in rows}:
        of_speaker = [index for index, row in enumerate(rows) if row["speaker"] == speaker]
        references[speaker] = " ".join(rows[index]["text"] for index in of_speaker)
        streams[speaker] = np.concatenate(
            [part for index in of_speaker for part in (pause, sentences[index])] + [pause]
        )
    heard = await streamed(streams, pool)
    at_once = word_error_rate([row["text"] for row in rows], await whole(sentences, pool))
    assert word_error_rate(references.values(), [heard[speaker] for speaker in references]) <= at_once + WORST_LOSS


async def test_a_streamed_meeting_track_is_as_right_as_its_turns(shared_testdata: Path, pool: RecognizerPool) -> None:
    directory = shared_testdata / "meeting_simulated"
    meeting = json.loads((directory / "manifest.jsonl").read_text().splitlines()[0])
    references: dict[str, str] = {}
    turned: dict[str, str] = {}
    tracks: dict[str, Float32] = {}
    for speaker in meeting["tracks"]:
        tracks[speaker], _ = sf.read(directory / meeting["tracks"][speaker], dtype="float32")
        turns = sorted((t for t in meeting["segments"] if t["speaker"] == speaker), key=lambda turn: turn["start"])
        references[speaker] = " ".join(turn["text"] for turn in turns)
        cuts = [tracks[speaker][int(turn["start"] * RATE_HZ) : int(turn["end"] * RATE_HZ)] for turn in turns]
        turned[speaker] = " ".join(await whole(cuts, pool))
    heard = await streamed(tracks, pool)
    assert word_error_rate(references.values(), heard.values()) <= (
        word_error_rate(references.values(), turned.values()) + WORST_LOSS
    )
