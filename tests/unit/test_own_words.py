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
