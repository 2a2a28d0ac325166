"""Which lines are heard together, which words belong to which, and what is kept of two hearings."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from meetings.second_pass.choice import MOST_DOUBT, Improvement, improvement, text_of
from meetings.second_pass.hearing import Heard
from meetings.second_pass.policy import is_policy, is_wanted
from meetings.second_pass.stretches import (
    LONGEST_PAUSE_SAMPLES,
    LONGEST_SAMPLES,
    Place,
    stretches,
    words_by_place,
)
from meetings.values import WordTiming
from meetings.wire import WordWire

SECOND = 16_000


def place(start_s: float, end_s: float, text: str = "", *, language: str = "en", is_alone: bool = False) -> Place:
    start, end = round(start_s * SECOND), round(end_s * SECOND)
    return Place(start=start, end=end, language=language, text=text, is_alone=is_alone)


def word(text: str, start_s: float, end_s: float, sure: float = 0.9) -> WordTiming:
    return WordTiming(text=text, start=round(start_s * SECOND), end=round(end_s * SECOND), confidence=sure)


def wired(words: Sequence[WordTiming]) -> list[WordWire]:
    return [{"w": each.text, "s": each.start // 16, "e": each.end // 16, "c": each.confidence} for each in words]


def parted(words: Sequence[WordTiming], places: Sequence[Place]) -> list[list[str]]:
    return [[each.text for each in own] for own in words_by_place(words, places)]


def kept(text: str, words: Sequence[WordTiming], again: Sequence[WordTiming], **more: bool) -> Improvement | None:
    return improvement(
        text=text,
        words=wired(words),
        confidence=0.9,
        engine="first",
        heard=Heard(engine="second", language="en", words=tuple(again)),
        may_replace=more.get("may_replace", True),
        has_guesses=more.get("has_guesses", False),
        wired=wired,
    )


def test_neighbours_are_heard_together_until_a_stretch_is_full() -> None:
    lines = [place(at, at + 5) for at in range(0, 40, 5)]
    assert stretches(lines) == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_pauses_other_languages_and_losses_part_them() -> None:
    pause_s = LONGEST_PAUSE_SAMPLES / SECOND
    assert stretches([place(0, 1), place(1 + pause_s, 4), place(4 + pause_s + 0.1, 8)]) == [[0, 1], [2]]
    assert stretches([place(0, 1), place(1, 2, language="de")]) == [[0], [1]]
    assert stretches([place(0, 1), place(1, 2, is_alone=True), place(2, 3)]) == [[0], [1], [2]]


@given(st.lists(st.tuples(st.floats(0.1, 30), st.floats(0, 4)), max_size=20))
def test_every_line_is_heard_once_and_no_stretch_is_longer_than_its_bound(lines: list[tuple[float, float]]) -> None:
    places, at_s = [], 0.0
    for length_s, pause_s in lines:
        places.append(place(at_s, at_s + length_s))
        at_s += length_s + pause_s
    found = stretches(places)
    assert [number for stretch in found for number in stretch] == list(range(len(places)))
    for stretch in found:
        assert len(stretch) == 1 or places[stretch[-1]].end - places[stretch[0]].start <= LONGEST_SAMPLES


def test_words_go_to_the_line_that_they_were_said_in() -> None:
    lines = [place(0, 1), place(1.5, 3)]
    assert parted([word("a", 0, 0.5), word("b", 0.9, 1.2), word("c", 1.4, 2)], lines) == [["a", "b"], ["c"]]


def test_a_word_that_was_known_stays_in_its_line_however_its_time_is_judged_now() -> None:
    """Its neighbour may keep its text: then a word that went there would be lost, or there twice."""
    lines = [place(0, 2, "two duties to perform to"), place(2.2, 4, "save the patient")]
    again = [word("to", 1.5, 1.7), word("perform", 1.7, 2.1), word("to", 2.3, 2.5), word("save", 2.5, 3)]
    assert parted(again, lines) == [["to", "perform", "to"], ["save"]]


def test_a_word_that_is_far_from_where_it_was_known_is_another() -> None:
    lines = [place(0, 1, "yes"), place(9, 10, "no")]
    assert parted([word("yes", 9.2, 9.5)], lines) == [[], ["yes"]]


@given(st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=12), st.lists(st.sampled_from(["a", "b", "c", "d"])))
def test_no_word_is_lost_doubled_or_moved_before_another(before: list[str], again: list[str]) -> None:
    third = len(before) // 3
    texts = [before[:third], before[third : 2 * third], before[2 * third :]]
    lines = [place(number, number + 0.9, " ".join(text)) for number, text in enumerate(texts)]
    step = 3 / max(1, len(again))
    words = [word(text, at * step, (at + 1) * step) for at, text in enumerate(again)]
    assert [each for own in words_by_place(words, lines) for each in own] == words


def test_other_words_are_kept_when_they_are_as_sure() -> None:
    first = [word("hello", 0, 0.5), word("bear", 0.5, 1)]
    made = kept("hello bear", first, [word("Hello", 0, 0.5), word("there.", 0.5, 1)])
    assert made is not None
    assert (made.text, made.engine, made.is_new_text) == ("Hello there.", "second", True)
    sure = 0.9 - MOST_DOUBT - 0.01
    assert kept("hello bear", first, [word("Hello", 0, 0.5, sure), word("there.", 0.5, 1, sure)]) is None


def test_a_decoder_that_lost_its_way_is_not_believed() -> None:
    first = [word(text, at, at + 1) for at, text in enumerate(["one", "two", "three", "four", "five"])]
    assert kept("one two three four five", first, [word("one", 0, 1, 1.0), word("two", 1, 2, 1.0)]) is None
    assert kept("one two three four five", first, []) is None


def test_a_comma_or_a_capital_is_no_other_text() -> None:
    first = [word("hello", 0, 0.5), word("there", 0.5, 1)]
    assert kept("hello there", first, [word("Hello,", 0, 0.5), word("there!", 0.5, 1)]) is None


def test_the_same_words_get_their_times_where_there_were_none() -> None:
    made = kept("hello there", [], [word("Hello,", 0.2, 0.5), word("there!", 0.5, 1)])
    assert made is not None
    assert (made.text, made.engine, made.is_new_text) == ("hello there", "first", False)
    assert [(each["w"], each["s"]) for each in made.words] == [("hello", 200), ("there", 500)]


def test_words_without_spaces_between_them_get_their_times_too_as_they_are_written() -> None:
    again = [word("会", 0.2, 0.5), word("議は", 0.5, 1), word("GPU", 1, 2), word("です", 2, 3)]
    made = kept("会議は、GPU です。", [], again)
    assert made is not None
    assert [(each["w"], each["s"]) for each in made.words] == [
        ("会", 200),
        ("議は、", 500),
        ("GPU", 1_000),
        ("です。", 2_000),
    ]
    assert kept("会議は、GPU でした。", [], again, may_replace=False) is None


def test_times_that_were_guessed_give_way_to_those_that_were_heard_and_no_others() -> None:
    guessed, again = [word("hello", 0, 0.5), word("there", 0.5, 1)], [word("hello", 0.2, 0.5), word("there", 0.5, 1)]
    made = kept("hello there", guessed, again, has_guesses=True, may_replace=False)
    assert made is not None
    assert [each["s"] for each in made.words] == [200, 500]
    assert kept("hello there", guessed, again) is None, "a recognizer's own times are as good"
    nearly = [word("hello", 0.15, 0.5), word("there", 0.5, 1)]
    assert kept("hello there", nearly, again, has_guesses=True) is None, "50 ms are no news"


def test_words_that_may_not_be_replaced_are_not() -> None:
    first = [word("hello", 0, 0.5), word("bear", 0.5, 1)]
    assert kept("hello bear", first, [word("hello", 0, 0.5), word("there", 0.5, 1)], may_replace=False) is None


def test_scripts_without_spaces_get_none() -> None:
    words = wired([word("今日", 0, 1), word("は", 1, 2), word("GPU", 2, 3), word("です。", 3, 4)])
    assert text_of(words) == "今日は GPU です。"


def test_the_policy() -> None:
    assert [is_policy(each) for each in (True, False, "auto", "on", None, 1.5)] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]
    assert [is_wanted({"second_pass": each}) for each in (True, False, "auto")] == [True, False, True]
    assert is_wanted({})
