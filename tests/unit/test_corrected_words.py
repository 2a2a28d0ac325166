"""Correcting a text keeps the times of words that stay, and makes up none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.corrections.cutting import line_cut, texts_joined
from meetings.corrections.finding import Search, text_replaced
from meetings.corrections.words_kept import words_placed, words_realigned
from meetings.errors import Invalid
from meetings.limits import SAMPLES_PER_MS
from meetings.session_clock import SessionClock
from meetings.wire import WordWire

WORDS = st.lists(st.sampled_from(["one", "two,", "Three.", "日本", "é", "one-two"]), max_size=8)
CLOCK = SessionClock(origin_ms=500)


def words(text: str) -> list[WordWire]:
    """Each word of 200 ms, and 100 ms between them; meeting time begins at 500."""
    return [{"w": w, "s": 500 + n * 300, "e": 700 + n * 300, "c": 0.9} for n, w in enumerate(text.split())]


def kept(before: str, after: str) -> list[tuple[str, int]]:
    return [(word["w"], (word["s"] - 500) // 300) for word in words_realigned(words=words(before), text=after)]


def test_words_that_stay_keep_their_times_and_what_is_new_has_none() -> None:
    assert kept("we met miss smith today", "we met Ms Smyth today") == [("we", 0), ("met", 1), ("today", 4)]
    assert kept("one two", "one and two") == [("one", 0), ("two", 1)]
    assert kept("one two three", "three") == [("three", 2)]
    assert kept("one two", "") == []


def test_another_case_and_other_marks_make_no_other_word() -> None:
    assert kept("good morning everybody", "Good morning, everybody!") == [
        ("Good", 0),
        ("morning,", 1),
        ("everybody!", 2),
    ]


def test_a_part_of_a_word_is_not_the_word() -> None:
    assert kept("the cat sat", "the cats sat") == [("the", 0), ("sat", 2)]


def test_scripts_without_spaces_are_compared_by_character() -> None:
    assert kept("日本 の 首都", "日本の都市") == [("日本", 0), ("の", 1)]
    assert kept("日本 の", "日の本の") == [("の", 1)], "torn apart it is another word"


@given(WORDS, WORDS)
def test_kept_words_are_a_part_of_both_in_order(before: list[str], after: list[str]) -> None:
    text = " ".join(after)
    found = words_realigned(words=words(" ".join(before)), text=text)
    times = [(word["s"], word["e"]) for word in found]
    assert times == sorted(times)
    assert set(times) <= {(word["s"], word["e"]) for word in words(" ".join(before))}
    assert len(words_placed(text, found)) == len(found)


@given(WORDS)
def test_a_text_that_stays_keeps_all_times(said: list[str]) -> None:
    before = words(" ".join(said))
    assert words_realigned(words=before, text=" ".join(said)) == before


def cut(text: str, at: int, timed: list[WordWire] | None = None) -> tuple[str, str, int, int, int]:
    end = 100 * 300 * SAMPLES_PER_MS
    found = line_cut(text=text, words=words(text) if timed is None else timed, at=at, start=0, end=end, clock=CLOCK)
    return found.first, found.second, found.position // SAMPLES_PER_MS, len(found.first_words), len(found.second_words)


@pytest.mark.parametrize("at", [7, 8])
def test_the_sound_is_cut_in_the_middle_of_the_pause(at: int) -> None:
    assert cut("one two three four", at) == ("one two", "three four", 550, 2, 2)


def test_a_word_that_is_cut_loses_its_time_and_is_cut_by_its_characters() -> None:
    assert cut("one fives three", 6) == ("one fi", "ves three", 300 + 80, 1, 1)


def test_words_without_times_are_placed_between_those_that_have_some() -> None:
    timed = words("one two three four")
    first, second, position_ms, *_ = cut("one 22 33 four", 6, [timed[0], timed[3]])
    assert (first, second) == ("one 22", "33 four")
    assert position_ms == (200 + 900) // 2


def test_without_any_times_the_characters_share_the_line() -> None:
    assert cut("aaaa bbbb", 4, []) == ("aaaa", "bbbb", 15_000, 0, 0)


@pytest.mark.parametrize("at", [-1, 0, 3, 4, 99])
def test_a_line_is_not_split_into_itself_and_nothing(at: int) -> None:
    with pytest.raises(Invalid):
        cut("one ", at)


@given(st.lists(st.sampled_from(["one", "two,", "Three."]), min_size=1, max_size=8), st.integers(-2, 60))
def test_both_parts_have_sound_and_together_all_words(said: list[str], at: int) -> None:
    text = " ".join(said)
    try:
        found = line_cut(text=text, words=words(text), at=at, start=0, end=8 * 4_800, clock=CLOCK)
    except Invalid:
        return
    assert 0 < found.position < 8 * 4_800
    assert (found.first + found.second).replace(" ", "") == text.replace(" ", "")
    starts = [CLOCK.position_at(word["s"]) for word in found.second_words]
    ends = [CLOCK.position_at(word["e"]) for word in found.first_words]
    assert max(ends, default=0) <= found.position <= min(starts, default=found.position)


def test_lines_are_joined_with_a_space_unless_their_script_has_none() -> None:
    assert texts_joined("one", "two") == "one two"
    assert texts_joined("日本", "の") == "日本の"


def found(text: str, find: str, *, match_case: bool = False, whole_words: bool = True) -> list[str]:
    search = Search(find=find, match_case=match_case, whole_words=whole_words)
    return [text[start:end] for start, end in search.places(text)]


def test_what_is_found() -> None:
    assert found("Ann met ann in Annapolis", "ann") == ["Ann", "ann"]
    assert found("Ann met ann in Annapolis", "ann", match_case=True) == ["ann"]
    assert found("Ann met ann in Annapolis", "ann", whole_words=False) == ["Ann", "ann", "Ann"]
    assert found("is a.b axb?", "a.b") == ["a.b"], "no pattern"
    assert found("(sic) (sic)", "(sic)") == ["(sic)", "(sic)"]


@pytest.mark.parametrize(
    ("text", "after"),
    [("well um yes", "well yes"), ("um yes", "yes"), ("yes um, no", "yes, no"), ("um", ""), ("yes um", "yes")],
)
def test_what_is_left_out_leaves_no_double_space(text: str, after: str) -> None:
    assert text_replaced(text, Search(find="um").places(text), "") == after


@given(st.text("ab ", max_size=20), st.text("ab", min_size=1, max_size=2))
def test_replacing_is_what_strings_do(text: str, find: str) -> None:
    places = Search(find=find, match_case=True, whole_words=False).places(text)
    assert text_replaced(text, places, "X") == text.replace(find, "X").strip()
