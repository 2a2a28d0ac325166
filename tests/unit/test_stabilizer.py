"""Captions stand still: what was once stable stays, and nothing that was heard after it is left out."""

from hypothesis import given
from hypothesis import strategies as st

from streaming.stabilizer import Partial, Stabilizer, common_length, plain, tokens_of

words = st.sampled_from(["the", "The", "cat", "cats,", "sat", "on", "a", "mat.", "猫", "が", "座る"])
hypotheses = st.lists(st.lists(words, max_size=8).map(" ".join) | st.text(max_size=15), max_size=12)


def partials(*texts: str) -> list[Partial]:
    """Shown whole; sure is what two hypotheses in a row agree on."""
    stabilizer = Stabilizer()
    before: list[str] = []
    found = []
    for text in texts:
        tokens = tokens_of(text)
        found.append(stabilizer.update(tokens, n_stable=common_length(before, tokens), n_shown=len(tokens)))
        before = tokens
    return found


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
    last = partials("the cat sat", "the cat sat", "The cats sat on a mat.")[-1]
    assert last == Partial(text="the cat sat on a mat", stable_chars=len("the cat sat"))


def test_a_word_that_appears_inside_the_prefix_later_does_not_repeat_the_rest() -> None:
    last = partials("the sat", "the sat", "the cat sat on")[-1]
    assert last.text == "the sat on"


def test_a_shorter_hypothesis_takes_nothing_back() -> None:
    assert partials("the cat sat", "the cat sat", "the")[-1] == Partial(text="the cat sat", stable_chars=11)


def test_an_empty_hypothesis_shows_what_was_stable() -> None:
    assert partials("the cat", "the cat", "")[-1] == Partial(text="the cat", stable_chars=7)


def test_languages_without_spaces_become_stable_by_character() -> None:
    assert partials("今日は", "今日は良い")[-1] == Partial(text="今日は良い", stable_chars=3)


def test_the_mark_behind_the_last_word_is_left_open_until_the_next_word_or_the_end() -> None:
    stabilizer = Stabilizer()

    def shown(text: str, *, is_over: bool = False) -> Partial:
        tokens = tokens_of(text)
        return stabilizer.update(tokens, n_stable=len(tokens), n_shown=len(tokens), is_over=is_over)

    assert shown("Good morning.").text == "Good morning"
    assert shown("Good morning, Ada.") == Partial(text="Good morning, Ada", stable_chars=len("Good morning, Ada"))
    assert shown("Good morning, Ada.", is_over=True).text == "Good morning, Ada."


def test_case_and_marks_of_stable_words_do_not_flicker() -> None:
    stabilizer = Stabilizer()
    texts = ["good morning ada", "Good morning, Ada", "Good. Morning Ada said"]
    last = [stabilizer.update(tokens_of(text), n_stable=3, n_shown=4) for text in texts][-1]
    assert last.text == "good morning ada said"


def test_words_beyond_those_shown_stay_hidden() -> None:
    stabilizer = Stabilizer()
    assert stabilizer.update(tokens_of("the cat sat on"), n_stable=1, n_shown=2) == Partial(
        text="the cat", stable_chars=3
    )


@given(hypotheses, st.text(max_size=20))
def test_a_final_says_its_own_words_however_they_look(texts: list[str], final: str) -> None:
    stabilizer = Stabilizer()
    for text in texts:
        stabilizer.update(tokens_of(text), n_stable=0, n_shown=len(tokens_of(text)))
    assert list(map(plain, stabilizer.final(tokens_of(final)))) == list(map(plain, tokens_of(final)))


def test_a_final_keeps_the_looks_of_what_was_shown_and_closes_the_last_mark_once() -> None:
    stabilizer = Stabilizer()
    for text in ("he asked him, says", "he asked him,"):
        stabilizer.update(tokens_of(text), n_stable=0, n_shown=9)
    assert "".join(stabilizer.final(tokens_of("He asked him. Says he."))) == " he asked him, Says he."
    assert "".join(stabilizer.final(tokens_of("He asked him,"))) == " he asked him,"
