"""Captions stand still: what was once stable stays, and nothing that was heard after it is left out."""

from hypothesis import given
from hypothesis import strategies as st

from streaming.stabilizer import Partial, Stabilizer

words = st.sampled_from(["the", "The", "cat", "cats,", "sat", "on", "a", "mat.", "猫", "が", "座る"])
hypotheses = st.lists(st.lists(words, max_size=8).map(" ".join) | st.text(max_size=15), max_size=12)


def partials(*texts: str) -> list[Partial]:
    stabilizer = Stabilizer()
    return [stabilizer.update(text) for text in texts]


@given(hypotheses)
def test_the_stable_prefix_never_shrinks_nor_changes(texts: list[str]) -> None:
    stable = ""
    for partial in partials(*texts):
        assert partial.stable_chars <= len(partial.text)
        now_stable = partial.text[: partial.stable_chars]
        assert now_stable.startswith(stable)
        stable = now_stable


@given(hypotheses)
def test_texts_have_no_space_around_them(texts: list[str]) -> None:
    for partial in partials(*texts):
        assert partial.text == partial.text.strip()


def test_words_become_stable_when_two_successive_hypotheses_agree() -> None:
    first, second, third = partials("the cat", "the cat sat", "the cat sat on")
    assert first == Partial(text="the cat", stable_chars=0)
    assert second == Partial(text="the cat sat", stable_chars=len("the cat"))
    assert third == Partial(text="the cat sat on", stable_chars=len("the cat sat"))


def test_disagreement_keeps_words_unstable() -> None:
    assert partials("the cat", "the bat sat")[-1] == Partial(text="the bat sat", stable_chars=len("the"))


def test_a_contradicted_prefix_stays_and_what_follows_is_shown() -> None:
    last = partials("the cat", "the cat sat", "The cats sat on a mat.")[-1]
    assert last == Partial(text="the cat sat on a mat.", stable_chars=len("the cat sat"))


def test_a_word_that_appears_inside_the_prefix_later_does_not_repeat_the_rest() -> None:
    last = partials("the sat", "the sat", "the cat sat on")[-1]
    assert last.text == "the sat on"


def test_a_shorter_hypothesis_takes_nothing_back() -> None:
    assert partials("the cat sat", "the cat sat", "the")[-1] == Partial(text="the cat sat", stable_chars=11)


def test_an_empty_hypothesis_shows_what_was_stable() -> None:
    assert partials("the cat", "the cat", "")[-1] == Partial(text="the cat", stable_chars=7)


def test_languages_without_spaces_become_stable_by_character() -> None:
    assert partials("今日は", "今日は良い")[-1] == Partial(text="今日は良い", stable_chars=3)
