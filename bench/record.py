"""`make bench-record`: search, event replay and export on a record of many meetings.

Fills a fresh database (SQLite in a temporary directory, or the empty one that `--database` names) and measures in this
process, below HTTP. Cold is the first time: a new connection, and for SQLite a file that the system has forgotten.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.figures import percentile
from tests.nodes import ROOT, node_environment

if TYPE_CHECKING:
    from bench.record_measures import Measure

COLUMNS = (
    ("measure", "measure"),
    ("found", "found"),
    ("cold_ms", "cold ms"),
    ("p50_ms", "p50 ms"),
    ("p95_ms", "p95 ms"),
    ("cpu_p95_ms", "CPU p95 ms"),
)


def main() -> int:
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="colloquy-record-") as directory:
        models = ROOT / "data" / "models"
        os.environ |= node_environment(data_dir=Path(directory), models=models, DATABASE_URL=arguments.database)
        import django

        django.setup()
        rows = _measured(n_meetings=arguments.meetings, n_segments=arguments.segments)
    sys.stdout.write(markdown(rows))
    return 0


def _measured(*, n_meetings: int, n_segments: int) -> list[dict[str, Any]]:
    """Each row is printed as a line of JSON once it is measured."""
    from django.core.management import call_command
    from django.db import connection

    from bench.record_measures import measures
    from bench.record_rows import filled
    from meetings.search.index import index_install, index_remove

    call_command("migrate", verbosity=0)
    began_s = time.monotonic()
    with _hurried():
        index_remove(connection)  # line by line it would take three times as long
        record = filled(n_meetings=n_meetings, n_segments=n_segments)
        filled_s = time.monotonic()
        index_install(connection)
        indexed_s = time.monotonic()
    said = {"meetings": record.n_meetings, "segments": record.n_segments, "of_the_large_one": record.n_large}
    took = {"filled_s": round(filled_s - began_s, 1), "indexed_s": round(indexed_s - filled_s, 1)}
    _say(said | took | {"mib": _database_mib()})
    rows = []
    for measure in measures(record):
        rows.append(_row(measure))
        _say(rows[-1])
    return rows


def _row(measure: "Measure") -> dict[str, Any]:
    _forget()
    cold = _run(measure.run, 0)
    warm = [_run(measure.run, number) for number in range(measure.n_runs)]
    return {
        "measure": measure.name,
        "found": max(each.found for each in (cold, *warm)),
        "cold_ms": round(cold.took_ms, 1),
        "p50_ms": _rounded(percentile([each.took_ms for each in warm], 50)),
        "p95_ms": _rounded(percentile([each.took_ms for each in warm], 95)),
        "cpu_p95_ms": _rounded(percentile([each.cpu_ms for each in warm], 95)),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """`cpu_ms` is this process's: what it would take if nobody else used the machine, and the disk cost nothing."""

    took_ms: float
    cpu_ms: float
    found: int


def _run(run: Callable[[int], int], number: int) -> Run:
    began_s, cpu_began_s = time.perf_counter(), time.process_time()
    found = run(number)
    took_s, cpu_s = time.perf_counter() - began_s, time.process_time() - cpu_began_s
    return Run(took_ms=1_000 * took_s, cpu_ms=1_000 * cpu_s, found=found)


class _hurried:  # noqa: N801 - a context manager, read as one
    """A power cut while it is filled costs nothing: it is filled anew."""

    def __enter__(self) -> None:
        self._set("OFF")

    def __exit__(self, *_: object) -> None:
        self._set("FULL")

    def _set(self, synchronous: str) -> None:
        from django.db import connection

        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute(f"PRAGMA synchronous={synchronous}")


def _forget() -> None:
    """A new connection; SQLite's file is read from the disk again."""
    from django.db import connection

    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    if connection.vendor == "sqlite":
        file = os.open(str(connection.settings_dict["NAME"]), os.O_RDONLY)
        os.fsync(file)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(file)


def _database_mib() -> float | None:
    from django.db import connection

    if connection.vendor != "sqlite":
        return None
    return round(Path(str(connection.settings_dict["NAME"])).stat().st_size / 2**20)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _say(row: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(row) + "\n")
    sys.stdout.flush()


def markdown(rows: Sequence[dict[str, Any]]) -> str:
    """As docs/performance.md shows it."""
    lines = [[title for _, title in COLUMNS], ["---"] * len(COLUMNS)]
    lines += [[str(row[key]) for key, _ in COLUMNS] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.record", description=__doc__)
    parser.add_argument("--meetings", type=int, default=1_000)
    parser.add_argument("--segments", type=int, default=1_000_000, help="in all of them together")
    parser.add_argument("--database", default="", help="DATABASE_URL of an empty database instead of a new SQLite file")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
