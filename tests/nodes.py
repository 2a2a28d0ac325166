"""Real processes of the project for tests: a web node with a data directory, database and port of its own."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import httpx

from tests.ports import free_port

ROOT = Path(__file__).resolve().parent.parent
# All there are: a contract test compares the example with `Environment.names`. The benchmark runs without Django.
SETTINGS = tuple(re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
# Finals depend on what was said, and not on how busy the machine is, so that two runs can be compared word by word.
REPEATABLE = {"HEAR_AGAIN": "always"}
READY_S = 240
STOP_S = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeProcess:
    url: str
    data_dir: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes]

    @property
    def websocket_url(self) -> str:
        return self.url.replace("http", "ws", 1)

    def manage(self, *arguments: str) -> str:
        """What `manage.py …` prints, run beside the node on the same data."""
        return manage(*arguments, environment=self.environment)

    def log(self) -> str:
        return (self.data_dir / "node.log").read_text()


def node_environment(*, data_dir: Path, models: Path, **more: str) -> dict[str, str]:
    """The environment of a fresh installation in `data_dir` which shares the prepared models in `models`."""
    data_dir.mkdir(parents=True, exist_ok=True)
    if not (data_dir / "models").exists():
        (data_dir / "models").symlink_to(models, target_is_directory=True)
    # Empty means "the default", and keeps .env of this checkout from having a say.
    defaults = dict.fromkeys(SETTINGS, "")
    return {
        **os.environ,
        **defaults,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONUNBUFFERED": "1",
        "DATA_DIR": str(data_dir),
        "PORT": str(free_port()),
        **more,
    }


def manage(*arguments: str, environment: dict[str, str]) -> str:
    ran = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env=environment, cwd=ROOT, capture_output=True, text=True, timeout=READY_S, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@cache
def _migrated() -> bytes:
    """An SQLite file with all migrations and no rows, made once: they take longer than many a test of a node."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "migrated.sqlite3"
        environment = node_environment(data_dir=Path(name), models=Path(name), DATABASE_URL=f"sqlite:///{file}")
        manage("migrate", "--verbosity", "0", environment=environment)
        return file.read_bytes()


def database_make(environment: dict[str, str]) -> None:
    """What `manage.py migrate` makes for a node that has no database yet."""
    url = environment["DATABASE_URL"] or f"sqlite:///{environment['DATA_DIR']}/colloquy.sqlite3"
    if not url.startswith("sqlite:///"):
        manage("migrate", "--verbosity", "0", environment=environment)
        return
    file = Path(url.removeprefix("sqlite:///").partition("?")[0])
    if not file.exists():  # else another node has it already
        file.write_bytes(_migrated())


def node_start(environment: dict[str, str]) -> NodeProcess:
    """A serving, ready web node on a migrated database."""
    data_dir = Path(environment["DATA_DIR"])
    with (data_dir / "node.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "serve"], env=environment, cwd=ROOT, stdout=log, stderr=log
        )
    node = NodeProcess(
        url=f"http://127.0.0.1:{environment['PORT']}", data_dir=data_dir, environment=environment, process=process
    )
    try:
        wait_until_ready(node)
    except BaseException:
        node_kill(node)
        raise
    return node


def node_kill(node: NodeProcess) -> None:
    """As the kernel does when memory is short: no goodbye, and nothing in memory survives."""
    node.process.kill()
    node.process.wait()


@contextmanager
def node_running(environment: dict[str, str]) -> Iterator[NodeProcess]:
    """A migrated, serving, ready web node; on leaving it is stopped and has to end cleanly."""
    database_make(environment)
    node = node_start(environment)
    try:
        yield node
    finally:
        node.process.send_signal(signal.SIGTERM)
        try:
            code = node.process.wait(timeout=STOP_S)
        except subprocess.TimeoutExpired:
            node_kill(node)
            raise
    assert code == 0, node.log()


def wait_until_ready(node: NodeProcess) -> None:
    deadline = time.monotonic() + READY_S
    with httpx.Client(base_url=node.url, timeout=5) as http:
        while time.monotonic() < deadline:
            assert node.process.poll() is None, node.log()
            try:
                if http.get("/readyz").status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.2)
    raise AssertionError(f"not ready after {READY_S} s: {node.log()}")
