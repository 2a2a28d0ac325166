"""What a benchmark hands over: a table to read, and one JSON document with the machine, the settings and all rows."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.rows import Row, medians, speakers_in_time

COLUMNS = (
    ("scenario", "scenario"),
    ("speakers", "speakers"),
    ("admitted", "let in"),
    ("runs", "runs"),
    ("complete", "complete"),
    ("wer_pct", "WER %"),
    ("offline_wer_pct", "offline %"),
    ("first_partial_p50_s", "first p50"),
    ("first_partial_p95_s", "p95 s"),
    ("word_p50_s", "word p50"),
    ("word_p95_s", "p95 s"),
    ("final_p50_s", "final p50"),
    ("final_p95_s", "p95 s"),
    ("erasure", "erasure"),
    ("partials_per_final", "partials"),
    ("cpu_cores_per_speaker", "cores each"),
    ("clients_cpu_cores", "clients"),
    ("refusals", "refusals"),
    ("memory_mib", "MiB"),
)
PACKAGES = ("onnxruntime", "numpy", "daphne", "channels", "django")


def document_of(
    rows: Sequence[Row], *, settings: Mapping[str, Any], idle: Sequence[Row] = (), offline: Mapping[str, Any]
) -> dict[str, Any]:
    middle = medians(rows)
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "settings": dict(settings),
        "offline": dict(offline),
        "summary": speakers_in_time(middle),
        "medians": middle,
        "rows": list(rows),
        "idle": list(idle),
    }


def document_save(document: Mapping[str, Any], path: Path) -> None:
    """Whole or not at all: it is written anew after each run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    beside.write_text(json.dumps(document, indent=1) + "\n")
    beside.replace(path)


def machine() -> dict[str, Any]:
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "processor": _processor(),
        "system": platform.system(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "load_before": round(os.getloadavg()[0], 2),
    }


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text().splitlines() if facts.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def table(middle: Sequence[Row]) -> str:
    lines = [[title for _, title in COLUMNS], *([_cell(row.get(key)) for key, _ in COLUMNS] for row in middle)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(COLUMNS))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def _cell(value: object) -> str:
    """Of a spread the median."""
    if isinstance(value, list):
        value = value[0]
    if isinstance(value, bool):
        return "yes" if value else "NO"
    return f"{value:g}" if isinstance(value, float) else str(value if value is not None else "-")
