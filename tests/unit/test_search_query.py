"""What people type becomes terms of letters and digits, whatever they type."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.errors import Invalid
from meetings.search.query import QUERY_MAX_CHARS, SearchQuery, Term, query_parse
from meetings.search.words import folded, words_of


def term(*words: str, is_prefix: bool = False) -> Term:
    return Term(words=words, is_prefix=is_prefix)


@pytest.mark.parametrize(
    ("text", "wanted", "unwanted"),
    [
        ("budget", [term("budget")], []),
        ("  Budget   REVIEW ", [term("budget"), term("review")], []),
        ('"annual budget"', [term("annual", "budget")], []),
        ("„annual budget“", [term("annual", "budget")], []),
        ('"annual budget', [term("annual", "budget")], []),
        ("bud*", [term("bud", is_prefix=True)], []),
        ('"annual bud"*', [term("annual", "bud", is_prefix=True)], []),
        ("budget -tax", [term("budget")], [term("tax")]),
        ('budget -"income tax"', [term("budget")], [term("income", "tax")]),
        ("budget -tax*", [term("budget")], [term("tax", is_prefix=True)]),
        ("don't", [term("don", "t")], []),
        ("state-of-the-art", [term("state", "of", "the", "art")], []),
        ("Café", [term("cafe")], []),
        ("Cafe\u0301", [term("cafe")], []),
        ("会議", [term("会", "議")], []),
        ("会*", [term("会")], []),
        ("budget budget", [term("budget")], []),
        ("AND OR NOT NEAR(a b)", [term(w) for w in ("and", "or", "not")] + [term("near", "a"), term("b")], []),
        ("a\0b {text}: ^c", [term("a"), term("b"), term("text"), term("c")], []),
        ("budget - ", [term("budget")], []),
    ],
)
def test_what_is_looked_for(text: str, wanted: list[Term], unwanted: list[Term]) -> None:
    assert query_parse(text) == SearchQuery(wanted=tuple(wanted), unwanted=tuple(unwanted))


@pytest.mark.parametrize(
    "text", ["", " ", "\0", '"', '""', "*", "-", "-budget", "?!...", "a*", "👋", "a " * 300, "b" * 401,
             " ".join(f"w{n}" for n in range(17))]
)  # fmt: skip
def test_what_names_no_word_or_too_many_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        query_parse(text)
    assert refusal.value.code == "bad_query"
    assert refusal.value.detail.endswith(".")


@given(st.text(max_size=QUERY_MAX_CHARS))
def test_whatever_is_typed_gives_words_or_a_refusal(text: str) -> None:
    try:
        query = query_parse(text)
    except Invalid:
        return
    for found in [*query.wanted, *query.unwanted]:
        assert found.words
        for word in found.words:
            assert [each.form for each in words_of(word)] == [word]
            assert not set(word) & set("\"'\\:*()&|!<> \0")


@given(st.text())
def test_words_lie_in_order_in_the_text(text: str) -> None:
    before = 0
    for word in words_of(text):
        assert before <= word.start < word.end <= len(text)
        assert word.form == folded(text[word.start : word.end])
        before = word.end


def test_words_of_scripts_without_spaces_are_characters() -> None:
    assert [word.form for word in words_of("明日は10時、OK")] == ["明", "日", "は", "10", "時", "ok"]
    assert [word.form for word in words_of("हिन्दी भाषा")] == ["हिन्दी", "भाषा"]


def test_only_latin_letters_lose_their_accents() -> None:
    assert folded("ÀÉÎØßй") == "aeiøßй"
