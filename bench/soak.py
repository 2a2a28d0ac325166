"""`make soak`: a long meeting, accelerated as far as the server grants catch-up; is memory flat, and latency?

People speak without end for the given minutes, each with an own voice, at `--speed` times real time, so that the
positions of the meeting reach hours. Every few seconds the server's processes, the latencies and the database are
measured. Written are one JSON line a measurement and a figure; printed is the slope of each measure.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path

from bench.corpus import SpeakerStream, recordings_read, speaker_stream
from bench.soak_figures import Measurement, fits_table
from bench.soak_meeting import soak_meeting
from bench.soak_plot import figure_save
from tests.nodes import ROOT, node_environment, node_running


def main() -> int:
    arguments = _arguments()
    if not (arguments.testdata / "read" / "manifest.jsonl").is_file():
        sys.stderr.write(
            f"There are no recordings in {arguments.testdata}: set COLLOQUY_TESTDATA to their directory.\n"
        )
        return 1
    arguments.results.mkdir(parents=True, exist_ok=True)
    measured, gap_samples = _run(arguments)
    lines = [json.dumps(asdict(each)) for each in measured]
    (arguments.results / "soak.jsonl").write_text("\n".join(lines) + "\n")
    figure_save(measured, arguments.results / "soak.svg")
    sys.stdout.write(f"{fits_table(measured)}\nlost: {gap_samples} samples\n")
    sys.stdout.write(f"{arguments.results / 'soak.jsonl'}\n{arguments.results / 'soak.svg'}\n")
    return 1 if gap_samples else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    testdata = os.environ.get("COLLOQUY_TESTDATA") or ROOT.parent / "shared" / "testdata"
    parser.add_argument("--testdata", type=Path, default=Path(testdata))
    parser.add_argument("--data-dir", type=Path, default=ROOT / "data", help="where the prepared models are")
    parser.add_argument("--results", type=Path, default=ROOT / "bench" / "results")
    parser.add_argument("--minutes", type=float, default=10.0, help="of real time")
    parser.add_argument("--speed", type=float, default=3.0, help="1 is real time; the server grants 7 lastingly")
    parser.add_argument("--speakers", type=int, default=2, help="4 at most")
    parser.add_argument("--every", type=float, default=3.0, help="seconds between measurements")
    return parser.parse_args()


def _run(arguments: argparse.Namespace) -> tuple[list[Measurement], int]:
    models = (arguments.data_dir / "models").resolve()
    streams = _streams(arguments.testdata, arguments.speakers)
    with tempfile.TemporaryDirectory(prefix="colloquy-soak-") as directory:
        environment = node_environment(data_dir=Path(directory), models=models)
        with node_running(environment) as node:
            return asyncio.run(
                soak_meeting(
                    node,
                    streams,
                    seconds=60 * arguments.minutes,
                    speed=arguments.speed,
                    every_s=arguments.every,
                )
            )


def _streams(testdata: Path, n_speakers: int) -> list[SpeakerStream]:
    found = sorted(recordings_read(testdata, n_utterances=10).items())[:n_speakers]
    return [speaker_stream(speaker, recordings, defaultdict(list)) for speaker, recordings in found]


if __name__ == "__main__":
    sys.exit(main())
