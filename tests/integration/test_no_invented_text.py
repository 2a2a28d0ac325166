"""Rooms, machines and bodies make sounds all the time; none of them becomes a caption."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from streaming.listener import Listener, Utterance
from streaming.offline import recordings_transcribe
from streaming.recognizers.base import DecodeOptions, Float32, ModelMissing, Recognizer
from streaming.recognizers.believable import believed, speech_share
from streaming.recognizers.pool import RecognizerPool
from streaming.recognizers.registry import recognizer_load
from streaming.speech_models.prepared import PreparedModel
from streaming.speech_models.store import model_ensure
from streaming.vad import WINDOW_SAMPLES, SileroDetector
from tests.sounds import SOUNDS, at_level

pytestmark = pytest.mark.speech

EN = DecodeOptions(language="en")
SECONDS = 8.0
LEVELS_DBFS = (-50.0, -35.0, -20.0)  # from a faint noise in the room to one that is as loud as a voice
FAINT_DBFS = (-70.0, -60.0, -50.0)


@pytest.fixture(scope="session")
def model(speech_cache: Path) -> PreparedModel:
    return model_ensure(name="moonshine-base-en", directory=None, cache=speech_cache)


@pytest.fixture(scope="session")
def recognizer(model: PreparedModel) -> Recognizer:
    return recognizer_load(model)


@pytest.fixture
async def pool(model: PreparedModel) -> AsyncIterator[RecognizerPool]:
    pool = RecognizerPool(model, n_processes=1)
    await pool.start()
    yield pool
    await pool.close()


def sound(name: str, dbfs: float) -> Float32:
    return at_level(SOUNDS[name](SECONDS, np.random.default_rng(0)), dbfs)


def levels_of(name: str) -> tuple[float, ...]:
    return FAINT_DBFS if name == "comfort noise" else LEVELS_DBFS


def noises(shared_testdata: Path) -> dict[str, Float32]:
    """Recorded rooms and dishes, and the answers of rooms to a click; voices at once are another matter."""
    found: dict[str, Float32] = {}
    for path in sorted((shared_testdata / "noise").glob("*.flac")):
        if "babble" in path.stem:
            continue
        audio, _ = soundfile.read(path, dtype="float32", frames=16_000 * 10)
        found[path.stem] = np.tile(np.pad(audio, (0, 16_000)), 3) if "rir" in path.stem else audio
    return found


async def lines_of(recordings: dict[str, Float32], pool: RecognizerPool) -> list[tuple[str, str]]:
    transcription = await recordings_transcribe(recordings, pool=pool, language="en")
    assert transcription.lost == []
    return [(line.speaker, line.text) for line in transcription.lines if line.text]


@pytest.mark.parametrize("name", SOUNDS)
def test_a_sound_gives_the_recognizer_no_words(recognizer: Recognizer, name: str) -> None:
    """The voice detector is not perfect, so the model is asked as if it had let everything pass."""
    for dbfs in levels_of(name):
        audio = sound(name, dbfs)
        for part in (audio[:48_000], audio[48_000:64_000]):
            assert recognizer.transcribe(part, EN).text == ""


async def test_sounds_give_no_captions(pool: RecognizerPool) -> None:
    recordings = {f"{name} at {dbfs} dBFS": sound(name, dbfs) for name in SOUNDS for dbfs in levels_of(name)}
    assert await lines_of(recordings, pool) == []


async def test_recorded_rooms_give_no_captions(pool: RecognizerPool, shared_testdata: Path) -> None:
    recordings = {
        f"{name} times {gain}": (audio * np.float32(gain)).clip(-1, 1)
        for name, audio in noises(shared_testdata).items()
        for gain in (0.1, 1, 4)
    }
    assert await lines_of(recordings, pool) == []


def test_recorded_rooms_give_the_recognizer_no_words(recognizer: Recognizer, shared_testdata: Path) -> None:
    for audio in noises(shared_testdata).values():
        assert recognizer.transcribe(audio[: 16_000 * 4], EN).text == ""


async def test_a_meeting_in_which_two_words_are_said_has_no_more_than_these(
    pool: RecognizerPool, shared_testdata: Path
) -> None:
    audio, _ = soundfile.read(shared_testdata / "meeting_mixed" / "EN2001b_0000-0030_mixheadset.flac", dtype="float32")
    lines = await lines_of({"table": audio}, pool)
    assert sum(len(text.split()) for _, text in lines) <= 2


def test_humming_into_the_microphone_is_not_believed(recognizer: Recognizer) -> None:
    """The one sound of which the model makes words: a voice without any. The detector's doubt tells."""
    for seed in (0, 1):
        audio = at_level(SOUNDS["humming"](12, np.random.default_rng(seed)), -8)
        listener = Listener(SileroDetector(), 0)
        listener.feed(audio)
        utterances = [finding for finding in listener.flush() if isinstance(finding, Utterance)]
        for utterance in utterances:
            n_samples = utterance.audio.size // WINDOW_SAMPLES * WINDOW_SAMPLES
            share = speech_share(SileroDetector().probabilities(utterance.audio[:n_samples]))
            hypothesis = recognizer.transcribe(utterance.audio, EN)
            assert believed(hypothesis, engine="moonshine", share=share).text == ""


def test_speech_that_whisper_ends_in_a_loop_is_kept_without_the_loop(speech_cache: Path, shared_testdata: Path) -> None:
    """Eleven seconds of a meeting: a sentence, then "yeah, yeah, yeah" to the end. All of it used to be thrown away."""
    try:
        whisper = recognizer_load(model_ensure(name="whisper-base", directory=None, cache=speech_cache))
    except ModelMissing as problem:
        pytest.skip(str(problem))
    path = shared_testdata / "meeting_mixed" / "EN2002a_0000-0030_mixheadset.flac"
    audio, _ = soundfile.read(path, dtype="float32", start=5_120, stop=182_464)
    text = whisper.transcribe(audio, EN).text.lower()
    assert "meetings" in text
    assert text.count("yeah") < 4


def test_speech_that_breaks_off_in_the_middle_of_a_word_is_seldom_said_again(
    recognizer: Recognizer, shared_testdata: Path
) -> None:
    """A tab that crashes, a cut network. The decoder has no end to write down then, and begins anew."""
    said_again, n_asked = [], 0
    for path in sorted((shared_testdata / "read").glob("*.flac")):
        audio, _ = soundfile.read(path, dtype="float32")
        words = recognizer.transcribe(audio, EN).words
        for first, last in zip(words[3::3], words[4::3], strict=False):
            middle = (last.s + last.e) / 2
            heard = recognizer.transcribe(audio[int(first.s * 16_000) : int(middle * 16_000)], EN)
            n_asked += 1
            if re.search(r"\b(.+)\W+\1$", heard.text.casefold().strip(" .,?!")):
                said_again.append(heard.text)
    assert n_asked > 100
    assert len(said_again) <= 0.05 * n_asked, said_again
