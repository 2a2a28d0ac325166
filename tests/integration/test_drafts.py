"""What was heard before is taken over by Moonshine where it stands up to the audio, and costs little."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from streaming.recognizers.base import SAMPLE_RATE_HZ, Context, DecodeOptions, Float32, Hypothesis
from streaming.recognizers.moonshine import MoonshineRecognizer
from streaming.speech_models.store import model_ensure
from tests.speech import sound_read

pytestmark = pytest.mark.speech

EN = DecodeOptions(language="en")


def plain(text: str) -> list[str]:
    return "".join(letter for letter in text.lower() if letter.isalpha() or letter.isspace()).split()


@pytest.fixture(scope="session")
def beckett(speech_samples: dict[str, Path]) -> Float32:
    return sound_read(speech_samples["beckett"])


@pytest.fixture(scope="module")
def recognizer(speech_cache: Path) -> MoonshineRecognizer:
    return MoonshineRecognizer(model_ensure(name="moonshine-base-en", directory=None, cache=speech_cache))


@contextmanager
def counted(recognizer: MoonshineRecognizer) -> Iterator[list[int]]:
    """How many tokens each call of the decoder was given."""
    calls: list[int] = []
    decoder = recognizer._decoder

    class Counting:
        def run(self, feed: dict[str, Any]) -> dict[str, Any]:
            calls.append(feed["input_ids"].shape[1])
            return decoder.run(feed)

    recognizer._decoder = Counting()  # type: ignore[assignment]  # in the way of the real one, which does the work
    try:
        yield calls
    finally:
        recognizer._decoder = decoder


def test_its_own_words_are_judged_in_one_call_and_come_out_the_same(
    recognizer: MoonshineRecognizer, beckett: Float32
) -> None:
    heard = recognizer.transcribe(beckett, EN)
    with counted(recognizer) as calls:
        again = recognizer.transcribe(beckett, DecodeOptions(language="en", draft=heard.tokens))
    assert plain(again.text) == plain(heard.text)
    assert calls[0] == len(heard.tokens) + 1
    assert len(calls) <= 3


def test_a_draft_of_less_audio_gives_the_words_that_decoding_from_scratch_gives(
    recognizer: MoonshineRecognizer, beckett: Float32
) -> None:
    draft = recognizer.transcribe(beckett[: beckett.size // 2], EN).tokens
    with counted(recognizer) as calls:
        heard = recognizer.transcribe(beckett, DecodeOptions(language="en", draft=draft))
    assert plain(heard.text) == plain(recognizer.transcribe(beckett, EN).text)
    assert len(calls) < len(heard.tokens)


def test_a_draft_that_is_nonsense_is_not_believed(recognizer: MoonshineRecognizer, beckett: Float32) -> None:
    heard = recognizer.transcribe(beckett, EN)
    for draft, n_kept in ((tuple(reversed(heard.tokens)), 0), ((5, 6, 7) * 40, 0), ((10**9, 10**6), 2)):
        options = DecodeOptions(language="en", draft=draft, n_kept=n_kept)
        assert plain(recognizer.transcribe(beckett, options).text) == plain(heard.text)


def test_given_words_are_not_questioned_and_the_rest_is_heard_behind_them(
    recognizer: MoonshineRecognizer, beckett: Float32
) -> None:
    heard = recognizer.transcribe(beckett, EN)
    first = next(index for index, word in enumerate(heard.words) if word.s > 4.0)
    cut_s = heard.words[first].s - 0.2
    n_before = sum(word.n for word in heard.words[:first])
    n_given = sum(word.n for word in heard.words[first : first + 2])
    given = heard.tokens[n_before : n_before + n_given]
    rest = recognizer.transcribe(beckett[int(cut_s * SAMPLE_RATE_HZ) :], DecodeOptions(language="en", given=given))
    assert plain(rest.text) == plain(" ".join(word.w for word in heard.words[first:]))


def context_of(heard: Hypothesis, *, n_words: int) -> tuple[Context, float]:
    """(the first words as context, where the rest begins in seconds)."""
    cut_s = (heard.words[n_words - 1].e + heard.words[n_words].s) / 2
    n_tokens = sum(word.n for word in heard.words[:n_words])
    return Context(n_samples=round(cut_s * SAMPLE_RATE_HZ), tokens=heard.tokens[:n_tokens]), cut_s


@pytest.mark.parametrize("n_words", [1, 3, 7])
def test_what_was_said_before_is_no_part_of_what_is_heard(
    recognizer: MoonshineRecognizer, beckett: Float32, n_words: int
) -> None:
    heard = recognizer.transcribe(beckett, EN)
    context, cut_s = context_of(heard, n_words=n_words)
    rest = recognizer.transcribe(beckett, DecodeOptions(language="en", context=context))
    assert plain(rest.text) == plain(" ".join(word.w for word in heard.words[n_words:]))
    assert sum(word.n for word in rest.words) == len(rest.tokens)
    shifts = [abs(word.s + cut_s - before.s) for word, before in zip(rest.words, heard.words[n_words:], strict=True)]
    assert np.median(shifts) < 0.1


def test_a_mark_before_is_judged_again_and_is_no_word(recognizer: MoonshineRecognizer, beckett: Float32) -> None:
    """An utterance was taken to end a sentence, and goes on; or it is the other way round."""
    heard = recognizer.transcribe(beckett, EN)
    first = next(index for index, word in enumerate(heard.words) if word.w.endswith(",")) + 1
    context, _ = context_of(heard, n_words=first)
    for mark in (context.tokens[-1], heard.tokens[-1]):
        options = DecodeOptions(language="en", context=replace(context, tokens=(*context.tokens[:-1], mark)))
        rest = recognizer.transcribe(beckett, options)
        assert plain(rest.text) == plain(" ".join(word.w for word in heard.words[first:]))
        assert rest.text[0].isalpha()


def test_behind_what_was_said_silence_is_silence(recognizer: MoonshineRecognizer, beckett: Float32) -> None:
    heard = recognizer.transcribe(beckett, EN)
    context = Context(n_samples=beckett.size, tokens=heard.tokens)
    room = np.random.default_rng(0).normal(0, 0.003, SAMPLE_RATE_HZ).astype(np.float32)
    options = DecodeOptions(language="en", context=context)
    assert recognizer.transcribe(np.concatenate([beckett, room]), options).text == ""


def test_names_are_found_behind_what_was_said(recognizer: MoonshineRecognizer, beckett: Float32) -> None:
    """Words of the vocabulary are judged against the rest alone: what was said before is not changed any more."""
    heard = recognizer.transcribe(beckett, EN)
    context, _ = context_of(heard, n_words=3)
    options = DecodeOptions(language="en", want_words=True, vocabulary=("Ever Tried", "Fail Better"), context=context)
    rest = recognizer.transcribe(beckett, options)
    assert rest.text.endswith("Fail Better.")
    assert plain(rest.text) == plain(" ".join(word.w for word in heard.words[3:]))


def test_words_make_the_text_and_lie_one_after_the_other_within_the_audio(
    recognizer: MoonshineRecognizer, beckett: Float32
) -> None:
    heard = recognizer.transcribe(beckett, EN)
    assert " ".join(word.w for word in heard.words) == heard.text
    assert sum(word.n for word in heard.words) == len(heard.tokens)
    times = [time for word in heard.words for time in (word.s, word.e)]
    assert times == sorted(times)
    assert 0 <= times[0] < times[-1] <= beckett.size / SAMPLE_RATE_HZ + 0.1
    assert all(0 < word.c <= 1 for word in heard.words)


def test_a_sentence_that_ends_is_told_from_one_that_is_cut(recognizer: MoonshineRecognizer, beckett: Float32) -> None:
    heard = recognizer.transcribe(beckett, EN)
    stop = next(word for word in heard.words if word.w.endswith("."))
    whole = beckett[: int((stop.e + 0.2) * SAMPLE_RATE_HZ)]
    cut = beckett[: int((stop.s + (stop.e - stop.s) / 2) * SAMPLE_RATE_HZ)]
    assert recognizer.transcribe(whole, EN).finished > recognizer.transcribe(cut, EN).finished
