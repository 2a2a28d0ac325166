"""The words a recognizer is told to expect."""

from hypothesis import given
from hypothesis import strategies as st

from meetings.vocabulary import MOST_WORDS, words_in_force


def test_terms_stay_whole_and_names_come_as_words() -> None:
    words = words_in_force(
        vocabulary=["Project Apollo", "Kubernetes"], names=["Ada Lovelace (host)", "J. O'Neill", "42", "Anne-Marie"]
    )
    assert words == (
        "Project Apollo", "Kubernetes", "Ada", "Lovelace", "host", "O'Neill", "Anne-Marie",
    )  # fmt: skip


def test_names_of_any_script_stay_whole_and_pictures_are_no_part_of_them() -> None:
    devi, hostess, david = "\u0926\u0947\u0935\u0940", "\u0939\u094b\u0938\u094d\u091f", "\u05d3\u05d5\u05b4\u05d3"
    names = [f"{devi} ({hostess})", "Jose\u0301!", "Ada\u2764\ufe0f \U0001f389", david]
    assert words_in_force(vocabulary=[], names=names) == (devi, hostess, "Jose\u0301", "Ada", david)


def test_each_word_stands_once_in_its_first_spelling() -> None:
    assert words_in_force(vocabulary=["McNAIR", "mcnair"], names=["Mcnair", "STRASSE", "straße"]) == (
        "McNAIR",
        "STRASSE",
    )


def test_the_vocabulary_goes_before_names_when_there_are_too_many() -> None:
    words = words_in_force(vocabulary=[f"term{n}" for n in range(MOST_WORDS - 1)], names=["Ada Grace"])
    assert len(words) == MOST_WORDS
    assert words[-1] == "Ada"


@given(st.lists(st.text(max_size=12), max_size=8), st.lists(st.text(max_size=30), max_size=8))
def test_any_text_gives_few_different_words_in_a_stable_order(vocabulary: list[str], names: list[str]) -> None:
    words = words_in_force(vocabulary=vocabulary, names=names)
    assert len({word.casefold() for word in words}) == len(words) <= MOST_WORDS
    assert words == words_in_force(vocabulary=vocabulary, names=names)
    assert not any(word.isdecimal() for word in words)
