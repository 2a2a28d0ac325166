"""Another's words in a second hearing are left out; words that were the speaker's before never are."""

from hypothesis import given
from hypothesis import strategies as st

from meetings.second_pass.own_words import SaidWord, own_words
from meetings.values import WordTiming

SECOND = 16_000


def heard(text: str, *, start: int = 0) -> list[WordTiming]:
    """A word each half a second."""
    return [
        WordTiming(text=word, start=start + at * SECOND // 2, end=start + (at + 1) * SECOND // 2, confidence=0.9)
        for at, word in enumerate(text.split())
    ]


def left(again: str, *, text: str, others: list[SaidWord]) -> str:
    kept = own_words(heard(again), text=text, others=others, meeting_ms=lambda position: position // 16)
    return " ".join(word.text for word in kept)


def said(text: str, at_ms: int) -> SaidWord:
    return SaidWord(text=text, start_ms=at_ms, end_ms=at_ms + 300)


def test_a_new_word_that_another_said_then_is_left_out() -> None:
    others = [said("friday", 700), said("maybe", 90_000)]
    assert left("Move Friday, it maybe", text="move it", others=others) == "Move it maybe"


def test_a_word_that_was_there_before_stays_whoever_says_it_too() -> None:
    assert left("No no matter", text="no matter", others=[said("no", 0)]) == "No matter"
    assert left("No matter", text="no matter", others=[said("no", 0), said("matter", 500)]) == "No matter"


def test_marks_alone_are_no_word_of_anybody() -> None:
    assert left("Yes - indeed", text="yes indeed", others=[said("yes", 0)]) == "Yes - indeed"


WORDS = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=8)


@given(WORDS, WORDS, st.lists(st.tuples(st.sampled_from(["a", "b", "c", "d"]), st.integers(0, 4_000)), max_size=6))
def test_in_order_and_never_fewer_of_a_word_than_both_hearings_have(
    first: list[str], again: list[str], others: list[tuple[str, int]]
) -> None:
    kept = left(" ".join(again), text=" ".join(first), others=[said(*each) for each in others]).split()
    rest = iter(again)
    assert all(word in rest for word in kept)
    for word in set(again):
        assert kept.count(word) >= min(first.count(word), again.count(word))
    if not others:
        assert kept == again


def signs_heard(*words: str) -> list[WordTiming]:
    return heard(" ".join(words))


def signs_left(again: list[WordTiming], *, text: str, others: list[SaidWord]) -> str:
    kept = own_words(again, text=text, others=others, meeting_ms=lambda position: position // 16)
    return "".join(word.text for word in kept)


def signs_said(text: str, at_ms: int) -> list[SaidWord]:
    """As another's line has them: some signs to a word, each with its time."""
    return [said(sign, at_ms + 100 * place) for place, sign in enumerate(text)]


def test_single_signs_that_everybody_says_stay_where_words_have_no_spaces() -> None:
    again = signs_heard("会", "議", "の", "予", "定", "は", "です。")
    others = [*signs_said("予算の話は", 0), *(said(sign, at_ms) for sign, at_ms in (("の", 1_000), ("は", 2_500)))]
    assert signs_left(again, text="会議の予定です", others=others) == "会議の予定はです。"


def test_what_another_said_in_a_row_is_left_out_where_words_have_no_spaces() -> None:
    again = signs_heard("電", "球", "が", "とも", "会", "議", "の", "予", "定")
    assert signs_left(again, text="会議の予定", others=signs_said("電球がともって", 500)) == "会議の予定"
    assert signs_left(again, text="会議の予定", others=signs_said("電球がともって", 90_000)) == "電球がとも会議の予定"


def test_what_both_said_in_a_row_stays_where_words_have_no_spaces() -> None:
    again = signs_heard("会", "議", "の", "予", "定")
    assert signs_left(again, text="会議の予定", others=signs_said("会議の予定", 0)) == "会議の予定"
