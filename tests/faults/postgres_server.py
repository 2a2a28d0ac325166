"""A PostgreSQL server of the tests' own, which can be away for a while."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.ports import free_port

PATIENCE_S = 180


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    directory: Path
    port: int
    programs: Path

    @property
    def url(self) -> str:
        return f"postgres://colloquy@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.directory}"
        self._run("pg_ctl", "start", "-w", "-D", "data", "-l", "server.log", "-o", options)

    def stop(self) -> None:
        """As in a crash: connections break, nothing is written out first."""
        self._run("pg_ctl", "stop", "-w", "-D", "data", "-m", "immediate")

    def create(self) -> None:
        self._run("initdb", "-D", "data", "-U", "colloquy", "--auth=trust", "--encoding=UTF8", "--no-sync")

    def _run(self, program: str, *arguments: str) -> None:
        # PostgreSQL refuses to run as root; where tests do, it gets the account that is nobody's.
        user = "nobody" if os.getuid() == 0 else None
        subprocess.run(
            [self.programs / program, *arguments],
            cwd=self.directory, user=user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            timeout=PATIENCE_S, check=True,
        )  # fmt: skip


@contextmanager
def postgres_running() -> Iterator[PostgresServer]:
    """Skips the test where PostgreSQL's server is not installed."""
    found = shutil.which("postgres")
    if found is None:
        pytest.skip("the PostgreSQL server is not installed")
    # Not in pytest's directory, which no other account may enter.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        if os.getuid() == 0:
            shutil.chown(name, "nobody")
        server = PostgresServer(directory=Path(name), port=free_port(), programs=Path(found).resolve().parent)
        server.create()
        server.start()
        try:
            yield server
        finally:
            server.stop()
