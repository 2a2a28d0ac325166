"""When a word was said: what the aligner says, corrected by the reference's words and by the sound."""

import numpy as np
import pytest

from bench.word_times import SpokenWord, matches, sharpened, with_reference, words_of
from streaming.audio.pcm import Float32


def word(text: str, start_s: float, end_s: float) -> SpokenWord:
    return SpokenWord(text=text, start_s=start_s, end_s=end_s)


def sound(*spans: tuple[float, float], seconds: float) -> Float32:
    """Noise like a voice in the spans, the hiss of a microphone elsewhere."""
    noise = np.random.default_rng(1).standard_normal(int(seconds * 16_000)).astype(np.float32)
    level = np.full(noise.size, 0.0005, np.float32)
    for start_s, end_s in spans:
        level[int(start_s * 16_000) : int(end_s * 16_000)] = 0.1
    return noise * level


def test_the_first_word_begins_with_its_sound_and_not_with_the_recording() -> None:
    found = sharpened([word("a", 0.0, 0.8), word("b", 0.8, 1.2)], sound((0.5, 1.2), seconds=2))
    assert found[0].start_s == pytest.approx(0.5, abs=0.01)
    assert found[0].end_s == 0.8
    assert found[1] == word("b", 0.8, 1.2)


def test_the_last_word_ends_with_its_sound() -> None:
    too_long = sharpened([word("a", 0.5, 2.0)], sound((0.5, 1.2), seconds=2))
    too_short = sharpened([word("a", 0.5, 1.0)], sound((0.5, 1.2), seconds=2))
    assert too_long[0].end_s == pytest.approx(1.2, abs=0.01)
    assert too_short[0].end_s == pytest.approx(1.2, abs=0.01)


def test_a_pause_belongs_to_no_word() -> None:
    found = sharpened([word("a", 0.0, 0.9), word("b", 0.9, 2.5)], sound((0.0, 1.0), (2.0, 2.5), seconds=3))
    assert found[0].end_s == pytest.approx(1.0, abs=0.01)
    assert found[1].start_s == pytest.approx(2.0, abs=0.01)
    assert found[1].end_s == pytest.approx(2.5, abs=0.01)


def test_a_closure_within_a_word_divides_it_not() -> None:
    found = sharpened([word("a", 0.0, 2.0)], sound((0.5, 0.7), (0.85, 1.2), seconds=2))
    assert found[0].start_s == pytest.approx(0.5, abs=0.01)
    assert found[0].end_s == pytest.approx(1.2, abs=0.01)


def test_a_click_is_no_voice() -> None:
    found = sharpened([word("a", 0.0, 0.9)], sound((0.0, 0.05), (0.4, 0.9), seconds=2))
    assert found[0].start_s == pytest.approx(0.4, abs=0.01)


def test_a_word_without_any_sound_keeps_its_time() -> None:
    assert sharpened([word("a", 1.0, 1.5)], sound((0.2, 0.8), seconds=2)) == [word("a", 1.0, 1.5)]


def test_words_never_overlap_by_being_held() -> None:
    found = sharpened([word("a", 0.2, 0.4), word("b", 0.5, 1.0)], sound((0.2, 1.0), seconds=2))
    assert found[0].end_s == 0.5


def test_an_aligner_that_misheard_a_word_still_says_when_it_was() -> None:
    heard = [word("He", 0.0, 0.2), word("what", 0.2, 0.4), word("not,", 0.4, 0.6)]
    assert with_reference(heard, "he wot not") == [word("he", 0.0, 0.2), word("wot", 0.2, 0.4), word("not", 0.4, 0.6)]


def test_words_that_the_aligner_made_up_or_missed_are_left_out() -> None:
    heard = [word("the", 0.0, 0.2), word("dog", 0.2, 0.4), word("you", 0.9, 1.0)]
    assert [each.text for each in with_reference(heard, "the big dog")] in (["the", "dog"], ["the", "big"])
    assert [each.text for each in with_reference(heard, "the dog")] == ["the", "dog"]


def test_words_are_compared_without_case_punctuation_and_variants() -> None:
    assert words_of("Mr. Brown's   colour, -") == words_of("mister brown's color")
    assert list(matches(["a", "b", "c"], ["a", "x", "c"])) == [(0, 0), (2, 2)]
