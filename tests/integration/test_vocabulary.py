"""Words of a meeting's vocabulary are recognized more often, and never where nobody said them. With real recordings."""

import json
import re
from dataclasses import replace
from pathlib import Path

import jiwer
import numpy as np
import pytest
import soundfile as sf
from whisper_normalizer.english import EnglishTextNormalizer

from streaming.recognizers.base import DecodeOptions, Float32, Hypothesis
from streaming.recognizers.moonshine import MoonshineRecognizer
from streaming.recognizers.pieces import Pieces, pieces_parse
from streaming.speech_models.store import model_ensure

pytestmark = pytest.mark.speech

RATE_HZ = 16_000
N_RARE = 60
LEAST_GAIN = 0.2  # of the rare words that were not understood
MOST_LOSS = 0.001

# None of these is said in any of the recordings; some are common words as well.
_NAMES = """
    James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph Jessica
    Thomas Sarah Charles Karen Christopher Lisa Daniel Nancy Matthew Betty Anthony Sandra Mark Ashley Donald Emily
    Steven Kimberly Andrew Donna Paul Michelle Joshua Carol Kenneth Amanda Kevin Melissa Brian Deborah George Stephanie
    Timothy Rebecca Ronald Laura Jason Helen Edward Sharon Jeffrey Cynthia Ryan Kathleen Jacob Amy Nicholas Angela Gary
    Shirley Eric Anna Jonathan Ruth Stephen Brenda Larry Pamela Justin Nicole Scott Katherine Brandon Samantha Benjamin
    Christine Samuel Emma Frank Catherine Gregory Virginia Raymond Debra Patrick Rachel Alexander Janet Will May Bill
    Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson Anderson
    Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young Allen
    King Wright Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts Gomez
    Phillips Evans Turner Diaz Parker Cruz Edwards Collins Reyes Stewart Morris Morales Murphy Cook Rogers Gutierrez
    Ortiz Morgan Cooper Peterson Bailey Reed Kelly Howard Ramos Kim Cox Ward Richardson Watson Brooks Chavez Bennett
    Gray Mendoza Ruiz Hughes Price Alvarez Castillo Sanders Patel Myers Long Ross Foster Jimenez Powell Jenkins Art
"""
NAMES = tuple(_NAMES.split())


@pytest.fixture(scope="module")
def model(speech_cache: Path) -> MoonshineRecognizer:
    return MoonshineRecognizer(model_ensure(name="moonshine-base-en", directory=None, cache=speech_cache))


@pytest.fixture(scope="module")
def pieces(speech_cache: Path) -> Pieces:
    return Pieces(pieces_parse((speech_cache / "moonshine-base-en" / "tokenizer.bin").read_bytes()))


@pytest.fixture(scope="module")
def spoken(shared_testdata: Path) -> list[tuple[Float32, str]]:
    rows = [json.loads(row) for row in (shared_testdata / "read" / "manifest.jsonl").read_text().splitlines()]
    return [(sf.read(shared_testdata / "read" / row["audio"], dtype="float32")[0], row["text"]) for row in rows]


@pytest.fixture(scope="module")
def plain(model: MoonshineRecognizer, spoken: list[tuple[Float32, str]]) -> list[Hypothesis]:
    return _heard(model, [audio for audio, _ in spoken], ())


def _heard(model: MoonshineRecognizer, recordings: list[Float32], vocabulary: tuple[str, ...]) -> list[Hypothesis]:
    options = DecodeOptions(language="en", want_words=True, vocabulary=vocabulary)
    return [model.transcribe(audio, options) for audio in recordings]


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


def _error_rate(references: list[str], heard: list[Hypothesis]) -> float:
    normalize = EnglishTextNormalizer()
    return float(jiwer.wer([normalize(text) for text in references], [normalize(one.text) for one in heard]))


def _rare(references: list[str], pieces: Pieces) -> set[str]:
    """Words that the tokenizer has in three pieces, and those of two pieces that no other utterance has."""
    counts = {
        word: [word in _words(text) for text in references].count(True) for text in references for word in _words(text)
    }
    return {
        word
        for word, count in counts.items()
        if len(word) >= 4
        and "'" not in word
        and min(len(pieces.tokens(form)) for form in (word, word.title())) > 1 + (count > 1)
    }


def _n_understood(references: list[str], heard: list[Hypothesis], rare: set[str]) -> int:
    return sum(
        min(_words(text).count(word), _words(one.text).count(word))
        for text, one in zip(references, heard, strict=True)
        for word in rare
    )


def test_rare_words_are_understood_more_often_among_many_other_names(
    model: MoonshineRecognizer, pieces: Pieces, spoken: list[tuple[Float32, str]], plain: list[Hypothesis]
) -> None:
    references = [text for _, text in spoken]
    rare = _rare(references, pieces)
    n_said = sum(_words(text).count(word) for text in references for word in rare)
    named = _heard(model, [audio for audio, _ in spoken], (*sorted(rare), *NAMES[: 200 - len(rare)]))
    without, with_names = _n_understood(references, plain, rare), _n_understood(references, named, rare)
    assert len(rare) >= N_RARE
    assert with_names >= without + LEAST_GAIN * (n_said - without)
    assert _error_rate(references, named) < _error_rate(references, plain)


def test_names_that_nobody_said_change_nothing(
    model: MoonshineRecognizer, spoken: list[tuple[Float32, str]], plain: list[Hypothesis]
) -> None:
    references = [text for _, text in spoken]
    named = _heard(model, [audio for audio, _ in spoken], NAMES[:200])
    assert [one.text for one in named] == [one.text for one in plain]
    assert _error_rate(references, named) <= _error_rate(references, plain) + MOST_LOSS


def test_meetings_and_noise_bring_up_no_names(model: MoonshineRecognizer, shared_testdata: Path) -> None:
    recordings = []
    for path in sorted(shared_testdata.glob("meeting_headsets/*.flac")) + sorted(
        shared_testdata.glob("noise/*[1-5].flac")
    ):
        audio, rate_hz = sf.read(path, dtype="float32", frames=10 * RATE_HZ, always_2d=True)
        assert rate_hz == RATE_HZ
        recordings += [np.ascontiguousarray(channel) for channel in audio.T]
    plain, named = (_heard(model, recordings, vocabulary) for vocabulary in ((), NAMES[-200:]))
    assert [one.text for one in named] == [one.text for one in plain]


@pytest.mark.parametrize(
    ("n", "vocabulary", "text"),
    [
        (5, ("Helstone",), "Helstone."),
        (4, ("shop-boy",), "a shop-boy"),
        (17, ("emetic",), "The best emetic is"),
        (19, ("apomorphine",), "Apomorphine is"),
        (13, ("ALIMENTARY",), "the ALIMENTARY canal"),
    ],
)
def test_a_name_stands_in_the_text_its_words_and_its_tokens(
    model: MoonshineRecognizer,
    pieces: Pieces,
    spoken: list[tuple[Float32, str]],
    n: int,
    vocabulary: tuple[str, ...],
    text: str,
) -> None:
    (heard,) = _heard(model, [spoken[n][0]], vocabulary)
    assert text in heard.text
    assert heard.text == " ".join(word.w for word in heard.words) == pieces.text(heard.tokens)
    assert sum(word.n for word in heard.words) == len(heard.tokens)
    times = [time for word in heard.words for time in (word.s, word.e)]
    assert times == sorted(times)
    assert all(0 < word.c <= 1 for word in heard.words)


def test_a_name_that_a_pause_has_brought_stays_in_the_partials_behind_it(
    model: MoonshineRecognizer, spoken: list[tuple[Float32, str]]
) -> None:
    options = DecodeOptions(language="en", vocabulary=("Helstone",))
    pause = model.transcribe(spoken[5][0], replace(options, want_words=True))
    n_kept = len(pause.tokens)
    partial = model.transcribe(spoken[5][0], replace(options, draft=pause.tokens, n_kept=n_kept))
    assert "Helstone" in pause.text
    assert partial.text == pause.text
    unnamed = model.transcribe(spoken[5][0], DecodeOptions(language="en", draft=pause.tokens, n_kept=n_kept))
    assert "Helstone" not in unnamed.text


def test_text_is_written_as_the_model_writes_it(pieces: Pieces, plain: list[Hypothesis]) -> None:
    assert [pieces.tokens(one.text) for one in plain] == [one.tokens for one in plain]


@pytest.mark.parametrize("vocabulary", [("",), ("\x00", "▁▁", "\ud800", "日本語", "🎉🎉🎉", "…"), ("x" * 5_000,) * 300])
def test_no_vocabulary_breaks_a_decode(
    model: MoonshineRecognizer,
    spoken: list[tuple[Float32, str]],
    plain: list[Hypothesis],
    vocabulary: tuple[str, ...],
) -> None:
    assert [one.text for one in _heard(model, [spoken[2][0]], vocabulary)] == [plain[2].text]
