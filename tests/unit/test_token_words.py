"""Pieces of words with times become words that spell the text."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.recognizers.token_words import LONGEST_PIECE_S, confidence_of, words_of_tokens


def test_pieces_join_to_words_with_the_time_of_their_first_piece() -> None:
    words = words_of_tokens([" HEL", "LO", " WORLD"], [0.2, 0.4, 1.0], [math.log(0.5), math.log(0.5), 0.0], end_s=1.5)
    assert [(word.w, word.s, word.e, word.c) for word in words] == [("HELLO", 0.2, 0.8, 0.5), ("WORLD", 1.0, 1.4, 1.0)]


def test_a_word_before_a_pause_does_not_last_until_the_next_word() -> None:
    first, _ = words_of_tokens(["▁a", "▁b"], [0.0, 9.0], end_s=10.0)
    assert first.e == LONGEST_PIECE_S


def test_punctuation_belongs_to_the_word_before_it() -> None:
    words = words_of_tokens([" yes", ",", " no", "."], [0.0, 0.3, 0.5, 0.7], end_s=1.0)
    assert [word.w for word in words] == ["yes,", "no."]


def test_scripts_without_spaces_have_a_word_for_each_sign() -> None:
    words = words_of_tokens(["你", "好", "OK", "。"], [0.0, 0.2, 0.4, 0.6], end_s=1.0)
    assert [word.w for word in words] == ["你", "好", "OK。"]


@pytest.mark.parametrize("begins_s", [[], [0.1]])
def test_without_a_time_for_each_piece_there_are_no_words(begins_s: list[float]) -> None:
    assert words_of_tokens([" a", " b"], begins_s, end_s=1.0) == ()


@given(
    st.lists(st.tuples(st.sampled_from([" ", "▁", ""]), st.text("abcé,.你", min_size=1, max_size=4))),
    st.lists(st.floats(0, 30), min_size=60, max_size=60),
    st.lists(st.floats(-20, 0.1), min_size=60, max_size=60),
)
def test_words_spell_the_text_in_order_and_within_the_audio(
    pieces: list[tuple[str, str]], times: list[float], log_probabilities: list[float]
) -> None:
    tokens = [begin + text for begin, text in pieces][:60]
    begins_s = sorted(times[: len(tokens)])
    words = words_of_tokens(tokens, begins_s, log_probabilities[: len(tokens)], end_s=30.0)
    spelled = "".join(word.w for word in words)
    assert spelled == "".join(tokens).replace("▁", " ").replace(" ", "")
    assert all(0 <= word.s <= word.e <= 30 and 0 <= word.c <= 1 for word in words)
    assert all(a.s <= b.s for a, b in itertools.pairwise(words))


def test_confidence_is_the_mean_probability_and_1_where_the_model_gives_none() -> None:
    assert confidence_of([math.log(0.5), 0.0]) == pytest.approx(0.75)
    assert confidence_of([]) == 1.0
