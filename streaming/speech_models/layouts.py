"""Recognize what kind of model a directory or an archive holds."""

import json
import shutil
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from streaming.recognizers.base import ModelCorrupt
from streaming.speech_models.archives import Opened, archive_opened
from streaming.speech_models.prepared import ENGINE_FILES
from streaming.speech_models.sherpa_layouts import sherpa_files, sherpa_names

SHERPA: Final = "sherpa"  # found by patterns, not by names
SHIPPED_MOONSHINE: Final = ("encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin")
OPTIONAL_FILES: Final = ("vocabulary.json", "vocabulary.txt", "preprocessor_config.json", "beckett.wav")
LAYOUTS: Final[Mapping[str, tuple[str, ...]]] = {**ENGINE_FILES, "moonshine_shipped": SHIPPED_MOONSHINE}


def layout_of(names: Iterable[str]) -> str | None:
    """Which of LAYOUTS, or SHERPA, the files of one directory are."""
    present = set(names)
    exact = next((layout for layout, files in LAYOUTS.items() if present.issuperset(files)), None)
    return exact or (SHERPA if sherpa_files(present) is not None else None)


def directory_layout(directory: Path) -> str | None:
    try:
        return layout_of(path.name for path in directory.iterdir() if path.is_file() and path.stat().st_size)
    except OSError:
        return None


def layout_names(layout: str, names: Iterable[str]) -> tuple[str, ...]:
    """What of the files of one directory belongs to the model."""
    present = set(names)
    if layout == SHERPA:
        return sherpa_names(present)
    return (*LAYOUTS[layout], *(name for name in OPTIONAL_FILES if name in present))


def archive_members(archive: Opened) -> dict[str, tuple[str, ...]]:
    """The model in an archive that nobody described: file of ours to the end of its path. Raises ModelCorrupt."""
    directories: dict[PurePosixPath, list[str]] = {}
    for path in map(PurePosixPath, archive.names):
        directories.setdefault(path.parent, []).append(path.name)
    for directory, names in directories.items():
        if (layout := layout_of(names)) is not None:
            return {name: (str(directory / name),) for name in names if name in layout_names(layout, names)}
    raise ModelCorrupt("The archive holds no speech model of a kind that is known here.")


def members_extract(sources: Iterable[Path], members: Mapping[str, tuple[str, ...]], target: Path) -> None:
    """Write each file of `members` into `target`, joined from the archives. Raises ModelCorrupt."""
    with ExitStack() as stack:
        archives = [stack.enter_context(archive_opened(source)) for source in sources]
        for name, ends in members.items():
            with (target / name).open("wb") as file:
                for end in ends:
                    _member_append(archives, end, file)


def _member_append(archives: list[Opened], end: str, file: BinaryIO) -> None:
    for archive in archives:
        for name in archive.names:
            if f"/{name}".endswith(end if end.startswith("/") else f"/{end}"):
                with archive.member(name) as member:
                    shutil.copyfileobj(member, file, 1 << 20)
                return
    raise ModelCorrupt(f"The archive of the speech model holds no {end.rpartition('/')[2]}.")


def whisper_languages(directory: Path) -> tuple[str, ...]:
    """The language codes among the tokens of a Whisper model. Raises ModelCorrupt."""
    try:
        tokens = json.loads((directory / "tokenizer.json").read_text(encoding="utf-8"))["added_tokens"]
        marks = [str(token["content"]) for token in tokens]
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise ModelCorrupt(f"The tokenizer of the speech model in {directory} cannot be read.") from problem
    codes = (mark[2:-2] for mark in marks if mark.startswith("<|") and mark.endswith("|>"))
    return tuple(code for code in codes if code.isalpha() and code.islower() and len(code) in (2, 3))
