"""What the second pass gains and costs: word errors of the live lines, of all second hearings, and of what is kept.

`python -m bench.second_pass` takes some minutes. Recordings are those of ../shared/testdata, as in bench/corpus.py; the
live lines come from the pipeline of the server, the rest from the modules of the second pass.
"""

import argparse
import asyncio
import json
import os
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile
from rapidfuzz.distance import Levenshtein

from bench.corpus import recordings_read
from bench.word_times import matches, normalize, words_of
from meetings.limits import SAMPLE_RATE_HZ
from meetings.second_pass.choice import Improvement, improvement, text_of
from meetings.second_pass.hearing import Heard
from meetings.second_pass.stretches import Place, stretches, words_by_place
from meetings.values import FinalSegment, WordTiming
from meetings.wire import WordWire
from streaming.client.audio_files import audio_read
from streaming.offline import segments_transcribe
from streaming.recognizers.base import DecodeOptions, Float32, Recognizer
from streaming.recognizers.pool import RecognizerPool
from streaming.recognizers.registry import recognizer_load
from streaming.speech_models.store import model_ensure

ROOT = Path(__file__).resolve().parents[1]
PAUSE: Float32 = np.zeros(SAMPLE_RATE_HZ, np.float32)
MS = SAMPLE_RATE_HZ // 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """Voices on one clock; `said` is each one's reference, `times_s` the starts of its words where these are known."""

    corpus: str
    voices: Mapping[str, Float32]
    said: Mapping[str, str]
    times_s: Mapping[str, Sequence[tuple[str, float]]] = field(default_factory=dict)


@dataclass(slots=True)
class Sum:
    """Of one corpus: word errors by kind of text, and by how much words of it were off in time."""

    n_words: int = 0
    n_lines: int = 0
    n_replaced: int = 0
    errors: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    off_s: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--live", default="moonshine-base-en", help="the model of the live lines")
    parser.add_argument("--second", default="moonshine-base-en", help="the model of the second pass")
    parser.add_argument("--utterances", type=int, default=10, help="of each reader")
    arguments = parser.parse_args()
    testdata = Path(os.environ.get("COLLOQUY_TESTDATA") or ROOT.parent / "shared" / "testdata")
    cache = ROOT / "data" / "models"
    talks = [*_read(testdata, arguments.utterances), *_simulated(testdata), *_headsets(testdata)]
    live = asyncio.run(_live(talks, arguments.live, cache=cache))
    second = recognizer_load(model_ensure(name=arguments.second, directory=None, cache=cache))
    sums: dict[str, Sum] = defaultdict(Sum)
    began_s, audio_s = time.process_time(), 0.0
    for talk, lines in zip(talks, live, strict=True):
        for name, audio in talk.voices.items():
            audio_s += sum(line.end - line.start for line in lines[name]) / SAMPLE_RATE_HZ
            _measure(sums[talk.corpus], talk, name, lines[name], _second(second, audio, lines[name]))
    _print(sums, cpu_x=(time.process_time() - began_s) / audio_s)


async def _live(talks: Iterable[Talk], model: str, *, cache: Path) -> list[dict[str, list[FinalSegment]]]:
    pool = RecognizerPool(model_ensure(name=model, directory=None, cache=cache), n_processes=2)
    await pool.start()
    try:
        return [await segments_transcribe(talk.voices, pool=pool, language="en") for talk in talks]
    finally:
        await pool.close()


def _second(recognizer: Recognizer, audio: Float32, lines: Sequence[FinalSegment]) -> list[Heard]:
    """As the second pass hears the lines of one voice."""
    places = [Place(start=line.start, end=line.end, language="en", text=line.text) for line in lines]
    heard: list[Heard] = []
    for stretch in stretches(places):
        start, end = places[stretch[0]].start, places[stretch[-1]].end
        found = recognizer.transcribe(audio[start:end], DecodeOptions(language="en", want_words=True))
        words = [
            WordTiming(
                text=word.w,
                start=start + round(word.s * SAMPLE_RATE_HZ),
                end=start + round(word.e * SAMPLE_RATE_HZ),
                confidence=word.c,
            )
            for word in found.words
        ]
        parted = words_by_place(words, [places[number] for number in stretch])
        heard += [Heard(engine=recognizer.engine, language="en", words=each) for each in parted]
    return heard


def _measure(total: Sum, talk: Talk, name: str, lines: Sequence[FinalSegment], heard: Sequence[Heard]) -> None:
    kept = [_kept(line, each) for line, each in zip(lines, heard, strict=True)]
    words = {
        "live": [_wired(line.words) for line in lines],
        "second": [_wired(each.words) for each in heard],
        "kept": [made.words if made else _wired(line.words) for line, made in zip(lines, kept, strict=True)],
    }
    texts = {
        "live": [line.text for line in lines],
        "second": [text_of(each) for each in words["second"]],
        "kept": [made.text if made else line.text for line, made in zip(lines, kept, strict=True)],
    }
    said = normalize(talk.said[name]).split()
    total.n_words += len(said)
    total.n_lines += len(lines)
    total.n_replaced += sum(made is not None and made.is_new_text for made in kept)
    for kind, each in texts.items():
        total.errors[kind] += _distance(said, normalize(" ".join(each)).split())
    for kind, of_lines in words.items():
        total.off_s[kind] += _off(talk.times_s.get(name, ()), [word for line in of_lines for word in line])


def _kept(line: FinalSegment, heard: Heard) -> Improvement | None:
    return improvement(
        text=line.text,
        words=_wired(line.words),
        confidence=line.confidence,
        engine=line.engine,
        heard=heard,
        may_replace=True,
        wired=_wired,
    )


def _wired(words: Sequence[WordTiming]) -> list[WordWire]:
    return [{"w": each.text, "s": each.start // MS, "e": each.end // MS, "c": each.confidence} for each in words]


def _off(said: Sequence[tuple[str, float]], words: Sequence[WordWire]) -> list[float]:
    """By how many seconds each word that was understood begins elsewhere than people heard it begin."""
    ours = [(plain, word["s"] / 1000) for word in words for plain in words_of(word["w"])]
    theirs = [(plain, at_s) for word, at_s in said for plain in words_of(word)]
    pairs = matches([plain for plain, _ in theirs], [plain for plain, _ in ours])
    return [abs(theirs[one][1] - ours[other][1]) for one, other in pairs]


def _distance(said: Sequence[str], heard: Sequence[str]) -> int:
    return Levenshtein.distance(said, heard)


def _read(testdata: Path, n_utterances: int) -> Iterable[Talk]:
    """Each reader's utterances one after another, a second apart."""
    for speaker, recordings in recordings_read(testdata, n_utterances=n_utterances).items():
        parts = [part for each in recordings for part in (audio_read(each.path), PAUSE)]
        said = " ".join(each.text for each in recordings)
        yield Talk(corpus="read", voices={speaker: np.concatenate([PAUSE, *parts])}, said={speaker: said})


def _simulated(testdata: Path) -> Iterable[Talk]:
    directory = testdata / "meeting_simulated"
    row = json.loads((directory / "manifest.jsonl").read_text().splitlines()[0])
    voices = {name: audio_read(directory / file) for name, file in row["tracks"].items()}
    segments = sorted(row["segments"], key=lambda each: each["start"])
    said = {name: " ".join(each["text"] for each in segments if each["speaker"] == name) for name in voices}
    yield Talk(corpus="meeting, simulated", voices=voices, said=said)


def _headsets(testdata: Path) -> Iterable[Talk]:
    """Verbatim references: fillers and cut words count."""
    directory = testdata / "meeting_headsets"
    for line in (directory / "manifest.jsonl").read_text().splitlines():
        row = json.loads(line)
        audio, _ = soundfile.read(directory / row["audio"], dtype="float32")
        voices, times_s = {}, {}
        for channel, name in enumerate(row["channel_speakers"]):
            voices[name] = np.concatenate([np.ascontiguousarray(audio[:, channel]), PAUSE])
            words = sorted((word for word in row["words"] if not word["punc"]), key=lambda word: word["start"])
            times_s[name] = [(word["word"], word["start"]) for word in words if word["speaker"] == name]
        said = {name: " ".join(word for word, _ in each) for name, each in times_s.items()}
        yield Talk(corpus="meeting, headsets", voices=voices, said=said, times_s=times_s)


def _print(sums: Mapping[str, Sum], *, cpu_x: float) -> None:
    print("| recordings | words | lines | replaced | WER live | WER second | WER kept |\n|---|---|---|---|---|---|---|")
    for corpus, total in sums.items():
        rates = [f"{100 * total.errors[kind] / total.n_words:.1f} %" for kind in ("live", "second", "kept")]
        print(f"| {corpus} | {total.n_words} | {total.n_lines} | {total.n_replaced} | {' | '.join(rates)} |")
    for corpus, total in sums.items():
        for kind, off_s in total.off_s.items():
            if off_s:
                median_s, most_s = np.percentile(off_s, (50, 90))
                print(
                    f"{corpus}, words of {kind}: half begin within {median_s:.2f} s, nine of ten within {most_s:.2f} s"
                )
    print(f"{cpu_x:.3f} CPU seconds for each second of speech")


if __name__ == "__main__":
    main()
