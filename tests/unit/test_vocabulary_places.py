"""Where in a text a word of the meeting's vocabulary may have been said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.recognizers.vocabulary import LEAST_ALIKE, MOST_ENTRIES, entries_of, letters_of, named, places, sound_of


def _texts(said: str, *vocabulary: str) -> list[str]:
    words = said.split()
    return [
        " ".join((*words[: place.first], place.text, *words[place.end :]))
        for place in places(words, entries_of(vocabulary))
    ]


@pytest.mark.parametrize(
    ("said", "term", "meant"),
    [
        ("shoppy at Helston.", "Helstone", "shoppy at Helstone."),
        ("in “Helston's” house", "Helstone", "in “Helstone's” house"),
        ("a post-modern view", "post-mortem", "a post-mortem view"),
        ("ask Cooper Nettis, please", "Kubernetes", "ask Kubernetes, please"),
        ("and Shevon said", "Siobhan", None),  # nothing in its spelling tells how it is said
        ("Epomorphine is given", "apomorphine", "Apomorphine is given"),
        ("not Epomorphine", "apomorphine", "not apomorphine"),
        ("the web socket closed", "WebSocket", "the WebSocket closed"),
        ("by Zao Almakan.", "Zau al-Makan", "by Zau al-Makan."),
        ("Stephen and Catherine", "Katharine", "Stephen and Katharine"),
    ],
)
def test_what_sounds_like_a_term_may_be_it_and_keeps_its_marks(said: str, term: str, meant: str | None) -> None:
    assert _texts(said, term)[:1] == ([meant] if meant else [])


@pytest.mark.parametrize(
    ("said", "vocabulary"),
    [
        ("", ("Ada",)),
        ("Ada is here", ()),
        ("Ada is here, Ada's too", ("Ada",)),
        ("then the reciter spoke", ("reciter",)),
        ("Reciter is what he is", ("reciter",)),
        ("something else entirely", ("Margaret", "Thornton")),
        ("is he in it", ("II", "Xi", "...", " ")),
        ("is \u092a\u094d\u0930\u093f\u092f\u0902\u0915\u093e.", ("\u092a\u094d\u0930\u093f\u092f\u0902\u0915\u093e",)),
    ],
)
def test_what_is_a_term_already_or_sounds_like_none_stays(said: str, vocabulary: tuple[str, ...]) -> None:
    assert _texts(said, *vocabulary) == []


def test_a_term_that_was_understood_gets_its_spelling() -> None:
    (place,) = places(["then", "Sql-Alchemy,", "yes"], entries_of(("SQLAlchemy",)))
    assert (place.first, place.end, place.text, place.is_same) == (1, 2, "SQLAlchemy,", True)


def test_words_that_make_a_term_are_known_by_their_place() -> None:
    words = ["So", "Zau", "Al-Makan,", "asked", "Ada's", "friend"]
    assert named(words, entries_of(("Zau al-Makan", "Ada", "Fred"))) == {1, 2, 4}


def test_no_term_reaches_into_the_next_sentence() -> None:
    found = places(["The", "post.", "Mortem", "is"], entries_of(("post-mortem",)))
    assert [(place.first, place.end) for place in found if place.is_same] == []


def test_the_most_alike_comes_first() -> None:
    assert _texts("this is Helston", "Milton", "Helstone")[0] == "this is Helstone"


@pytest.mark.parametrize(
    ("one", "other"),
    [("knight", "nite"), ("philip", "filip"), ("catherine", "katharine"), ("zak", "sack"), ("wright", "rite")],
)
def test_words_that_are_said_alike_sound_alike(one: str, other: str) -> None:
    assert sound_of(one) == sound_of(other)


ANY = st.text(max_size=12)


@given(st.lists(ANY, max_size=9), st.lists(st.one_of(ANY, st.text("abceh .'-ß\u0301ﬁ", max_size=9)), max_size=9))
def test_any_words_and_any_vocabulary_give_places_within_the_words(words: list[str], vocabulary: list[str]) -> None:
    for place in places(words, entries_of(tuple(vocabulary))):
        assert 0 <= place.first < place.end <= len(words)
        assert LEAST_ALIKE <= place.alike <= 1
        assert place.is_same <= (place.alike == 1)
        assert place.text != " ".join(words[place.first : place.end])
        assert any(letters_of(term) in letters_of(place.text) for term in vocabulary)


@given(st.lists(st.text("abcdefgh", min_size=3, max_size=5), max_size=2 * MOST_ENTRIES))
def test_terms_stand_once_and_are_not_too_many(vocabulary: list[str]) -> None:
    letters = [entry.letters for entry in entries_of(tuple(vocabulary))]
    assert len(letters) == len(set(letters)) <= MOST_ENTRIES
