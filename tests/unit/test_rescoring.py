"""Whether a word of the vocabulary takes the place of what was understood, with a decoder that is a table."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.recognizers.base import Float32
from streaming.recognizers.pieces import Pieces
from streaming.recognizers.rescoring import Change, Understood, changed, changes
from streaming.recognizers.vocabulary import entries_of

END, START = 0, 1
WHOLE = ("▁will", "▁Will", "▁helston", "▁miln")  # pieces are made of two others: all that these begin with, too
PIECES = (
    "</s>",
    "<s>",
    *dict.fromkeys("▁helstonmwi'.,HWIL"),
    *dict.fromkeys(w[:n] for w in WHOLE for n in range(2, 9)),
)
ID = {piece: token for token, piece in enumerate(PIECES)}
MODEL = Pieces([piece.encode() for piece in PIECES])


class Table:
    """Knows the audio so well that every token has its logit, whatever stands before it."""

    def __init__(self, **likely: float) -> None:
        self.row = np.full(len(PIECES), -20, dtype=np.float32)
        self.n_fed = 0
        for piece, logit in likely.items():
            self.row[ID[piece]] = logit

    def copy(self) -> "Table":
        return self

    def feed(self, tokens: tuple[int, ...]) -> tuple[Float32, Float32]:
        self.n_fed += 1
        return np.tile(self.row, (len(tokens), 1)), np.zeros((len(tokens), 1), dtype=np.float32)

    def cut(self, n_tokens: int) -> None:
        pass


def _named(table: Table, said: str, *vocabulary: str) -> str:
    words = said.split()
    parts = [MODEL.tokens(word) for word in words]
    tokens = sum(parts, ())
    understood = Understood(
        tokens=(*tokens, END),
        logits=[table.row] * (len(tokens) + 1),
        words=tuple(words),
        n_tokens=tuple(map(len, parts)),
    )
    made = changes(table, understood, entries_of(vocabulary), MODEL, start=START)
    return MODEL.text(changed(tokens, made)[0])


def test_a_name_that_the_audio_allows_is_put_in() -> None:
    table = Table(**{"▁helston": 0.0, "e": -1.0, "</s>": 0.0, "▁will": 0.0})
    assert _named(table, "will helston will", "helstone") == "will helstone will"


def test_a_term_that_the_last_word_goes_on_from_is_not_asked_about_where_the_decoder_was_cut() -> None:
    """Nothing stands behind it, not even the end."""
    tokens = MODEL.tokens("helstone")
    table = Table(**{"▁helston": 0.0, "e": 0.0})
    understood = Understood(
        tokens=tokens, logits=[table.row] * (len(tokens) + 1), words=("helstone",), n_tokens=(len(tokens),)
    )
    assert changes(table, understood, entries_of(("helston",)), MODEL, start=START) == []


def test_a_name_that_the_audio_speaks_against_is_not() -> None:
    table = Table(**{"▁helston": 0.0, "▁miln": -9.0, "</s>": 0.0, "▁will": 0.0})
    assert _named(table, "will helston will", "miln", "helstonw") == "will helston will"


def test_nothing_is_asked_where_the_first_token_says_enough() -> None:
    table = Table(**{"▁helston": 0.0, "</s>": 0.0})
    assert _named(table, "helston", "hilston", "helton", "Heston") == "helston"
    assert table.n_fed == 0


@pytest.mark.parametrize(("logit", "text"), [(-1.0, "Will"), (-5.0, "will")])
def test_a_common_word_becomes_a_name_only_when_it_is_heard_as_one(logit: float, text: str) -> None:
    table = Table(**{"▁will": 0.0, "▁Will": logit, "</s>": 0.0})
    assert _named(table, "will", "Will") == text


def test_a_rare_word_takes_the_spelling_of_its_term_without_a_question() -> None:
    table = Table(**{"</s>": 0.0})
    assert _named(table, "helstone", "Helstone") == "Helstone"
    assert table.n_fed == 0


def test_changes_are_put_in_from_left_to_right_and_are_known_by_their_place() -> None:
    made = [
        Change(first=1, end=2, tokens=(7, 8, 9), sure=0.6),
        Change(first=2, end=4, tokens=(), sure=0.7),
        Change(first=4, end=4, tokens=(5,), sure=0.8),
    ]
    assert changed((1, 2, 3, 4, 6), made) == ((1, 7, 8, 9, 5, 6), {1: 0.6, 2: 0.6, 3: 0.6, 4: 0.8})


@given(
    st.lists(st.text("helstonmwi", min_size=1, max_size=6), max_size=6),
    st.lists(st.text("helstonmwi'. ▁\ud800é", max_size=8), max_size=6),
    st.integers(0, 2**32 - 1),
)
def test_whatever_is_in_the_vocabulary_changes_do_not_overlap_and_can_be_written(
    said: list[str], vocabulary: list[str], seed: int
) -> None:
    table = Table()
    table.row = np.random.default_rng(seed).normal(size=len(PIECES)).astype(np.float32)
    parts = [MODEL.tokens(word) for word in said]
    tokens = (*sum(parts, ()), END)
    understood = Understood(
        tokens=tokens, logits=[table.row] * len(tokens), words=tuple(said), n_tokens=tuple(map(len, parts))
    )
    made = changes(table, understood, entries_of(tuple(vocabulary)), MODEL, start=START)
    ends = [0, *(change.end for change in made)]
    assert all(end <= change.first <= change.end < len(tokens) for end, change in zip(ends, made, strict=False))
    assert all(0 <= change.sure <= 1 and not math.isnan(change.sure) for change in made)
