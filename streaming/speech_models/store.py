"""Find a speech model, or fetch and prepare it: an operator's directory, the cache, a package archive, an address."""

import hashlib
import re
import urllib.parse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from streaming.recognizers.base import ModelCorrupt, ModelMissing
from streaming.speech_models.archives import archive_opened
from streaming.speech_models.build import model_build
from streaming.speech_models.cache import ModelCache
from streaming.speech_models.catalog import MODELS, SAMPLES, Archive, CataloguedModel
from streaming.speech_models.download import address_fetch, archive_fetch
from streaming.speech_models.layouts import (
    SHERPA,
    SHIPPED_MOONSHINE,
    archive_members,
    directory_layout,
    members_extract,
    whisper_languages,
)
from streaming.speech_models.prepared import MANIFEST_NAME, PreparedModel, file_sha256, prepared_verify
from streaming.speech_models.progress import ProgressCallback, progress_ignore
from streaming.speech_models.sherpa_layouts import LANGUAGES_NAME, languages_parse, sherpa_model

RECIPE: Final = "int8-4"  # another name makes every cached model be prepared anew


def model_ensure(
    *,
    name: str,
    directory: Path | None,
    cache: Path,
    mirror: str = "",
    progress: ProgressCallback = progress_ignore,
) -> PreparedModel:
    """The model `name`: one of MODELS, a directory, or `https://…/model.zip#sha256=…`. Blocks; may take minutes.

    The address may be that of a tar archive too. `directory` is looked into first, for the model's files or the
    archives that carry it. `mirror` is an address under which those archives lie; it is asked when the package registry
    does not answer.
    Raises ModelMissing, ModelCorrupt: one sentence that says what to do about it.
    """
    if directory is not None and not directory.is_dir():
        raise ModelMissing(f"The directory {directory} for speech models does not exist.")
    store = _Store(cache, directory=directory, mirror=mirror, progress=progress)
    try:
        if "://" in name:
            return store.from_address(name)
        if (spec := MODELS.get(name)) is not None:
            return store.catalogued(spec)
        return store.from_path(Path(name).expanduser())
    except OSError as problem:
        raise ModelMissing(f"The speech model {name} cannot be kept in {cache}: {problem}.") from problem


def models_ensure(
    names: Sequence[str], *, directory: Path | None, cache: Path, progress: ProgressCallback = progress_ignore
) -> tuple[PreparedModel, ...]:
    """Each of `names`, as above; what cannot be had keeps the others from being used, until the list says so."""
    models: list[PreparedModel] = []
    for name in names:
        try:
            models.append(model_ensure(name=name, directory=directory, cache=cache, progress=progress))
        except ModelMissing as problem:
            if not models:
                raise
            had = ",".join(names[: len(models)])
            raise ModelMissing(f"{problem} To do without it, set SPEECH_MODEL={had}.") from problem
    return tuple(models)


def model_ensure_catalogued(
    spec: CataloguedModel,
    *,
    cache: Path,
    directory: Path | None = None,
    mirror: str = "",
    progress: ProgressCallback = progress_ignore,
) -> PreparedModel:
    """As `model_ensure`, for a model that is described but has no name in MODELS. Raises OSError too."""
    return _Store(cache, directory=directory, mirror=mirror, progress=progress).catalogued(spec)


def speech_samples(cache: Path, *, progress: ProgressCallback = progress_ignore) -> dict[str, Path]:
    """Real speech from a package: `beckett` (10 s, 16 kHz) and `two_cities` (44 s, 48 kHz). Raises as above."""
    model = model_ensure_catalogued(SAMPLES, cache=cache, progress=progress)
    return {Path(name).stem: model.path / name for name in SAMPLES.members}


class _Store:
    def __init__(self, cache: Path, *, directory: Path | None, mirror: str, progress: ProgressCallback) -> None:
        self._cache = ModelCache(cache, progress=progress)
        self._directory = directory
        self._mirror = mirror
        self._progress = progress

    def catalogued(self, spec: CataloguedModel) -> PreparedModel:
        if self._directory is not None:
            for place in (self._directory / spec.name, self._directory):
                if (model := self._from_directory(place, name=spec.name, engine=spec.engine)) is not None:
                    return model

        def fill(work: Path) -> PreparedModel:
            raw = work / "raw"
            raw.mkdir()
            members_extract([self._archive(archive, work) for archive in spec.archives], spec.members, raw)
            for name, sha256 in spec.sha256.items():
                if file_sha256(raw / name) != sha256:
                    raise ModelCorrupt(f"{name} of the speech model {spec.name} has a wrong SHA-256.")
            return self._built(raw, work / "model", spec.name, spec.languages, engine=spec.engine)

        recipe = " ".join([RECIPE, *(archive.sha256[:16] for archive in spec.archives)])
        return self._cache.entry(spec.name, recipe=recipe, fill=fill)

    def from_path(self, path: Path) -> PreparedModel:
        if not path.is_dir():
            known = ", ".join(MODELS)
            raise ModelMissing(
                f"The speech model {path} is unknown: choose one of {known}, a directory, or an address."
            )
        model = self._from_directory(path, name=path.resolve().name, engine="")
        if model is None:
            raise ModelMissing(f"The directory {path} holds no speech model of a kind that is known here.")
        return model

    def from_address(self, name: str) -> PreparedModel:
        address, _, fragment = name.partition("#")
        said = dict(urllib.parse.parse_qsl(fragment))
        sha256 = said.get("sha256", "").lower()
        if not re.fullmatch("[0-9a-f]{64}", sha256):
            raise ModelMissing(f"The address {address} of a speech model must end in #sha256= and 64 hex digits.")
        languages = languages_parse(said.get("languages", ""))
        stem = re.sub(r"(\.tar)?\.\w+$", "", Path(urllib.parse.urlsplit(address).path).name) or "model"

        def fill(work: Path) -> PreparedModel:
            archive = self._cache.download(sha256)
            address_fetch(address, archive, sha256=sha256, progress=self._progress)
            raw = work / "raw"
            raw.mkdir()
            kept = archive.rename(work / "archive")
            with archive_opened(kept) as opened:
                members = archive_members(opened)
            members_extract([kept], members, raw)
            return self._built(raw, work / "model", stem, languages)

        recipe = " ".join([RECIPE, *languages])
        return self._cache.entry(f"address-{sha256[:16]}", recipe=recipe, fill=fill)

    def _from_directory(self, place: Path, *, name: str, engine: str) -> PreparedModel | None:
        """None when `place` holds no model, or one of another engine than the wanted one."""
        if (place / MANIFEST_NAME).exists():
            model = prepared_verify(place)
            return model if model.engine.startswith(engine) else None
        layout = directory_layout(place)
        if layout is None or not layout.startswith(engine):
            return None
        if layout != "moonshine_shipped":
            languages = _languages(place, layout, name)
            return PreparedModel(name=name, engine=layout, path=place.resolve(), languages=languages)

        def fill(work: Path) -> PreparedModel:
            return self._built(place, work / "model", name, ())

        sums = "".join(file_sha256(place / part) for part in SHIPPED_MOONSHINE)
        digest = hashlib.sha256(sums.encode()).hexdigest()[:16]
        return self._cache.entry(f"{name}-{digest}", recipe=RECIPE, fill=fill)

    def _archive(self, archive: Archive, work: Path) -> Path:
        if self._directory is not None and (given := self._directory / archive.file_name).is_file():
            if file_sha256(given) != archive.sha256:
                raise ModelCorrupt(f"{given} is damaged: its SHA-256 is not the known one.")
            return given
        target = work / archive.file_name
        try:
            archive_fetch(archive, target, progress=self._progress)
        except ModelMissing:
            if not self._mirror:
                raise
            address = f"{self._mirror.rstrip('/')}/{archive.file_name}"
            download = self._cache.download(archive.file_name)
            address_fetch(address, download, sha256=archive.sha256, progress=self._progress)
            download.rename(target)
        return target

    def _built(
        self, raw: Path, target: Path, name: str, languages: tuple[str, ...], *, engine: str | None = None
    ) -> PreparedModel:
        if engine == "":  # nothing to load: recordings
            for path in raw.iterdir():
                path.rename(target / path.name)
        else:
            engine = model_build(raw, target, progress=self._progress)
        languages = languages or _languages(target, engine, name)
        return PreparedModel(name=name, engine=engine, path=target, languages=languages)


def _languages(directory: Path, engine: str, name: str) -> tuple[str, ...]:
    """English-only models, and all of Moonshine's, end in their language."""
    if engine == SHERPA:
        return _sherpa_languages(directory, name)
    suffix = re.search(r"[-.]([a-z]{2})$", name)
    if engine == "moonshine" or (suffix is not None and suffix[1] == "en"):
        return (suffix[1] if suffix else "en",)
    return whisper_languages(directory)


def _sherpa_languages(directory: Path, name: str) -> tuple[str, ...]:
    if languages := sherpa_model(directory, name=name).languages:
        return languages
    raise ModelMissing(
        f"Nothing tells which languages the speech model {name} knows: write their codes (en, de) into a file "
        f"{LANGUAGES_NAME} beside it, or add &languages=en,de to its address."
    )
