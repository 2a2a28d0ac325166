"""`make bench`: accuracy, latency, CPU and memory with 1, 2 and 4 people speaking at once."""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.corpus import SpeakerStream, recordings_read, speaker_stream, words_align
from bench.figures import Shown, erasure, error_rate, finals_of, latencies, percentile, word_errors
from bench.streams import Heard, meeting_stream
from bench.usage import Usage, usage_of
from meetings.limits import SAMPLE_RATE_HZ
from streaming.client.audio_files import audio_read
from streaming.recognizers.base import DecodeOptions, RecognizerError
from streaming.recognizers.registry import recognizer_load
from streaming.speech_models.store import model_ensure
from tests.nodes import ROOT, node_environment, node_running

COLUMNS = (
    ("speakers", "speakers"),
    ("wer_pct", "WER %"),
    ("offline_wer_pct", "offline %"),
    ("first_partial_p50_s", "first p50"),
    ("first_partial_p95_s", "p95 s"),
    ("word_p50_s", "word p50"),
    ("word_p95_s", "p95 s"),
    ("final_p50_s", "final p50"),
    ("final_p95_s", "p95 s"),
    ("erasure", "erasure"),
    ("cpu_per_audio_s", "CPU s/audio s"),
    ("memory_mib", "MiB"),
)


def main() -> int:
    arguments = _arguments()
    if not (arguments.testdata / "read" / "manifest.jsonl").is_file():
        sys.stderr.write(
            f"There are no recordings in {arguments.testdata}: set COLLOQUY_TESTDATA to their directory.\n"
        )
        return 1
    try:
        rows = _run(arguments)
    except RecognizerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    _table(rows)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    testdata = os.environ.get("COLLOQUY_TESTDATA") or ROOT.parent / "shared" / "testdata"
    parser.add_argument("--testdata", type=Path, default=Path(testdata))
    parser.add_argument("--data-dir", type=Path, default=ROOT / "data", help="where the prepared models are")
    parser.add_argument("--model", default="moonshine-base-en")
    parser.add_argument("--speakers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--utterances", type=int, default=6, help="of each speaker; 10 at most")
    return parser.parse_args()


def _run(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    models = arguments.data_dir / "models"
    recordings = recordings_read(arguments.testdata, n_utterances=arguments.utterances)
    words = words_align([each for group in recordings.values() for each in group], cache=models)
    streams = [speaker_stream(speaker, group, words) for speaker, group in sorted(recordings.items())]
    offline = recognizer_load(model_ensure(name=arguments.model, directory=None, cache=models))
    decoded = {
        speaker: [offline.transcribe(audio_read(each.path), DecodeOptions(language="en")).text for each in group]
        for speaker, group in recordings.items()
    }
    rows = []
    with tempfile.TemporaryDirectory(prefix="colloquy-bench-") as directory:
        environment = node_environment(data_dir=Path(directory), models=models.resolve(), SPEECH_MODEL=arguments.model)
        with node_running(environment) as node:
            for n_speakers in arguments.speakers:
                speaking = streams[:n_speakers]
                before = usage_of(node.process.pid)
                heard = asyncio.run(meeting_stream(node.url, speaking))
                row = _row(speaking, heard, before=before, after=usage_of(node.process.pid))
                row["offline_wer_pct"] = _offline_error_pct(speaking, decoded)
                sys.stdout.write(json.dumps(row) + "\n")
                sys.stdout.flush()
                rows.append(row)
    return rows


def _row(streams: list[SpeakerStream], heard: list[Heard], *, before: Usage, after: Usage) -> dict[str, Any]:
    errors = [error_rate(stream, each.shown) for stream, each in zip(streams, heard, strict=True)]
    found = [latencies(stream, each.shown) for stream, each in zip(streams, heard, strict=True)]
    erased = [erasure(each.shown) for each in heard]
    audio_s = sum(stream.audio.size for stream in streams) / SAMPLE_RATE_HZ
    shown: list[Shown] = [each for one in heard for each in one.shown]
    row: dict[str, Any] = {
        "speakers": len(streams),
        "audio_s": round(audio_s, 1),
        "utterances": sum(len(stream.utterances) for stream in streams),
        "finals": len(finals_of(shown)),
        "gap_samples": sum(each.ended["gap"] for each in heard),
        "wer_pct": round(100 * sum(e for e, _ in errors) / sum(n for _, n in errors), 2),
        "erasure": round(sum(e for e, _ in erased) / max(1, sum(n for _, n in erased)), 3),
        "cpu_per_audio_s": round((after.cpu_s - before.cpu_s) / audio_s, 3),
        "memory_mib": round(after.memory_mib),
    }
    for name in ("first_partial", "word", "final"):
        values = [value for each in found for value in getattr(each, f"{name}_s")]
        row |= {f"{name}_p50_s": percentile(values, 50), f"{name}_p95_s": percentile(values, 95)}
    return row


def _offline_error_pct(streams: list[SpeakerStream], decoded: dict[str, list[str]]) -> float:
    references = [spoken.reference for stream in streams for spoken in stream.utterances]
    errors, n_words = word_errors(references, [text for stream in streams for text in decoded[stream.name]])
    return round(100 * errors / n_words, 2)


def _table(rows: list[dict[str, Any]]) -> None:
    lines = [[title for _, title in COLUMNS], *([str(row[key]) for key, _ in COLUMNS] for row in rows)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(COLUMNS))]
    for line in lines:
        sys.stdout.write("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) + "\n")


if __name__ == "__main__":
    sys.exit(main())
