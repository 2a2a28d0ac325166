"""What was heard before is taken over by Moonshine where it stands up to the audio, and costs little."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from streaming.recognizers.base import SAMPLE_RATE_HZ, DecodeOptions, Float32
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
    for draft in (tuple(reversed(heard.tokens)), (5, 6, 7) * 40, (10**9, 10**6)):
        assert plain(recognizer.transcribe(beckett, DecodeOptions(language="en", draft=draft)).text) == plain(
            heard.text
        )


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
