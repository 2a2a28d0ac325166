"""Several models on one node: the first that knows a language decodes it, and is named with what it heard."""

import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import jiwer
import pytest

from streaming.recognizers.base import DecodeOptions, Float32, LanguageUnsupported, ModelCorrupt
from streaming.recognizers.pool import RecognizerPool
from streaming.recognizers.registry import recognizer_load
from streaming.recognizers.several import SeveralModels
from streaming.speech_models.catalog import MODELS
from streaming.speech_models.layouts import whisper_languages
from streaming.speech_models.prepared import PreparedModel
from streaming.speech_models.store import models_ensure
from tests.foreign_speech import letters, spoken
from tests.speech import assert_beckett, sound_read

pytestmark = pytest.mark.speech


@pytest.fixture(scope="session")
def models(speech_cache: Path) -> tuple[PreparedModel, ...]:
    return models_ensure(("moonshine-base-en", "whisper-base"), directory=None, cache=speech_cache)


@pytest.fixture(scope="session")
def beckett(speech_samples: dict[str, Path]) -> Float32:
    return sound_read(speech_samples["beckett"])


@pytest.fixture(scope="session")
def several(models: tuple[PreparedModel, ...]) -> SeveralModels:
    return SeveralModels(models)


@pytest.fixture
async def pool(models: tuple[PreparedModel, ...]) -> AsyncIterator[RecognizerPool]:
    pool = RecognizerPool(*models, n_processes=1)
    await pool.start()
    yield pool
    await pool.close()


def test_the_first_model_that_knows_a_language_decodes_it(several: SeveralModels, beckett: Float32) -> None:
    english = several.transcribe(beckett, DecodeOptions(language="en-GB"))
    assert_beckett(english)
    assert (english.engine, english.language) == ("moonshine-base-en", "en-GB")
    assert several.transcribe(beckett, DecodeOptions(language="de")).engine == "whisper-base"


@pytest.mark.parametrize("language", ["", "xx", "tlh"])
def test_what_no_model_knows_is_refused_and_nothing_is_guessed(
    several: SeveralModels, beckett: Float32, language: str
) -> None:
    with pytest.raises(LanguageUnsupported):
        several.transcribe(beckett, DecodeOptions(language=language))


@pytest.mark.parametrize(
    ("name", "language", "most_wrong"),
    [
        ("pv_cheetah_de.flac", "de-AT", 0.2),
        ("fleurs_de.flac", "de", 0.2),
        ("mls_es_13697_11991_000000.flac", "es", 0.2),
        ("pv_cheetah_es.flac", "es", 0.6),  # greedy decoding repeats "las" here without end
        ("pv_cheetah_fr.flac", "fr", 0.25),
        ("pv_cheetah_it.flac", "it", 0.25),
        ("pv_cheetah_pt.flac", "pt", 0.25),
    ],
)
def test_other_languages_are_understood(
    several: SeveralModels, shared_testdata: Path, name: str, language: str, most_wrong: float
) -> None:
    audio, text = spoken(shared_testdata, name)
    hypothesis = several.transcribe(audio, DecodeOptions(language=language, want_words=True))
    assert jiwer.cer(letters(text), letters(hypothesis.text)) <= most_wrong
    assert (hypothesis.engine, hypothesis.language) == ("whisper-base", language)
    assert "".join(word.w for word in hypothesis.words).replace(" ", "") == hypothesis.text.replace(" ", "")
    assert all(0 <= word.s <= word.e <= len(audio) / 16_000 for word in hypothesis.words)


async def test_a_process_loads_the_second_model_when_it_is_first_needed(
    pool: RecognizerPool, beckett: Float32, shared_testdata: Path
) -> None:
    """The caller's own time limit is for decoding: loading is granted more."""
    assert pool.supports("de")
    assert (pool.update_every_x("en"), pool.update_every_x("de")) == (1, 3)
    audio, text = spoken(shared_testdata, "pv_cheetah_de.flac")
    async with pool.slot() as process:
        german = await process.transcribe(audio, DecodeOptions(language="de"), timeout_s=0.01)
    assert jiwer.cer(letters(text), letters(german.text)) <= 0.2
    english = await pool.transcribe(beckett, DecodeOptions(language="en"))
    assert (german.engine, english.engine) == ("whisper-base", "moonshine-base-en")
    assert pool.n_restarts == 0


def test_a_second_model_that_does_not_understand_known_speech_is_not_used(
    models: tuple[PreparedModel, ...], tmp_path: Path, beckett: Float32
) -> None:
    broken = replace(models[1], path=tmp_path / "broken")
    shutil.copytree(models[1].path, broken.path)
    tokens = json.loads((broken.path / "tokenizer.json").read_text())
    vocabulary = tokens["model"]["vocab"]
    tokens["model"]["vocab"] = {word: (number * 7) % 50_000 for word, number in vocabulary.items() if number < 50_000}
    (broken.path / "tokenizer.json").write_text(json.dumps(tokens))
    several = SeveralModels([models[0], broken])
    for _ in range(2):
        with pytest.raises(ModelCorrupt):
            several.transcribe(beckett, DecodeOptions(language="de"))
    assert_beckett(several.transcribe(beckett, DecodeOptions(language="en")))


def test_the_catalogue_knows_whispers_languages(models: tuple[PreparedModel, ...]) -> None:
    assert set(MODELS["whisper-base"].languages) == set(whisper_languages(models[1].path))


def test_whisper_alone_takes_english_too(models: tuple[PreparedModel, ...], beckett: Float32) -> None:
    assert "tried" in recognizer_load(models[1]).transcribe(beckett, DecodeOptions(language="en")).text.lower()
