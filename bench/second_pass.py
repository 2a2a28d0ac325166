"""What the second pass gains and costs: word errors of the live lines, of all second hearings, and of what is kept.

`python -m bench.second_pass` takes some minutes, and so does `--bleed`; with `--languages` and `--live whisper-base
--second whisper-base` it measures other languages than English (characters where words have no spaces). Recordings are
those of ../shared/testdata; the live lines come from the pipeline of the server, the rest from the modules of the
second pass. `any voice`: what would be kept without the rule about others' voices in a microphone.
"""

import argparse
import asyncio
import os
import time
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from rapidfuzz.distance import Levenshtein

from bench.bleed_judged import said_once
from bench.second_pass_talks import Talk, bleeding, headsets, languages, read, simulated
from bench.word_times import matches, normalize, words_of
from meetings.limits import SAMPLE_RATE_HZ
from meetings.plain_words import plain_words
from meetings.second_pass.choice import Improvement, improvement, text_of
from meetings.second_pass.hearing import Heard
from meetings.second_pass.own_words import SaidWord, own_words
from meetings.second_pass.stretches import Place, stretches, words_by_place
from meetings.values import FinalSegment, WordTiming
from meetings.wire import WordWire
from streaming.offline import Line, segments_transcribe
from streaming.recognizers.base import DecodeOptions, Float32, Recognizer
from streaming.recognizers.pool import RecognizerPool
from streaming.recognizers.registry import recognizer_load
from streaming.recognizers.rehearing import heard_out
from streaming.speech_models.store import model_ensure

ROOT = Path(__file__).resolve().parents[1]
KINDS = ("live", "second", "any voice", "kept")
MS = SAMPLE_RATE_HZ // 1000


@dataclass(slots=True)
class Sum:
    """Of one corpus: errors by kind of text, and by how much words of it were off in time. Of Japanese, characters."""

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
    parser.add_argument("--languages", action="store_true", help="measure other languages instead")
    parser.add_argument("--bleed", action="store_true", help="measure voices in others' microphones instead")
    arguments = parser.parse_args()
    testdata = Path(os.environ.get("COLLOQUY_TESTDATA") or ROOT.parent / "shared" / "testdata")
    cache = ROOT / "data" / "models"
    talks = [*read(testdata, arguments.utterances), *simulated(testdata), *headsets(testdata)]
    if arguments.languages or arguments.bleed:
        talks = list(languages(testdata) if arguments.languages else bleeding(testdata, cache=cache))
    live = asyncio.run(_live(talks, arguments.live, cache=cache))
    second = recognizer_load(model_ensure(name=arguments.second, directory=None, cache=cache))
    sums: dict[str, Sum] = defaultdict(Sum)
    began_s, audio_s = time.process_time(), 0.0
    for talk, lines in zip(talks, live, strict=True):
        for name, audio in talk.voices.items():
            audio_s += sum(line.end - line.start for line in lines[name]) / SAMPLE_RATE_HZ
            heard = _second(second, audio, lines[name], language=talk.language)
            _measure(sums[talk.corpus], talk, name, lines, heard)
    _print(sums, cpu_x=(time.process_time() - began_s) / audio_s)


async def _live(talks: Iterable[Talk], model: str, *, cache: Path) -> list[dict[str, list[FinalSegment]]]:
    pool = RecognizerPool(model_ensure(name=model, directory=None, cache=cache), n_processes=2)
    await pool.start()
    try:
        return [
            _judged(talk, await segments_transcribe(talk.voices, pool=pool, language=talk.language)) for talk in talks
        ]
    finally:
        await pool.close()


def _judged(talk: Talk, lines: Mapping[str, list[FinalSegment]]) -> dict[str, list[FinalSegment]]:
    """Without those that say again what another microphone heard better: they are retracted when they are committed."""
    shown = [
        Line(
            segment_id=line.segment_id,
            speaker=name,
            start_ms=line.start // MS,
            end_ms=line.end // MS,
            text=line.text,
            confidence=line.confidence,
        )
        for name, each in lines.items()
        for line in each
    ]
    kept = {line.segment_id for line in (said_once(shown, talk.voices) if len(lines) > 1 else shown)}
    return {name: [line for line in each if line.segment_id in kept] for name, each in lines.items()}


def _second(recognizer: Recognizer, audio: Float32, lines: Sequence[FinalSegment], *, language: str) -> list[Heard]:
    """As the second pass hears the lines of one voice."""
    places = [Place(start=line.start, end=line.end, language=language, text=line.text) for line in lines]
    heard: list[Heard] = []
    for stretch in stretches(places):
        start, end = places[stretch[0]].start, places[stretch[-1]].end
        found = heard_out(recognizer, audio[start:end], DecodeOptions(language=language, want_words=True))
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
        heard += [Heard(engine=recognizer.engine, language=language, words=each) for each in parted]
    return heard


def _measure(
    total: Sum, talk: Talk, name: str, lines: Mapping[str, list[FinalSegment]], heard: Sequence[Heard]
) -> None:
    own = lines[name]
    others = [word for other, each in lines.items() if other != name for line in each for word in _words_said(line)]
    made = {
        "any voice": [_kept(line, each) for line, each in zip(own, heard, strict=True)],
        "kept": [_kept(line, _own(line, each, others)) for line, each in zip(own, heard, strict=True)],
    }
    texts = {"live": [line.text for line in own], "second": [text_of(_wired(each.words)) for each in heard]}
    words = {"live": [_wired(line.words) for line in own], "second": [_wired(each.words) for each in heard]}
    for kind, kept in made.items():
        pairs = list(zip(own, kept, strict=True))
        texts[kind] = [new.text if new else line.text for line, new in pairs]
        words[kind] = [new.words if new else _wired(line.words) for line, new in pairs]
    said = units_of(talk.said[name], talk.language)
    total.n_words += len(said)
    total.n_lines += len(own)
    total.n_replaced += sum(new is not None and new.is_new_text for new in made["kept"])
    for kind, of_lines in texts.items():
        total.errors[kind] += _distance(said, units_of(" ".join(of_lines), talk.language))
    for kind, wired in words.items():
        total.off_s[kind] += _off(talk.times_s.get(name, ()), [word for line in wired for word in line])


def units_of(text: str, language: str) -> list[str]:
    """What errors are counted in: words without case and marks; characters where words have no spaces between them."""
    if language == "en":
        return str(normalize(text)).split()
    plain = unicodedata.normalize("NFC", text.casefold())
    plain = "".join(sign if unicodedata.category(sign)[0] in "LNM" else " " for sign in plain)
    return list(plain.replace(" ", "")) if language == "ja" else plain.split()


def _own(line: FinalSegment, heard: Heard, others: Sequence[SaidWord]) -> Heard:
    own = own_words(heard.words, text=line.text, others=others, meeting_ms=lambda position: position // MS)
    return replace(heard, words=own)


def _words_said(line: FinalSegment) -> list[SaidWord]:
    return [
        SaidWord(text=plain, start_ms=word.start / MS, end_ms=word.end / MS)
        for word in line.words
        for plain in plain_words(word.text)
    ]


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


def _print(sums: Mapping[str, Sum], *, cpu_x: float) -> None:
    print(f"| recordings | words | lines | replaced | {' | '.join(KINDS)} |\n|{'---|' * (4 + len(KINDS))}")
    for corpus, total in sums.items():
        rates = [f"{100 * total.errors[kind] / total.n_words:.1f} %" for kind in KINDS]
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
