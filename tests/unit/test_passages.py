"""A passage is cut out of a line's text, its words and its time, and never too little of it."""

import numpy as np
import pytest

from meetings.errors import Invalid
from meetings.passages import MARK, PAD_MS, Passage, words_cut
from meetings.recordings.silencing import silenced
from meetings.wire import WordWire

TEXT = "My number is 5551, thanks."


def word(text: str, start_ms: int) -> WordWire:
    return {"w": text, "s": start_ms, "e": start_ms + 400, "c": 0.9}


WORDS = [word("My", 0), word("number", 500), word("is", 1_000), word("5551,", 1_500), word("thanks.", 2_000)]
NUMBER = Passage(start=13, end=17)


def test_the_rest_of_the_text_stands_around_a_mark() -> None:
    assert NUMBER.cut_from(TEXT) == f"My number is {MARK}, thanks."


def test_a_word_that_the_passage_touches_goes_and_its_time_reaches_into_the_neighbours() -> None:
    cut = words_cut(text=TEXT, words=WORDS, passage=NUMBER)
    assert [each["w"] for each in cut.left] == ["My", "number", "is", "thanks."]
    assert (cut.from_ms, cut.to_ms) == (1_400 - PAD_MS, 2_000 + PAD_MS)


def test_the_second_of_two_equal_words_is_the_one_that_was_meant() -> None:
    words = [word("no", 0), word("no", 500), word("no", 1_000)]
    cut = words_cut(text="no no no", words=words, passage=Passage(start=3, end=5))
    assert [each["s"] for each in cut.left] == [0, 1_000]


@pytest.mark.parametrize(
    "text", ["My telephone number is 5551, thanks.", "Something else", "My number is 5551, thanks. Bye"]
)
def test_words_of_another_text_go_all_and_tell_no_time(text: str) -> None:
    cut = words_cut(text=text, words=WORDS, passage=Passage(start=0, end=2))
    assert (cut.left, cut.from_ms, cut.to_ms) == ([], None, None)


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 3), (5, 4), (0, len(TEXT) + 1)])
def test_a_passage_outside_of_the_text_is_refused(start: int, end: int) -> None:
    with pytest.raises(Invalid):
        Passage(start=start, end=end).checked(TEXT)


def test_all_but_blanks_is_all() -> None:
    assert Passage(start=1, end=5).is_all_of(" word ")
    assert not NUMBER.is_all_of(TEXT)


def test_silence_is_in_the_ranges_alone_however_the_samples_are_cut() -> None:
    samples = np.arange(1, 101, dtype=np.int16)
    expected = samples.copy()
    expected[10:30] = 0
    expected[95:] = 0
    for size in (1, 7, 50, 100):
        blocks = [samples[at : at + size] for at in range(0, 100, size)]
        assert np.array_equal(np.concatenate(list(silenced(blocks, [(10, 30), (95, 200)]))), expected)
    shifted = np.concatenate(list(silenced([samples[50:]], [(10, 30), (95, 200)], start=50)))
    assert np.array_equal(shifted, expected[50:])
