"""A model directory is loaded only when every byte is the one that was written."""

import json
from pathlib import Path

import pytest

from streaming.recognizers.base import ModelCorrupt
from streaming.speech_models.prepared import MANIFEST_NAME, PreparedModel, manifest_write, prepared_verify


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes(name.encode() * 100)
    model = PreparedModel(name="some-model", engine="whisper", path=tmp_path, languages=("en", "de"))
    manifest_write(tmp_path, model=model, recipe="one")
    return tmp_path


def test_what_was_written_is_verified(directory: Path) -> None:
    expected = PreparedModel(name="some-model", engine="whisper", path=directory, languages=("en", "de"))
    assert prepared_verify(directory) == expected
    assert prepared_verify(directory, recipe="one") == expected


def test_one_flipped_bit_is_found(directory: Path) -> None:
    data = bytearray((directory / "model.bin").read_bytes())
    data[450] ^= 1
    (directory / "model.bin").write_bytes(data)
    with pytest.raises(ModelCorrupt, match="damaged"):
        prepared_verify(directory)


def test_a_half_written_file_is_found(directory: Path) -> None:
    (directory / "model.bin").write_bytes((directory / "model.bin").read_bytes()[:300])
    with pytest.raises(ModelCorrupt, match="damaged"):
        prepared_verify(directory)


@pytest.mark.parametrize("name", ["model.bin", MANIFEST_NAME])
def test_a_missing_file_is_found(directory: Path, name: str) -> None:
    (directory / name).unlink()
    with pytest.raises(ModelCorrupt):
        prepared_verify(directory)


def test_another_recipe_does_not_count(directory: Path) -> None:
    with pytest.raises(ModelCorrupt, match="another version"):
        prepared_verify(directory, recipe="two")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": 1, "files": 3}', '{"format": 1, "recipe": "one", "files": {"a": {}}}']
)
def test_a_manifest_of_another_shape_is_an_error_and_no_crash(directory: Path, text: str) -> None:
    (directory / MANIFEST_NAME).write_text(text)
    with pytest.raises(ModelCorrupt):
        prepared_verify(directory)


def test_a_manifest_must_name_what_the_engine_loads(directory: Path) -> None:
    manifest = json.loads((directory / MANIFEST_NAME).read_text())
    del manifest["files"]["tokenizer.json"]
    (directory / MANIFEST_NAME).write_text(json.dumps(manifest))
    with pytest.raises(ModelCorrupt, match=r"tokenizer\.json is missing"):
        prepared_verify(directory)
