"""`python -m bench.tables`: a benchmark's document as the tables of docs/performance.md, put where they belong.

A table stands between `<!-- bench: NAME -->` and `<!-- /bench -->`; what stood there before is replaced.
"""

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.nodes import ROOT

PLACE = "<!-- bench: {} -->\n{}\n<!-- /bench -->"
PLACES = re.compile(r"<!-- bench: (\w+) -->\n.*?<!-- /bench -->", re.DOTALL)
Row = Mapping[str, Any]
Cells = tuple[tuple[str, tuple[str, ...]], ...]

READ: Cells = (
    ("speakers at once", ("speakers",)),
    ("first words p50 / p95 s", ("first_partial_p50_s", "first_partial_p95_s")),
    ("word visible p50 / p95 s", ("word_p50_s", "word_p95_s")),
    ("final p50 / p95 s", ("final_p50_s", "final_p95_s")),
    ("words taken back per final word", ("erasure",)),
    ("WER % live / offline", ("wer_pct", "offline_wer_pct")),
    ("cores per speaker", ("cpu_cores_per_speaker",)),
    ("complete", ("complete",)),
    ("runs", ("runs",)),
)
MEETING: Cells = (
    ("cpWER %", ("cpwer_pct",)),
    ("tcpWER %", ("tcpwer_pct",)),
    ("WER % live / offline", ("wer_pct", "offline_wer_pct")),
    *READ[1:5],
    ("cores per speaker", ("cpu_cores_per_speaker",)),
    ("complete", ("complete",)),
    ("runs", ("runs",)),
)
COST: Cells = (
    ("speakers at once", ("speakers",)),
    ("web / recognizers CPU s", ("cpu_web_s", "cpu_recognizers_s")),
    ("cores when nobody is there", ("cpu_idle_cores",)),
    ("CPU s per audio s", ("cpu_per_audio_s",)),
    ("cores of the clients", ("clients_cpu_cores",)),
    ("web / all memory MiB", ("web_mib", "memory_mib")),
    ("partials per final", ("partials_per_final",)),
    ("s between updates", ("update_every_p50_s",)),
    ("let in / refusals before", ("admitted", "refusals")),
)
IDLE: Cells = (
    ("idle sockets", ("sockets",)),
    ("web node MiB", ("web_mib",)),
    ("KiB each", ("kib_per_socket",)),
    ("idle CPU %", ("idle_cpu_pct",)),
    ("final p50 / p95 s", ("final_p50_s", "final_p95_s")),
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.tables", description=__doc__)
    parser.add_argument("--json", type=Path, default=ROOT / "bench" / "results" / "bench.json")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "performance.md")
    arguments = parser.parse_args()
    if not arguments.json.is_file():
        sys.stderr.write(f"There is no {arguments.json}: `make bench` measures and writes it.\n")
        return 1
    tables = tables_of(json.loads(arguments.json.read_text()))
    arguments.page.write_text(filled(arguments.page.read_text(), tables))
    sys.stdout.write("\n\n".join(tables.values()) + "\n")
    return 0


def tables_of(document: Mapping[str, Any]) -> dict[str, str]:
    """By the name of their place. What was not measured has none."""
    read = [row for row in document["medians"] if row["scenario"] == "read"]
    meetings = [row for row in document["medians"] if row["scenario"] == "meeting"]
    tables = {"machine": _machine(document)}
    if read:
        tables |= {"read": _table(read, READ), "cost": _table(read, COST), "summary": _summary(document["summary"])}
    if meetings:
        tables["meeting"] = _table(meetings, MEETING)
    if document["idle"]:
        tables["idle"] = _table(document["idle"], IDLE)
    return tables


def filled(page: str, tables: Mapping[str, str]) -> str:
    """A place without a new table keeps what it has."""

    def put(place: re.Match[str]) -> str:
        name = place[1]
        return PLACE.format(name, tables[name]) if name in tables else place[0]

    return PLACES.sub(put, page)


def _table(rows: Sequence[Row], columns: Cells) -> str:
    lines = [f"| {' | '.join(title for title, _ in columns)} |", "|---" * len(columns) + "|"]
    for row in rows:
        cells = (" / ".join(_cell(row.get(name)) for name in names) for _, names in columns)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(value: object) -> str:
    """Of several runs the median, and in brackets the smallest and largest where they differ."""
    if isinstance(value, list):
        middle, least, most = value
        return f"{middle:.3g}" if least == most else f"{middle:.3g} ({least:.3g}–{most:.3g})"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3g}" if isinstance(value, float) else str(value if value is not None else "–")


def _summary(summary: Mapping[str, int]) -> str:
    lines = ["| 95 of 100 finals within | people speaking at once, nothing missing |", "|---|---|"]
    for name, most in summary.items():
        bound = name.removeprefix("speakers_with_final_p95_within_").removesuffix("_s")
        lines.append(f"| {bound} s | {most} |")
    return "\n".join(lines)


def _machine(document: Mapping[str, Any]) -> str:
    machine = document["machine"]
    return (
        f"Measured {document['measured_at'][:10]} on {machine['cores']} cores ({machine['processor']}), no GPU, "
        f"{document['offline'].get('engine', '')}, Python {machine['python']}."
    )


if __name__ == "__main__":
    sys.exit(main())
