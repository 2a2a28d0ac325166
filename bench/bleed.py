"""`python -m bench.bleed`: one voice heard by two microphones, with and without telling them apart.

The real recognizer behind the real pipeline, without a server. `before`: each microphone by itself. `plain`: only the
loudest is heard. `gated`: by levels alone. `after`: as in a meeting. Results are JSON lines.

The headsets' clips are so short that where the detector's windows fall moves their word errors by several points, so
each is heard in several places; `known` is what the recognizer makes of them when it is told who speaks when.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from bench.bleed_judged import said_once
from bench.bleed_sounds import Headset, headsets_read, microphones, plainly_gated
from bench.bleed_words import errors_of, n_duplicated, n_right_in_overlap
from bench.corpus import SpeakerStream, recordings_read, words_align
from bench.meeting_error import Said, cp_errors, tcp_errors
from bench.rosters import meeting, readers
from streaming.audio.pcm import Float32
from streaming.offline import Line, recordings_transcribe
from streaming.recognizers.base import DecodeOptions, Recognizer
from streaming.recognizers.pool import RecognizerPool
from streaming.recognizers.registry import recognizer_load
from streaming.recognizers.rehearing import heard_out
from streaming.speech_models.prepared import PreparedModel
from streaming.speech_models.store import model_ensure
from tests.nodes import ROOT

GAINS_DB = (-3.0, -6.0, -12.0, -20.0)
MOVED_SAMPLES = (0, 100, 211, 333, 1_000, 5_123, 20_000, 40_123)
DELAYS_MS = {"near": (4, 9, 6), "late": (40, 120, 290)}  # of sound in a room, and with clocks that differ
Row = dict[str, Any]


def main() -> int:
    arguments = _arguments()
    for row in asyncio.run(_measured(arguments)):
        sys.stdout.write(json.dumps(row) + "\n")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.bleed", description=__doc__)
    testdata = os.environ.get("COLLOQUY_TESTDATA") or ROOT.parent / "shared" / "testdata"
    parser.add_argument("--testdata", type=Path, default=Path(testdata))
    parser.add_argument("--data-dir", type=Path, default=ROOT / "data", help="where the prepared models are")
    parser.add_argument("--model", default="moonshine-base-en")
    parser.add_argument("--seconds", type=float, default=300.0, help="of the simulated meeting")
    parser.add_argument("--gains", type=float, nargs="*", metavar="DB", default=GAINS_DB)
    parser.add_argument("--scenes", nargs="*", default=["headsets", "meeting", "overlap"])
    parser.add_argument("--delays", nargs="*", choices=DELAYS_MS, default=list(DELAYS_MS))
    return parser.parse_args()


async def _measured(arguments: argparse.Namespace) -> list[Row]:
    models = (arguments.data_dir / "models").resolve()
    model = model_ensure(name=arguments.model, directory=None, cache=models)
    pool = RecognizerPool(model, n_processes=2)
    await pool.start()
    rows: list[Row] = []
    try:
        if "headsets" in arguments.scenes:
            rows += await _headsets(arguments.testdata, model, pool)
        for scene, streams in _streams(arguments, models):
            for gain_db in arguments.gains:
                for delays in arguments.delays:
                    sounds = microphones(streams, arguments.testdata, gain_db=gain_db, delays_ms=DELAYS_MS[delays])
                    row = {"scene": scene, "gain_db": gain_db, "delays": delays}
                    rows.append(row | await _simulated(streams, sounds, pool))
                    sys.stderr.write(json.dumps(rows[-1]) + "\n")
    finally:
        await pool.close()
    return rows


def _streams(arguments: argparse.Namespace, models: Path) -> Iterator[tuple[str, list[SpeakerStream]]]:
    recordings = recordings_read(arguments.testdata, n_utterances=10)
    words = words_align([each for group in recordings.values() for each in group], cache=models)
    if "meeting" in arguments.scenes:
        yield "meeting", meeting(arguments.testdata, words, seconds=arguments.seconds)
    if "overlap" in arguments.scenes:
        yield "overlap", readers(recordings, words, n_readers=2, seconds=arguments.seconds)


async def _headsets(testdata: Path, model: PreparedModel, pool: RecognizerPool) -> list[Row]:
    rows: list[Row] = []
    recognizer = recognizer_load(model)
    for clip, headsets in headsets_read(testdata).items():
        known = [_known(each, recognizer) for each in headsets]
        for moved in MOVED_SAMPLES:
            sounds = {each.speaker: each.moved(moved) for each in headsets}
            row: Row = {"scene": "headsets", "clip": clip, "moved": moved}
            row["before"] = _summed(headsets, await _apart(sounds, pool))
            row["plain"] = _summed(headsets, await _apart(plainly_gated(sounds), pool))
            row["after"] = _summed(headsets, said_once(await _together(sounds, pool), sounds))
            row["known"] = _summed(headsets, known)
            rows.append(row)
            sys.stderr.write(json.dumps(row) + "\n")
    total: Row = {"scene": "headsets", "clip": "all"}
    for way in ("before", "plain", "after", "known"):
        wers = [_wer_pct([row[way] for row in rows if row["moved"] == moved]) for moved in MOVED_SAMPLES]
        total[way] = {"wer_pct": round(float(np.mean(wers)), 1), "least": min(wers), "most": max(wers)}
    return [*rows, total]


def _known(headset: Headset, recognizer: Recognizer) -> Line:
    audio = headset.only_spoken()
    text = heard_out(recognizer, audio, DecodeOptions(language="en")).text if audio.size else ""
    return Line(segment_id=uuid4(), speaker=headset.speaker, start_ms=0, end_ms=0, text=text, confidence=1.0)


def _wer_pct(found: Sequence[Row]) -> float:
    errors, words = (sum(int(each[key]) for each in found) for key in ("errors", "words"))
    return round(100 * errors / words, 1)


def _summed(headsets: Sequence[Headset], lines: Sequence[Line]) -> Row:
    heard = _texts([each.speaker for each in headsets], lines)
    found = [errors_of(each.reference, heard[each.speaker]) for each in headsets]
    return {
        "errors": sum(each.errors for each in found),
        "inserted": sum(each.inserted for each in found),
        "words": sum(each.words for each in found),
        "texts": heard,
    }


async def _simulated(streams: Sequence[SpeakerStream], sounds: Mapping[str, Float32], pool: RecognizerPool) -> Row:
    lines = await _together(sounds, pool)
    return {
        "before": _costs(streams, await _apart(sounds, pool)),
        "gated": _costs(streams, lines),
        "after": _costs(streams, said_once(lines, sounds)),
    }


def _costs(streams: Sequence[SpeakerStream], lines: Sequence[Line]) -> Row:
    heard = _texts([each.name for each in streams], lines)
    said = [
        Said(speaker=stream.name, start_s=each.start_s, end_s=each.end_s, text=each.reference)
        for stream in streams
        for each in stream.utterances
    ]
    shown = [
        Said(speaker=line.speaker, start_s=line.start_ms / 1_000, end_s=line.end_ms / 1_000, text=line.text)
        for line in lines
    ]
    n_right, n_overlapped = n_right_in_overlap(streams, heard)
    (cp, n_words), (tcp, _) = cp_errors(said, shown), tcp_errors(said, shown)
    return {
        "words": n_words,
        "duplicated": n_duplicated(streams, heard),
        "overlapped": n_overlapped,
        "right_in_overlap": n_right,
        "cpwer_pct": round(100 * cp / n_words, 1),
        "tcpwer_pct": round(100 * tcp / n_words, 1),
    }


def _texts(speakers: Sequence[str], lines: Sequence[Line]) -> dict[str, str]:
    return {speaker: " ".join(line.text for line in lines if line.speaker == speaker) for speaker in speakers}


async def _apart(sounds: Mapping[str, Float32], pool: RecognizerPool) -> list[Line]:
    """Each microphone in a meeting of its own."""
    lines: list[Line] = []
    for speaker, audio in sounds.items():
        lines += (await recordings_transcribe({speaker: audio}, pool=pool, language="en")).lines
    return lines


async def _together(sounds: Mapping[str, Float32], pool: RecognizerPool) -> list[Line]:
    return (await recordings_transcribe(sounds, pool=pool, language="en")).lines


if __name__ == "__main__":
    sys.exit(main())
