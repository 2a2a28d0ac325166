"""A model directory that can be loaded, and the manifest that proves it whole."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from streaming.recognizers.base import ModelCorrupt, language_is_supported

MANIFEST_NAME: Final = "manifest.json"
MANIFEST_FORMAT: Final = 1
SPEECH_NAME: Final = "beckett.wav"

ENGINE_FILES: Final[Mapping[str, tuple[str, ...]]] = {
    "moonshine": ("encoder.onnx", "encoder.weights", "decoder.onnx", "decoder.weights", "tokenizer.bin"),
    "whisper": ("model.bin", "config.json", "tokenizer.json"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedModel:
    """`path` holds everything that `engine` loads. An operator's own directory is used where it is."""

    name: str
    engine: str
    path: Path
    languages: tuple[str, ...]

    @property
    def speech(self) -> Path | None:
        """A short recording of real speech that came with the model, to prove with that it works."""
        places = (self.path / SPEECH_NAME, self.path.parent / "samples" / SPEECH_NAME)
        return next((place for place in places if place.is_file()), None)


def model_for(models: Iterable[PreparedModel], language: str) -> PreparedModel | None:
    """The first of `models`, which stand in the order of preference, that knows the language."""
    return next((model for model in models if language_is_supported(model.languages, language)), None)


def languages_of(models: Iterable[PreparedModel]) -> tuple[str, ...]:
    """The codes that at least one of them knows, those of the preferred first."""
    return tuple(dict.fromkeys(code for model in models for code in model.languages))


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def manifest_write(directory: Path, *, model: PreparedModel, recipe: str) -> None:
    """Describe every file of `directory`. The last write before the directory gets its final name."""
    files = {
        path.name: {"bytes": path.stat().st_size, "sha256": file_sha256(path)}
        for path in sorted(directory.iterdir())
        if path.name != MANIFEST_NAME
    }
    manifest = {
        "format": MANIFEST_FORMAT,
        "name": model.name,
        "engine": model.engine,
        "languages": list(model.languages),
        "recipe": recipe,
        "files": files,
    }
    (directory / MANIFEST_NAME).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def prepared_verify(directory: Path, *, recipe: str | None = None) -> PreparedModel:
    """Read every byte of a prepared directory and compare it with the manifest; about 0.3 s for 140 MB.

    A manifest made by another `recipe` (other sources, another version of the preparation) does not count.
    Raises ModelCorrupt.
    """
    try:
        manifest = json.loads((directory / MANIFEST_NAME).read_text(encoding="utf-8"))
        if manifest["format"] != MANIFEST_FORMAT or (recipe is not None and manifest["recipe"] != recipe):
            raise ModelCorrupt(f"The speech model in {directory} was prepared by another version.")
        expected = {str(name): (int(row["bytes"]), str(row["sha256"])) for name, row in manifest["files"].items()}
        model = PreparedModel(
            name=str(manifest["name"]),
            engine=str(manifest["engine"]),
            path=directory.resolve(),
            languages=tuple(str(code) for code in manifest["languages"]),
        )
    except FileNotFoundError:
        raise ModelCorrupt(f"The speech model in {directory} is incomplete: it has no manifest.") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise ModelCorrupt(f"The manifest of the speech model in {directory} cannot be read.") from problem
    if missing := [name for name in ENGINE_FILES.get(model.engine, ()) if name not in expected]:
        raise ModelCorrupt(f"The speech model in {directory} is incomplete: {missing[0]} is missing.")
    for name, (n_bytes, sha256) in expected.items():
        _file_verify(directory / name, n_bytes=n_bytes, sha256=sha256)
    return model


def _file_verify(path: Path, *, n_bytes: int, sha256: str) -> None:
    try:
        is_whole = path.stat().st_size == n_bytes and file_sha256(path) == sha256
    except OSError as problem:
        raise ModelCorrupt(f"{path} of the speech model cannot be read ({problem.strerror}).") from problem
    if not is_whole:
        raise ModelCorrupt(f"{path} of the speech model is damaged: its checksum is not the recorded one.")
