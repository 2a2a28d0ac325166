"""The tests of search once more, on a PostgreSQL server of their own, where its programs are installed."""

import os
import subprocess
import sys

from tests.faults.postgres_server import postgres_running
from tests.nodes import ROOT

PATIENCE_S = 300


def test_search_on_postgresql() -> None:
    with postgres_running() as server:
        names = [path.name for path in (ROOT / "tests" / "integration").glob("test_search_*.py")]
        ran = subprocess.run(
            [
                sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
                *(f"tests/integration/{name}" for name in names if name != "test_search_postgresql.py"),
            ],
            cwd=ROOT, env={**os.environ, "TEST_DATABASE_URL": server.url}, text=True, timeout=PATIENCE_S,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-8_000:]
    assert "passed" in ran.stdout
