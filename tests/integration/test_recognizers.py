"""Real speech through the real models, loaded into this process."""

from pathlib import Path

import numpy as np
import pytest

from bench.bleed_sounds import headsets_read
from bench.bleed_words import errors_of
from streaming.offline import segments_transcribe
from streaming.recognizers.base import DecodeOptions, Float32, LanguageUnsupported, ModelMissing, Recognizer
from streaming.recognizers.pool import RecognizerPool
from streaming.recognizers.registry import recognizer_load
from streaming.recognizers.rehearing import heard_out
from streaming.speech_models.store import model_ensure
from tests.speech import BECKETT, assert_beckett, sound_read

pytestmark = pytest.mark.speech


@pytest.fixture(scope="session")
def recognizer(speech_cache: Path) -> Recognizer:
    return recognizer_load(model_ensure(name="moonshine-base-en", directory=None, cache=speech_cache))


@pytest.fixture(scope="session")
def beckett(speech_samples: dict[str, Path]) -> Float32:
    return sound_read(speech_samples["beckett"])


def test_moonshine_understands_real_speech(recognizer: Recognizer, beckett: Float32) -> None:
    hypothesis = recognizer.transcribe(beckett, DecodeOptions(language="en"))
    assert_beckett(hypothesis)
    assert hypothesis.language == "en"
    assert 0.6 < hypothesis.confidence <= 1
    assert hypothesis.text == " ".join(hypothesis.text.split())


@pytest.mark.parametrize("n_samples", [0, 1, 1_599, 1_600, 8_000, 32_000])
@pytest.mark.parametrize("level", [0.0, 1e-4, 1e-2])
def test_silence_and_noise_of_any_length_give_no_words(recognizer: Recognizer, n_samples: int, level: float) -> None:
    noise = np.random.default_rng(n_samples).standard_normal(n_samples, dtype=np.float32) * np.float32(level)
    assert heard_out(recognizer, noise, DecodeOptions(language="en")).text == ""


async def test_what_is_doubted_is_heard_again(
    recognizer: Recognizer, speech_cache: Path, shared_testdata: Path
) -> None:
    """Utterances in headsets of a real meeting: fewer words are wrong than in the first hearing, in all together."""
    pool = RecognizerPool(model_ensure(name="moonshine-base-en", directory=None, cache=speech_cache), n_processes=1)
    await pool.start()
    n_errors = dict.fromkeys((False, True), 0)
    try:
        for headsets in headsets_read(shared_testdata).values():
            for each in headsets:
                spoken = await segments_transcribe({"": each.audio}, pool=pool, language="en")
                pieces = [each.audio[segment.start : segment.end] for segment in spoken[""]]
                for is_again, hear in ((False, type(recognizer).transcribe), (True, heard_out)):
                    texts = [hear(recognizer, piece, DecodeOptions(language="en")).text for piece in pieces]
                    n_errors[is_again] += errors_of(each.reference, " ".join(texts)).errors
    finally:
        await pool.close()
    assert n_errors[True] <= n_errors[False] - 3, n_errors


def test_a_loop_is_cut_at_the_rate_at_which_nobody_speaks(recognizer: Recognizer, beckett: Float32) -> None:
    syllable = np.tile(beckett[16_000:19_200], 25)
    assert len(recognizer.transcribe(syllable, DecodeOptions(language="en")).tokens) <= int(5 * 6.5) + 2


def test_another_language_is_refused(recognizer: Recognizer, beckett: Float32) -> None:
    with pytest.raises(LanguageUnsupported, match="does not know the language de"):
        recognizer.transcribe(beckett, DecodeOptions(language="de"))


def test_recorded_rooms_and_dishes_give_no_words(recognizer: Recognizer, shared_testdata: Path) -> None:
    import soundfile

    for path in sorted((shared_testdata / "noise").glob("sb_noise[12].flac")):
        audio, _ = soundfile.read(path, dtype="float32", frames=16_000 * 6)
        assert heard_out(recognizer, audio, DecodeOptions(language="en")).text == ""


@pytest.mark.parametrize("name", ["moonshine-tiny-en", "whisper-base"])
def test_the_other_models_understand_the_same_speech(speech_cache: Path, beckett: Float32, name: str) -> None:
    try:
        other = model_ensure(name=name, directory=None, cache=speech_cache)
    except ModelMissing as problem:
        pytest.skip(str(problem))
    hypothesis = recognizer_load(other).transcribe(beckett, DecodeOptions(language="en", want_words=True))
    assert sum(word in hypothesis.text.lower() for word in BECKETT) >= 3
    if other.engine == "whisper":
        assert "".join(word.w for word in hypothesis.words).replace(" ", "") == hypothesis.text.replace(" ", "")
        assert all(0 <= word.s <= word.e <= len(beckett) / 16_000 for word in hypothesis.words)
