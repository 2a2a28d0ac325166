"""`make bench`: accuracy, latency, CPU and memory with people who all read at once, and in a meeting with turns.

The real server over real sockets in real time. Results are JSON lines and a table, and one document in
`bench/results/`, from which `python -m bench.plots` draws.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.corpus import Recording, SpeakerStream, recordings_read, words_align
from bench.crowd import Plan, crowd_run
from bench.history import history_append
from bench.idle_rows import idle_rows_of
from bench.report import document_of, document_save, table
from bench.rosters import meeting, readers
from bench.rows import Row, meeting_row, row_of
from bench.sanity import complaints
from streaming.client.audio_files import audio_read
from streaming.recognizers.base import DecodeOptions, RecognizerError
from streaming.recognizers.registry import recognizer_load
from streaming.speech_models.store import model_ensure
from tests.nodes import ROOT, node_environment, node_running

SPEAKERS = (1, 2, 4, 8, 16, 24, 32)
SHORT_SPEAKERS, SHORT_UTTERANCES, SHORT_IDLE = (1, 4), 3, (200,)
IDLE_S, SHORT_IDLE_S = 5.0, 1.0  # before anybody comes: what the node takes by itself
SHORT_JOIN_WITHIN_S = 180.0  # a machine that is busy with something else has room in the end
IDLE_SPEAKERS = 2  # who talk while others only sit there


def main() -> int:
    arguments = _arguments()
    if not (arguments.testdata / "read" / "manifest.jsonl").is_file():
        left_out = "Skipped: there" if arguments.short else "There"
        sys.stderr.write(
            f"{left_out} are no recordings in {arguments.testdata}: set COLLOQUY_TESTDATA to their directory.\n"
        )
        return 0 if arguments.short else 1
    try:
        document = _bench(arguments)
    except RecognizerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{table(document['medians'])}\n{json.dumps(document['summary'])}\n{arguments.json}\n")
    if arguments.short:
        found = list(complaints(document))
        sys.stderr.writelines(f"{each}\n" for each in found)
        return 1 if found else 0
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    testdata = os.environ.get("COLLOQUY_TESTDATA") or ROOT.parent / "shared" / "testdata"
    parser.add_argument("--testdata", type=Path, default=Path(testdata))
    parser.add_argument("--data-dir", type=Path, default=ROOT / "data", help="where the prepared models are")
    parser.add_argument("--model", default="moonshine-base-en")
    parser.add_argument("--speakers", type=int, nargs="*", default=SPEAKERS, help="how many read at once, in turn")
    parser.add_argument("--utterances", type=int, default=10, help="of each speaker; 10 at most")
    parser.add_argument("--seconds", type=float, default=60.0, help="of speech of each, when more than 4 read")
    parser.add_argument(
        "--meeting", type=float, metavar="SECONDS", default=0.0, help="of the simulated meeting; 0: none"
    )
    parser.add_argument("--idle", type=int, nargs="+", metavar="SOCKETS", default=[], help="how many sit there, rising")
    parser.add_argument("--short", action="store_true", help="a minute and a half that judges all but times")
    parser.add_argument("--repeat", type=int, default=1, help="runs, of which the medians are taken")
    parser.add_argument("--people", type=int, default=8, help="in one meeting; further meetings for further people")
    parser.add_argument("--join-within", type=float, default=60.0, metavar="SECONDS", help="of asking for room")
    parser.add_argument("--setting", action="append", default=[], metavar="NAME=VALUE", help="of the server")
    parser.add_argument("--json", type=Path, default=ROOT / "bench" / "results" / "bench.json")
    parser.add_argument("--keep-history", type=Path, metavar="FILE", help="all that was shown, as JSON lines")
    arguments = parser.parse_args()
    if arguments.short:
        arguments.speakers, arguments.utterances, arguments.idle = SHORT_SPEAKERS, SHORT_UTTERANCES, SHORT_IDLE
        arguments.join_within = SHORT_JOIN_WITHIN_S
        arguments.json = arguments.json.with_name("bench-short.json")
    return arguments


def _bench(arguments: argparse.Namespace) -> dict[str, Any]:
    models = (arguments.data_dir / "models").resolve()
    scenarios = list(_scenarios(arguments, models))
    recordings = [each for group in recordings_read(arguments.testdata, n_utterances=10).values() for each in group]
    said = {spoken.name for _, streams in scenarios for stream in streams for spoken in stream.utterances}
    offline, facts = _offline(arguments.model, [each for each in recordings if each.path.name in said], models)
    if arguments.keep_history:
        arguments.keep_history.unlink(missing_ok=True)
    settings = {name: str(value) if isinstance(value, Path) else value for name, value in vars(arguments).items()}
    rows: list[Row] = []
    with ThreadPoolExecutor(1) as beside:
        idle = beside.submit(idle_rows_of, arguments, n_speakers=0) if arguments.short else None
        for run in range(1, arguments.repeat + 1):
            for row in _rows(arguments, scenarios, models, offline, run=run):
                rows.append(row)
                sys.stdout.write(json.dumps(row) + "\n")
                sys.stdout.flush()
                document_save(document_of(rows, settings=settings, offline=facts), arguments.json)
        idle_rows = idle.result() if idle else idle_rows_of(arguments, n_speakers=IDLE_SPEAKERS)
    document = document_of(rows, settings=settings, offline=facts, idle=idle_rows)
    document_save(document, arguments.json)
    return document


def _scenarios(arguments: argparse.Namespace, models: Path) -> Iterator[tuple[str, list[SpeakerStream]]]:
    recordings = recordings_read(arguments.testdata, n_utterances=10)
    words = words_align([each for group in recordings.values() for each in group], cache=models)
    if arguments.short:
        recordings = {speaker: sorted(group, key=_size) for speaker, group in recordings.items()}
    recordings = {speaker: group[: arguments.utterances] for speaker, group in recordings.items()}
    for n_readers in arguments.speakers:
        yield "read", readers(recordings, words, n_readers=n_readers, seconds=arguments.seconds)
    if arguments.meeting:
        yield "meeting", meeting(arguments.testdata, words, seconds=arguments.meeting)


def _size(recording: Recording) -> int:
    return recording.path.stat().st_size


def _offline(model: str, recordings: list[Recording], models: Path) -> tuple[dict[str, str], dict[str, Any]]:
    """What the model makes of each recording as a whole, and what that costs."""
    recognizer = recognizer_load(model_ensure(name=model, directory=None, cache=models))
    audios = {recording.path.name: audio_read(recording.path) for recording in recordings}
    before_s = time.process_time()
    texts = {name: recognizer.transcribe(audio, DecodeOptions(language="en")).text for name, audio in audios.items()}
    cpu_s, audio_s = time.process_time() - before_s, sum(audio.size for audio in audios.values()) / 16_000
    return texts, {"engine": recognizer.engine, "cpu_per_audio_s": round(cpu_s / max(1.0, audio_s), 4)}


def _rows(
    arguments: argparse.Namespace,
    scenarios: list[tuple[str, list[SpeakerStream]]],
    models: Path,
    offline: dict[str, str],
    *,
    run: int,
) -> Iterator[Row]:
    """All scenarios on one fresh server."""
    settings = dict(each.split("=", 1) for each in arguments.setting)
    with tempfile.TemporaryDirectory(prefix="colloquy-bench-") as directory:
        environment = node_environment(
            data_dir=Path(directory), models=models, SPEECH_MODEL=arguments.model, **settings
        )
        with node_running(environment) as node:
            for scenario, streams in scenarios:
                plan = Plan(
                    url=node.url,
                    pid=node.process.pid,
                    streams=tuple(streams),
                    people_per_meeting=arguments.people,
                    join_within_s=arguments.join_within,
                    idle_s=SHORT_IDLE_S if arguments.short else IDLE_S,
                )
                outcome = crowd_run(plan)
                if arguments.keep_history:
                    history_append(arguments.keep_history, streams, outcome, scenario=scenario, run=run)
                row = {"scenario": scenario, "run": run} | row_of(streams, outcome, offline)
                yield row | (meeting_row(streams, outcome) if scenario == "meeting" else {})


if __name__ == "__main__":
    sys.exit(main())
