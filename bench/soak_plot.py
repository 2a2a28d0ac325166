"""The figure of a soak: memory, latency and what else a node holds, over the hours of the meeting."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from bench.soak_figures import Measurement


def figure_save(measured: Sequence[Measurement], path: Path) -> None:
    mpl.rcParams["svg.hashsalt"] = "soak"  # the same measurements, the same file
    hours = [each.meeting_h for each in measured]
    figure = Figure(figsize=(8, 7), layout="constrained")
    memory, latency, held, database = figure.subplots(4, 1, sharex=True)
    memory.plot(hours, [each.web_mib for each in measured], label="web node")
    memory.plot(hours, [each.recognizers_mib for each in measured], label="recognizers")
    memory.set_ylabel("MiB")
    finals = [(each.meeting_h, each.final_s) for each in measured if each.final_s is not None]
    latency.plot([hour for hour, _ in finals], [s for _, s in finals], ".", label="finals")
    latency.plot(hours, [each.lag_ms / 1_000 for each in measured], ".", label="longest ack.lag_ms")
    latency.set_ylabel("s (real time)")
    held.plot(hours, [each.n_fds for each in measured], label="open files")
    held.plot(hours, [each.n_threads for each in measured], label="threads")
    held.set_ylabel("web node")
    database.plot(hours, [each.database_mib for each in measured], label="database")
    database.set_ylabel("MiB")
    database.set_xlabel("hours of the meeting")
    for axes in (memory, latency, held, database):
        axes.set_ylim(bottom=0)
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    figure.savefig(path, metadata={"Date": None})
