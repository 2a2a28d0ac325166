"""Models that cannot be loaded, or do not understand speech, never come to work."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from streaming.recognizers.base import ModelCorrupt
from streaming.recognizers.pool import RecognizerPool
from streaming.recognizers.process import RecognizerProcess
from streaming.speech_models.prepared import PreparedModel
from streaming.speech_models.store import model_ensure

pytestmark = pytest.mark.speech


@pytest.fixture(scope="session")
def model(speech_cache: Path) -> PreparedModel:
    return model_ensure(name="moonshine-base-en", directory=None, cache=speech_cache)


@pytest.fixture
def broken(model: PreparedModel, tmp_path: Path) -> PreparedModel:
    """A copy of the model to be broken."""
    shutil.copytree(model.path, tmp_path / "broken")
    return replace(model, path=tmp_path / "broken")


@pytest.mark.parametrize("name", ["encoder.onnx", "decoder.onnx", "decoder.weights", "tokenizer.bin"])
async def test_a_model_whose_file_is_cut_off_does_not_start(broken: PreparedModel, name: str) -> None:
    data = (broken.path / name).read_bytes()
    (broken.path / name).write_bytes(data[: len(data) // 2])
    process = RecognizerProcess(broken)
    with pytest.raises(ModelCorrupt):
        await process.start()
    assert not process.is_alive


async def test_a_model_that_does_not_understand_speech_does_not_start(broken: PreparedModel) -> None:
    """The right files with the wrong words in them: found by the canary."""
    data = (broken.path / "tokenizer.bin").read_bytes()
    (broken.path / "tokenizer.bin").write_bytes(data.translate(bytes.maketrans(b"aeiou", b"xxxxx")))
    pool = RecognizerPool(broken, n_processes=1)
    with pytest.raises(ModelCorrupt, match="does not understand known speech"):
        await pool.start()
    assert pool.n_ready == 0


async def test_a_model_directory_that_is_gone_does_not_start(model: PreparedModel, tmp_path: Path) -> None:
    with pytest.raises(ModelCorrupt, match="none"):
        await RecognizerPool(replace(model, path=tmp_path / "none"), n_processes=1).start()
