"""Loops of a lost decoder are cut; what people repeat stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.recognizers.base import Hypothesis, Word
from streaming.recognizers.loops import loops_cut, text_cut, unfinished_cut, words_kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "No, no, no.",
        "That is very very good.",
        "Bye, bye bye.",
        "Ever tried, ever failed, no matter. Try again, fail again, fail better.",
        "Call seven seven seven seven, then 0 0 0 0 0.",
        "one two one two one two",
        "I think that, I think that it is fine.",
        "はい、はい、はい、そうです",
        "二〇〇〇〇〇〇〇〇〇",
    ],
)
def test_what_people_say_stays_as_it_is(text: str) -> None:
    assert text_cut(text) == text


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("Such such such such such", "Such"),
        ("Thank you. Thank you. Thank you. Thank you.", "Thank you."),
        ("Well, I don't know, I don't know, I don't know, but", "Well, I don't know, but"),
        ("a b b b b a b a b", "a b"),
        ("It goes on and on and on and on", "It goes on and on"),
        ("ご視聴ありがとうございました" * 4, "ご視聴ありがとうございました"),
        ("ははははははははは", "は"),
    ],
)
def test_loops_are_cut_to_one(text: str, cut: str) -> None:
    assert text_cut(text) == cut


def test_the_words_go_with_the_text_and_the_tokens_are_not_used_again() -> None:
    spoken = ["so", "yes", "yes", "yes", "yes", "then"]
    words = tuple(Word(w=w, s=float(at), e=at + 0.5, c=0.5) for at, w in enumerate(spoken))
    cut = loops_cut(Hypothesis(text=" ".join(spoken), confidence=0.7, language="en", words=words, tokens=(1, 2)))
    assert (cut.text, cut.confidence, cut.tokens) == ("so yes then", 0.7, ())
    assert [(word.w, word.s) for word in cut.words] == [("so", 0.0), ("yes", 1.0), ("then", 5.0)]


def test_without_a_loop_nothing_changes_at_all() -> None:
    hypothesis = Hypothesis(text="no  loop", confidence=0.7, language="en", tokens=(1, 2))
    assert loops_cut(hypothesis) is hypothesis


@pytest.mark.parametrize(
    ("heard", "left"),
    [
        ("Ever since, ever since,", "Ever since,"),
        ("But but but", "But"),
        ("The day of the day", "The day of"),
        ("The first improvisation of the first impro", "The first improvisation of"),
        ("just not just just not", "just not just"),
        ("as tall as", "as tall as"),
        ("step by step", "step by step"),
        ("agreeing greatly to", "agreeing greatly to"),
        ("The first start. The", "The first start. The"),
        ("seven, seven, seven", "seven, seven, seven"),
        ("", ""),
    ],
)
def test_of_what_a_decoder_did_not_finish_nothing_stays_that_begins_again(heard: str, left: str) -> None:
    spoken, tokens = heard.split(), tuple(range(2 * len(heard.split())))
    words = tuple(Word(w=word, s=at, e=at + 0.5, c=0.5, n=2) for at, word in enumerate(spoken))
    cut = unfinished_cut(Hypothesis(text=heard, confidence=0.7, language="en", words=words, tokens=tokens))
    assert (cut.text, " ".join(word.w for word in cut.words)) == (left, left)
    assert cut.tokens == tokens[: 2 * len(cut.words)]


WORDS = st.lists(st.sampled_from(["a", "b", "A,", "c.", "one"]), max_size=30)


@given(WORDS)
def test_cutting_takes_words_away_and_nothing_else_and_once_is_enough(words: list[str]) -> None:
    kept = words_kept(words)
    assert kept == sorted(set(kept))
    assert words_kept([words[index] for index in kept]) == list(range(len(kept)))
    assert not words or kept[0] == 0


@given(WORDS)
def test_every_word_that_was_said_is_still_there_once(words: list[str]) -> None:
    plain = {word.casefold().strip(",.") for word in words}
    assert {words[index].casefold().strip(",.") for index in words_kept(words)} == plain


@given(st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=1, max_size=8), st.integers(4, 9))
def test_a_phrase_of_different_words_is_cut_however_often_it_comes(phrase: list[str], n_repeats: int) -> None:
    kept = words_kept(["x", *phrase * n_repeats])
    assert len(kept) == 1 + len(phrase)


@given(st.lists(st.integers(0, 10_000).map(str), unique=True, max_size=30))
def test_words_that_all_differ_stay(words: list[str]) -> None:
    assert words_kept(words) == list(range(len(words)))


@given(st.text("あいう。a ", max_size=60))
def test_any_text_of_signs_is_stable_once_cut(text: str) -> None:
    assert text_cut(text_cut(text)) == text_cut(text)
