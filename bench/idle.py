"""`python -m bench.idle`: what muted participants cost a node, and whether those who speak notice them.

They join over REST, say hello, consent and mute, and from then on only answer pings: 50 in each meeting. Measured are
memory and CPU of the web process, recognizers apart, and how late finals reach two people who talk in a meeting of
their own, with and without the crowd.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from bench.corpus import SpeakerStream, recordings_read, speaker_stream, words_align
from bench.figures import latencies, percentile
from bench.streams import meeting_stream
from tests.nodes import ROOT, NodeProcess, node_environment, node_running

SOCKETS = (0, 100, 1_000, 5_000, 10_000)
SETTLE_S = 5.0  # after the last join: what it left behind (timers, pages of the log) is over
IDLE_S = 20.0
SETTINGS = {"JOINS_PER_MINUTE": "1000000", "TICKETS_PER_MINUTE": "1000000", "MAX_CONNECTIONS": "20000"}

COLUMNS = (
    ("sockets", "sockets"),
    ("join_s", "joined in s"),
    ("web_mib", "web MiB"),
    ("kib_per_socket", "KiB each"),
    ("idle_cpu_pct", "idle CPU %"),
    ("final_p50_s", "final p50"),
    ("final_p95_s", "p95 s"),
    ("word_p95_s", "word p95"),
    ("web_cpu_pct_per_speaker", "CPU %/speaker"),
)


def main() -> int:
    arguments = _arguments()
    models = arguments.data_dir / "models"
    recordings = recordings_read(arguments.testdata, n_utterances=arguments.utterances)
    words = words_align([each for group in recordings.values() for each in group], cache=models)
    streams = [speaker_stream(speaker, group, words) for speaker, group in sorted(recordings.items())]
    rows = idle_rows(streams[: arguments.speakers], models=models, sockets=arguments.sockets)
    _table(rows)
    return 0


def idle_rows(
    streams: Sequence[SpeakerStream], *, models: Path, sockets: Sequence[int] = SOCKETS
) -> list[dict[str, Any]]:
    """One row for each number of sockets, which rise; each is printed as a line of JSON once it is measured."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="colloquy-idle-") as directory:
        environment = node_environment(data_dir=Path(directory), models=models.resolve(), **SETTINGS)
        with node_running(environment) as node, crowd_running(node.url) as crowd:
            _speak(node, streams[:1])  # what a first speaker brings into memory is not the crowd's
            for n_sockets in sockets:
                row = _row(node, crowd, streams, n_sockets=n_sockets, first=rows[0] if rows else None)
                sys.stdout.write(json.dumps(row) + "\n")
                sys.stdout.flush()
                rows.append(row)
    return rows


@contextmanager
def crowd_running(url: str) -> Iterator["subprocess.Popen[str]"]:
    """The process of `bench.idle_client`; all leave at once at the end."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.idle_client", url],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        yield process  # leaving closes its input, which ends it


def crowd_told(process: "subprocess.Popen[str]", command: str) -> dict[str, Any]:
    """What it answers to a command. Raises RuntimeError when it has ended."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{command}\n")
    process.stdin.flush()
    if not (answer := process.stdout.readline()):
        raise RuntimeError("the crowd has left")
    return dict(json.loads(answer))


def _row(
    node: NodeProcess,
    crowd: "subprocess.Popen[str]",
    streams: Sequence[SpeakerStream],
    *,
    n_sockets: int,
    first: dict[str, Any] | None,
) -> dict[str, Any]:
    web = psutil.Process(node.process.pid)
    n_before, cpu_before_s = crowd_told(crowd, "count")["open"], _cpu_s(web)
    joined = crowd_told(crowd, f"open {n_sockets - n_before}")
    row: dict[str, Any] = {
        "sockets": joined["open"],
        "join_s": joined["took_s"],
        "join_cpu_ms_each": round(1_000 * (_cpu_s(web) - cpu_before_s) / max(1, n_sockets - n_before), 1),
        "refused": joined["refused"],
    }
    time.sleep(SETTLE_S)
    memory = web.memory_full_info()
    row |= {"web_mib": round(memory.pss / 2**20, 1), "web_uss_mib": round(memory.uss / 2**20, 1)}
    row |= {"n_fds": web.num_fds(), "n_threads": web.num_threads()}
    if first is not None and n_sockets > first["sockets"]:
        more_kib = 1_024 * (row["web_mib"] - first["web_mib"])
        row["kib_per_socket"] = round(more_kib / (row["sockets"] - first["sockets"]), 1)
    before_s = _cpu_s(web)
    time.sleep(IDLE_S)
    row["idle_cpu_pct"] = round(100 * (_cpu_s(web) - before_s) / IDLE_S, 1)
    row |= _speak(node, streams)
    after = crowd_told(crowd, "count")
    return row | {"sockets_after": after["open"], "closed": after["closed"]}


def _speak(node: NodeProcess, streams: Sequence[SpeakerStream]) -> dict[str, Any]:
    if not streams:
        return {}
    web = psutil.Process(node.process.pid)
    before_s, began_s = _cpu_s(web), time.monotonic()
    heard = asyncio.run(meeting_stream(node.url, streams))
    took_s, cpu_s = time.monotonic() - began_s, _cpu_s(web) - before_s
    found = [latencies(stream, each.shown) for stream, each in zip(streams, heard, strict=True)]
    row: dict[str, Any] = {
        "finals": sum(len(each.final_s) for each in found),
        "web_cpu_pct_speaking": round(100 * cpu_s / took_s, 2),
        "web_cpu_pct_per_speaker": round(100 * cpu_s / took_s / len(streams), 2),
    }
    for name in ("word", "final"):
        values = [value for each in found for value in getattr(each, f"{name}_s")]
        row |= {f"{name}_p50_s": percentile(values, 50), f"{name}_p95_s": percentile(values, 95)}
    return row


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.idle", description=__doc__)
    testdata = os.environ.get("COLLOQUY_TESTDATA") or ROOT.parent / "shared" / "testdata"
    parser.add_argument("--testdata", type=Path, default=Path(testdata))
    parser.add_argument("--data-dir", type=Path, default=ROOT / "data", help="where the prepared models are")
    parser.add_argument("--sockets", type=int, nargs="+", default=SOCKETS, help="how many sit there, rising")
    parser.add_argument("--speakers", type=int, default=2, help="4 at most; 0 leaves latencies out")
    parser.add_argument("--utterances", type=int, default=6, help="of each speaker; 10 at most")
    return parser.parse_args()


def _table(rows: list[dict[str, Any]]) -> None:
    lines = [[title for _, title in COLUMNS], *([str(row.get(key, "")) for key, _ in COLUMNS] for row in rows)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(COLUMNS))]
    for line in lines:
        sys.stdout.write("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) + "\n")


if __name__ == "__main__":
    sys.exit(main())
