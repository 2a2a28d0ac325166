"""`manage.py run`: one command, from an empty data directory to a served page, and back to nothing."""

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest
from django.conf import settings

from tests.nodes import READY_S, ROOT, STOP_S, NodeProcess, node_environment, wait_until_ready

RUN = [sys.executable, str(ROOT / "manage.py"), "run"]


def processes_with(text: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if text.encode() in path.read_bytes():
                found.append((path.parent / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


def until_gone(text: str) -> None:
    """Who lost its parent hears of it a moment later."""
    deadline_s = time.monotonic() + STOP_S
    while left := processes_with(text):
        assert time.monotonic() < deadline_s, left
        time.sleep(0.1)


def run_until_ready_then_stop(environment: dict[str, str], data_dir: Path) -> str:
    with (data_dir / "node.log").open("wb") as log:
        process = subprocess.Popen(RUN, env=environment, cwd=data_dir, stdout=log, stderr=log)
        node = NodeProcess(
            url=f"http://127.0.0.1:{environment['PORT']}", data_dir=data_dir, environment=environment, process=process
        )
        try:
            wait_until_ready(node)
            assert httpx.get(f"{node.url}/healthz", timeout=READY_S).json() == {"status": "ok"}
        finally:
            process.send_signal(signal.SIGINT)
            code = process.wait(timeout=STOP_S)
    assert code == 0, node.log()
    return node.log()


def test_run_prepares_serves_and_stops_leaving_no_process_behind(speech_cache: Path, tmp_path: Path) -> None:
    environment = node_environment(data_dir=tmp_path / "data", models=speech_cache)
    first = run_until_ready_then_stop(environment, tmp_path / "data")
    assert re.search(r"Admin login .*user admin, password \S{12,}", first)
    assert f"http://127.0.0.1:{environment['PORT']}" in first
    assert "Traceback" not in first
    second = run_until_ready_then_stop(environment, tmp_path / "data")
    assert "password" not in second
    until_gone(f"DATA_DIR={environment['DATA_DIR']}")


def failure_of(environment: dict[str, str], *, command: Sequence[str] = RUN) -> str:
    ran = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=READY_S, check=False
    )
    assert ran.returncode != 0
    assert "Traceback" not in ran.stderr
    lines = ran.stderr.strip().splitlines()
    assert len(lines) == 1, ran.stderr
    return lines[0]


def test_a_busy_port_is_one_clear_sentence(speech_cache: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        environment = node_environment(data_dir=tmp_path, models=speech_cache, PORT=port)
        assert f"Port {port} on 127.0.0.1 cannot be used" in failure_of(environment)


def test_an_unwritable_data_directory_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    environment = node_environment(data_dir=tmp_path / "data", models=tmp_path)
    assert "DATA_DIR" in failure_of(environment | {"DATA_DIR": str(tmp_path / "file" / "data")})


def test_a_model_that_nobody_knows_is_one_clear_sentence(tmp_path: Path) -> None:
    environment = node_environment(data_dir=tmp_path / "data", models=tmp_path, SPEECH_MODEL="whisper-gigantic")
    assert "whisper-gigantic" in failure_of(environment)


@pytest.mark.parametrize("role", ["worker", "beat"])
def test_an_unwritable_data_directory_is_one_clear_sentence_of_celery_too(tmp_path: Path, role: str) -> None:
    (tmp_path / "file").touch()
    environment = node_environment(data_dir=tmp_path / "data", models=tmp_path)
    celery = [sys.executable, "-W", "ignore", "-m", "celery", "--app", "config", role]
    assert "DATA_DIR" in failure_of(environment | {"DATA_DIR": str(tmp_path / "file" / "data")}, command=celery)


@pytest.mark.parametrize("command", ["run", "serve"])
def test_a_database_that_does_not_answer_is_one_clear_sentence(tmp_path: Path, command: str) -> None:
    environment = node_environment(
        data_dir=tmp_path / "data",
        models=tmp_path,
        DATABASE_URL="postgres://colloquy:secret@127.0.0.1:9/colloquy",
        REDIS_URL="redis://127.0.0.1:9",
    )
    said = failure_of(environment, command=[*RUN[:2], command])
    assert said == "CommandError: The database does not answer: check DATABASE_URL."


def test_what_the_developer_set_has_no_say_in_a_node_of_the_tests(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in settings.ENVIRONMENT.names:
        monkeypatch.setenv(name, "17")
    environment = node_environment(data_dir=tmp_path / "data", models=tmp_path)
    assert [name for name in settings.ENVIRONMENT.names if environment[name] == "17"] == []
