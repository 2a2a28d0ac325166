"""What was said last is context for what is said next: its end, in whole words, as long as it is recent."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.audio.pcm import Float32
from streaming.recent_speech import (
    EDGE_SAMPLES,
    LONGEST_SAMPLES,
    LONGEST_SILENCE_SAMPLES,
    RecentSpeech,
    context_of,
)
from streaming.recognizers.base import NO_CONTEXT, SAMPLE_RATE_HZ, Hypothesis, Word

WORD_S = 0.3


def said(n_words: int, *, first_token: int = 0) -> tuple[Float32, Hypothesis]:
    """Words of two tokens each, one after the other, in audio whose samples count themselves."""
    words = tuple(Word(w=f"w{i}", s=i * WORD_S, e=(i + 1) * WORD_S, c=1.0, n=2) for i in range(n_words))
    tokens = tuple(range(first_token, first_token + 2 * n_words))
    audio = np.arange(round(n_words * WORD_S * SAMPLE_RATE_HZ), dtype=np.float32)
    text = " ".join(word.w for word in words)
    return audio, Hypothesis(text=text, confidence=1.0, language="en", words=words, tokens=tokens)


def recent_after(n_words: int, *, language: str = "en") -> tuple[RecentSpeech, Float32, Hypothesis]:
    recent, (audio, hypothesis) = RecentSpeech(None), said(n_words)
    recent.add(audio, hypothesis, end=audio.size, language=language)
    return recent, audio, hypothesis


def test_it_is_the_audio_and_the_tokens_of_what_was_said() -> None:
    recent, audio, hypothesis = recent_after(5)
    before, context = recent.before(audio.size + 100, language="en")
    np.testing.assert_array_equal(before, audio)
    assert (context.n_samples, context.tokens) == (audio.size, hypothesis.tokens)


@given(st.integers(1, 30))
def test_of_much_the_end_is_kept_in_whole_words(n_words: int) -> None:
    recent, audio, hypothesis = recent_after(n_words)
    before, context = recent.before(audio.size, language="en")
    assert 0 < before.size <= LONGEST_SAMPLES
    np.testing.assert_array_equal(before, audio[-before.size :])
    assert context.n_samples == before.size
    assert context.tokens == hypothesis.tokens[-len(context.tokens) :]
    n_spoken_s = len(context.tokens) / 2 * WORD_S
    assert n_spoken_s * SAMPLE_RATE_HZ == pytest.approx(before.size, abs=EDGE_SAMPLES + 1)


def test_the_next_utterance_takes_the_place_of_the_one_before() -> None:
    recent, audio, _ = recent_after(3)
    _, another = said(3, first_token=100)
    recent.add(audio, another, end=2 * audio.size, language="en")
    assert recent.before(2 * audio.size, language="en")[1].tokens == another.tokens


def test_what_is_long_past_or_in_another_language_is_no_context() -> None:
    recent, audio, _ = recent_after(3)
    assert recent.before(audio.size + LONGEST_SILENCE_SAMPLES, language="en")[1].n_samples
    assert recent.before(audio.size + LONGEST_SILENCE_SAMPLES + 1, language="en")[1] == NO_CONTEXT
    assert recent.before(audio.size, language="de")[1] == NO_CONTEXT


def test_silence_forgets_it_when_it_is_long() -> None:
    recent, audio, _ = recent_after(3)
    recent.pass_over(audio.size + LONGEST_SILENCE_SAMPLES)
    assert recent.before(audio.size, language="en")[1].n_samples
    recent.pass_over(audio.size + LONGEST_SILENCE_SAMPLES + 1)
    assert recent.before(audio.size, language="en")[1] == NO_CONTEXT


def test_an_utterance_without_words_changes_nothing() -> None:
    recent, audio, hypothesis = recent_after(3)
    nothing = Hypothesis(text="", confidence=0.0, language="en")
    recent.add(np.zeros(800, dtype=np.float32), nothing, end=audio.size + 800, language="en")
    assert recent.before(audio.size + 800, language="en")[1].tokens == hypothesis.tokens


def test_a_model_that_gives_no_tokens_is_given_no_context() -> None:
    recent, audio, _ = recent_after(3)
    words = tuple(Word(w=f"w{at}", s=float(at), e=at + 0.5, c=1.0) for at in range(2))
    for of_text in ((), words):
        text_only = Hypothesis(text="w0 w1", confidence=1.0, language="en", words=of_text)
        recent.add(audio, text_only, end=2 * audio.size, language="en")
        assert recent.before(2 * audio.size, language="en")[1] == NO_CONTEXT


@given(st.lists(st.integers(1, 9_000), max_size=8))
def test_one_that_was_stored_is_whole_once_its_audio_was_sent_again(cuts: list[int]) -> None:
    recent, audio, hypothesis = recent_after(12)
    stored = context_of(hypothesis, start=0, end=audio.size, language="en")
    assert stored is not None
    again, position = RecentSpeech(stored), stored.start
    for n_samples in [*cuts, audio.size]:
        assert again.before(audio.size, language="en")[1] == NO_CONTEXT or position == audio.size
        samples = audio[position : position + n_samples]
        again.recall(position, samples)
        position += samples.size
    again.recall(position, np.zeros(500, dtype=np.float32))  # what stands behind it is none of it
    (expected, context), (before, context_again) = (each.before(audio.size, language="en") for each in (recent, again))
    np.testing.assert_array_equal(before, expected)
    assert context_again == context


def test_one_of_which_audio_is_missing_is_none() -> None:
    _, audio, hypothesis = recent_after(12)
    stored = context_of(hypothesis, start=0, end=audio.size, language="en")
    assert stored is not None
    again = RecentSpeech(stored)
    again.recall(stored.start + 100, audio[stored.start + 100 :])
    assert again.before(audio.size, language="en")[1] == NO_CONTEXT


@pytest.mark.parametrize(
    ("text", "is_over"), [("They say.", True), ("Really?", True), ("they say,", False), ("so", False)]
)
def test_a_sentence_begins_after_one_that_is_over_or_after_a_long_silence(text: str, is_over: bool) -> None:
    recent, (audio, hypothesis) = RecentSpeech(None), said(2)
    assert recent.opens_sentence(0)
    recent.add(audio, replace(hypothesis, text=text), end=audio.size, language="en")
    assert recent.opens_sentence(audio.size) is is_over
    assert recent.opens_sentence(audio.size + LONGEST_SILENCE_SAMPLES + 1)
    recent.forget()
    assert recent.opens_sentence(audio.size)


def test_of_a_context_that_was_stored_nobody_knows_whether_its_sentence_is_over() -> None:
    audio, hypothesis = said(5)
    stored = context_of(hypothesis, start=0, end=audio.size, language="en")
    assert not RecentSpeech(stored).opens_sentence(audio.size)
