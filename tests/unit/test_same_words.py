"""A line is said again only if nearly all its words are in another's lines, at the same time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.same_words import HeardLine, line_of, says_again

TEXTS = st.lists(st.sampled_from(["one", "two", "three", "four", "five", "six"]), max_size=12).map(" ".join)


def line(text: str, *, start_ms: int = 0, end_ms: int = 4_000) -> HeardLine:
    return line_of(start_ms=start_ms, end_ms=end_ms, text=text)


SENTENCE = "We should move the meeting to Friday."


def test_the_same_words_at_the_same_time_are_one_voice() -> None:
    assert says_again(line(SENTENCE), [line("we should move the meeting to friday", start_ms=200, end_ms=4_200)])


def test_one_word_in_five_may_be_heard_differently() -> None:
    assert says_again(line("we should move that meeting to friday"), [line(SENTENCE)])
    assert not says_again(line("we should move that meeting to monday"), [line(SENTENCE)])


def test_three_words_are_said_by_two_people_every_day() -> None:
    assert not says_again(line("yes of course"), [line("yes of course")])
    assert says_again(line("yes of course there"), [line("yes of course there")])


@pytest.mark.parametrize(
    ("text", "heard", "is_again"),
    [
        ("会議を金曜日に移しましょう。", "会議を金曜日に移しましょう", True),
        ("会議を金曜日に移しましょう。", "会議は金曜日へ移しましょう", True),
        ("会議を金曜日に移しましょう。", "私は金曜日に行けません", False),
        ("はい、そうです。", "はい、そうです。", False),  # two people say so every day
        ("हम बैठक को शुक्रवार तक टाल देंगे।", "हम बैठक को शुक्रवार तक टाल देंगे", True),
        ("हाँ, ठीक है।", "हाँ ठीक है", False),
    ],
)
def test_words_are_told_by_the_rules_of_their_script(text: str, heard: str, *, is_again: bool) -> None:
    assert says_again(line(text), [line(heard)]) is is_again


@pytest.mark.parametrize(
    ("from_ms", "to_ms", "is_again"), [(900, 3_000, True), (900, 2_800, False), (9_000, 13_000, False)]
)
def test_half_of_its_time_must_be_the_same(from_ms: int, to_ms: int, is_again: bool) -> None:
    assert says_again(line(SENTENCE), [line(SENTENCE, start_ms=from_ms, end_ms=to_ms)]) is is_again


def test_a_line_with_words_of_its_own_stays() -> None:
    assert not says_again(line(SENTENCE + " No, I cannot come on Friday."), [line(SENTENCE)])


def test_what_the_other_said_in_two_lines_counts_as_one() -> None:
    others = [line("we should move", end_ms=1_700), line("the meeting to friday", start_ms=1_700)]
    assert says_again(line(SENTENCE), others)


def test_the_same_words_elsewhere_in_a_long_line_are_others() -> None:
    long = line("the and of to a " + "word " * 200 + "we should move the meeting", start_ms=0, end_ms=60_000)
    assert not says_again(line("we should move the meeting", end_ms=3_000), [long])


@given(TEXTS, TEXTS)
def test_nothing_is_said_again_by_silence_and_everything_long_enough_by_itself(ours: str, theirs: str) -> None:
    assert not says_again(line(ours), [])
    assert says_again(line(theirs), [line(theirs)]) is (len(theirs.split()) >= 4)
