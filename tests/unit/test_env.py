"""The environment as a value: what is missing has a default, what is wrong is named."""

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config.env import Environment, environment_read


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """An environment of its own; reading `.env` writes into it."""
    mine = {"DATA_DIR": str(tmp_path / "data")}
    monkeypatch.setattr(os, "environ", mine)
    return mine


@pytest.fixture
def read(variables: dict[str, str], tmp_path: Path) -> Environment:
    return environment_read(base_dir=tmp_path)


def test_an_empty_environment_is_one_machine_with_everything_inside(read: Environment, tmp_path: Path) -> None:
    assert read.port == 8000
    assert read.redis_url == ""
    assert read.celery_broker_url == "filesystem://localhost"
    assert read.data_dir == tmp_path / "data"
    assert read.is_guest_meetings
    assert not read.is_debug


def test_sqlite_commits_are_durable_and_never_deadlock_halfway(read: Environment) -> None:
    assert read.database["NAME"] == str(read.data_dir / "colloquy.sqlite3")
    options = read.database["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "synchronous=FULL" in options["init_command"]
    assert "journal_mode=WAL" in options["init_command"]


def test_how_long_sqlite_waits_for_a_lock_comes_from_its_url(variables: dict[str, str], tmp_path: Path) -> None:
    variables["DATABASE_URL"] = f"sqlite:///{tmp_path}/x.sqlite3?timeout=3"
    options = environment_read(base_dir=tmp_path).database["OPTIONS"]
    assert options["timeout"] == 3
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "synchronous=FULL" in options["init_command"]


def test_postgresql_comes_from_its_url(variables: dict[str, str], tmp_path: Path) -> None:
    variables["DATABASE_URL"] = "postgres://someone:secret@db:5433/meetings"
    database = environment_read(base_dir=tmp_path).database
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db", 5433, "meetings")
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert "transaction_mode" not in database.get("OPTIONS", {})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("DEBUG", "perhaps"),
        ("RECOGNIZER", "oracle"),
        ("RECOGNIZER_PROCESSES", "0"),
        ("HEAR_AGAIN", "sometimes"),
        ("DATABASE_URL", "no url"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_a_wrong_value_names_its_variable(variables: dict[str, str], tmp_path: Path, name: str, value: str) -> None:
    variables[name] = value
    with pytest.raises(ImproperlyConfigured, match=name):
        environment_read(base_dir=tmp_path)


def test_a_data_directory_that_cannot_be_written_is_one_sentence(variables: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    variables["DATA_DIR"] = str(tmp_path / "file" / "data")
    with pytest.raises(ImproperlyConfigured, match=r"DATA_DIR .*file/data cannot be written") as raised:
        environment_read(base_dir=tmp_path)
    assert "\n" not in str(raised.value)


def test_the_secret_key_is_made_once_and_kept_for_this_user_only(read: Environment, tmp_path: Path) -> None:
    kept = read.data_dir / "secret_key"
    assert len(read.secret_key) >= 64
    assert kept.read_text() == read.secret_key
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert environment_read(base_dir=tmp_path).secret_key == read.secret_key


def test_a_kept_key_that_others_could_read_is_closed_again(read: Environment, tmp_path: Path) -> None:
    kept = read.data_dir / "secret_key"
    kept.chmod(0o644)
    environment_read(base_dir=tmp_path)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_recognizer_brings_its_own_default_model(variables: dict[str, str], tmp_path: Path) -> None:
    variables["RECOGNIZER"] = "whisper"
    assert environment_read(base_dir=tmp_path).speech.models == ("whisper-base",)


def test_dotenv_completes_the_environment_and_never_overrides_it(variables: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=9001\nSPEECH_MODEL=whisper-base\n")
    variables["PORT"] = "9002"
    environment = environment_read(base_dir=tmp_path)
    assert (environment.port, environment.speech.models) == (9002, ("whisper-base",))


NAMES = settings.ENVIRONMENT.names


@pytest.mark.parametrize("blank", ["", "  "])
@pytest.mark.parametrize("name", NAMES)
def test_an_empty_value_means_the_default_and_keeps_dotenv_out(
    variables: dict[str, str], tmp_path: Path, name: str, blank: str
) -> None:
    variables |= {"NODE_NAME": "node", "SECRET_KEY": "key"}
    variables.pop(name, None)
    expected = environment_read(base_dir=tmp_path)
    (tmp_path / ".env").write_text(f"{name}=17\n")
    variables[name] = blank
    assert replace(environment_read(base_dir=tmp_path), names=()) == replace(expected, names=())


def test_speech_models_are_a_list_in_the_order_of_preference(variables: dict[str, str], tmp_path: Path) -> None:
    assert environment_read(base_dir=tmp_path).speech.models == ("moonshine-base-en", "whisper-base")
    variables["SPEECH_MODEL"] = " whisper-base, moonshine-tiny-en,,whisper-base"
    assert environment_read(base_dir=tmp_path).speech.models == ("whisper-base", "moonshine-tiny-en")
