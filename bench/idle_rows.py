"""Idle sockets as a part of the whole benchmark: `bench.idle` in a process of its own, its JSON lines as rows."""

import json
import subprocess
import sys
from argparse import Namespace
from importlib.util import find_spec
from typing import Any

from tests.nodes import ROOT


def idle_rows_of(arguments: Namespace, *, n_speakers: int) -> list[dict[str, Any]]:
    """Raises CalledProcessError."""
    if not arguments.idle:
        return []
    if find_spec("bench.idle") is None:
        sys.stderr.write("There is no bench.idle here: idle sockets are left out.\n")
        return []
    ran = subprocess.run(
        [
            sys.executable, "-m", "bench.idle", "--sockets", *map(str, arguments.idle), "--speakers", str(n_speakers),
            "--testdata", str(arguments.testdata), "--data-dir", str(arguments.data_dir),
        ],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    sys.stdout.write(ran.stdout)
    sys.stdout.flush()
    return [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
