"""`python -m bench.plots`: draws a benchmark's document, without measuring anything again."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tests.nodes import ROOT

Row = Mapping[str, Any]
LATENCY = (("first_partial", "first words"), ("word", "a word is visible"), ("final", "final"))
BOUNDS_S = (2.0, 3.0)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.plots", description=__doc__)
    parser.add_argument("--json", type=Path, default=ROOT / "bench" / "results" / "bench.json")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="where the figures go")
    arguments = parser.parse_args()
    if not arguments.json.is_file():
        sys.stderr.write(f"There is no {arguments.json}: `make bench` measures and writes it.\n")
        return 1
    for path in plots_save(json.loads(arguments.json.read_text()), arguments.docs):
        sys.stdout.write(f"{path}\n")
    return 0


def plots_save(document: Mapping[str, Any], directory: Path) -> list[Path]:
    """The same document, the same files."""
    mpl.rcParams["svg.hashsalt"] = "bench"
    rows = sorted((row for row in document["medians"] if row["scenario"] == "read"), key=lambda row: row["speakers"])
    figures = {"latency": _latency(rows), "cpu": _cpu(rows, document["machine"]["cores"]), "partials": _partials(rows)}
    figures = figures if rows else {}
    if any(row.get("sockets") for row in document["idle"]):
        figures["idle"] = _idle(document["idle"])
    paths = []
    for name, figure in figures.items():
        paths.append(directory / f"performance-{name}.svg")
        figure.savefig(paths[-1], metadata={"Date": None})
    return paths


def _latency(rows: Sequence[Row]) -> Figure:
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    for axes, (name, title) in zip(figure.subplots(1, len(LATENCY), sharey=True), LATENCY, strict=True):
        _spread(axes, rows, f"{name}_p95_s", label="95 of 100 within")
        _spread(axes, rows, f"{name}_p50_s", label="half within")
        axes.set_title(title)
        axes.set_xlabel("people speaking at once")
        if name == "final":
            for bound_s in BOUNDS_S:
                axes.axhline(bound_s, color="0.7", linewidth=0.8, linestyle="--")
    for axes in figure.axes:
        _from_zero(axes)  # after all are drawn: they share their scale
    figure.axes[0].set_ylabel("s after it was said")
    figure.axes[0].legend(frameon=False)
    return figure


def _cpu(rows: Sequence[Row], n_cores: int) -> Figure:
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    each, machine = figure.subplots(1, 2)
    _spread(each, rows, "cpu_cores_per_speaker", label="server")
    each.set_ylabel("cores for each who speaks")
    known = [row for row in rows if row.get("cpu_web_s") and row.get("took_s")]
    speakers = [row["speakers"] for row in known]
    for name, label in (("cpu_recognizers_s", "recognizers"), ("cpu_web_s", "web node")):
        machine.plot(speakers, [row[name][0] / row["took_s"][0] for row in known], "o-", label=label)
    machine.plot(speakers, [row["clients_cpu_cores"][0] for row in known], "o-", label="the benchmark's clients")
    machine.axhline(n_cores, color="0.7", linewidth=0.8, linestyle="--")
    machine.set_ylabel("cores in use")
    for axes in (each, machine):
        axes.set_xlabel("people speaking at once")
        axes.legend(frameon=False)
        _from_zero(axes)
    return figure


def _partials(rows: Sequence[Row]) -> Figure:
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    titles = (
        ("partials_per_final", "partials for each final"),
        ("update_every_p50_s", "s between two updates"),
        ("erasure", "words taken back per word"),
    )
    for axes, (name, title) in zip(figure.subplots(1, len(titles)), titles, strict=True):
        _spread(axes, rows, name, label="")
        axes.set_title(title)
        axes.set_xlabel("people speaking at once")
        _from_zero(axes)
    return figure


def _idle(rows: Sequence[Row]) -> Figure:
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    titles = (
        ("web_mib", "MiB of the web node"),
        ("idle_cpu_pct", "CPU % when all idle"),
        ("final_p95_s", "final p95, s"),
    )
    for axes, (name, title) in zip(figure.subplots(1, len(titles)), titles, strict=True):
        known = [row for row in rows if row.get(name) is not None]
        axes.plot([row["sockets"] for row in known], [row[name] for row in known], "o-")
        axes.set_title(title)
        axes.set_xlabel("idle sockets")
        _from_zero(axes)
    return figure


def _spread(axes: Axes, rows: Sequence[Row], name: str, *, label: str) -> None:
    """The median, within the smallest and largest of the runs."""
    known = [row for row in rows if row.get(name) is not None]
    speakers = [row["speakers"] for row in known]
    (line,) = axes.plot(speakers, [row[name][0] for row in known], "o-", label=label)
    axes.fill_between(
        speakers, [row[name][1] for row in known], [row[name][2] for row in known], color=line.get_color(), alpha=0.2
    )


def _from_zero(axes: Axes) -> None:
    axes.set_ylim(bottom=0)
    axes.set_xlim(left=0)


if __name__ == "__main__":
    sys.exit(main())
