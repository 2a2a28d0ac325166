"""What is marked in a line is what was looked for, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.search.matching import match_ranges, split_at
from meetings.search.query import query_parse
from meetings.search.words import words_of


def marked(text: str, query: str, **forms: frozenset[str]) -> list[str]:
    return [text[start:end] for start, end in match_ranges(text, query_parse(query), forms=forms)]


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("The budget, and the Budget.", "budget", ["budget", "Budget"]),
        ("Budgets are no budget", "budget", ["budget"]),
        ("Budgets are no budget", "budg*", ["Budgets", "budget"]),
        ("the annual budget, annual", '"annual budget"', ["annual budget"]),
        ("the annual, budget", "annual budget", ["annual", "budget"]),
        ("I don't know", "don't", ["don't"]),
        ("Ein Café — café", "cafe", ["Café", "café"]),
        ("明日会議です", "会議", ["会議"]),
        ("İstanbul", "istanbul", ["İstanbul"]),
        ("nothing here", "budget", []),
        ("budget but no tax", "budget -tax", ["budget"]),
        ("a b a b a", '"a b a"', ["a b a b a"]),
    ],
)
def test_what_is_marked(text: str, query: str, expected: list[str]) -> None:
    assert marked(text, query) == expected


def test_a_word_known_by_its_stem_is_marked() -> None:
    stem = frozenset({"english meet"})
    assert marked("Two meetings", "meeting", meetings=stem, meeting=stem) == ["meetings"]
    assert marked("Two meetings", "meeting", meetings=stem) == []


@given(st.text('ab c*"é会', max_size=40), st.text('ab c*"-é会', max_size=10).filter(lambda text: "a" in text))
def test_ranges_are_in_order_and_apart(text: str, query: str) -> None:
    try:
        wanted = query_parse(query)
    except Exception:  # noqa: BLE001 - refused, as other tests say
        return
    pieces = split_at(text, match_ranges(text, wanted))
    assert "".join(piece.text for piece in pieces) == text
    assert [piece.text for piece in pieces if piece.is_match] == [text[s:e] for s, e in match_ranges(text, wanted)]
    before = -1
    for start, end in match_ranges(text, wanted):
        assert before < start < end <= len(text)
        before = end


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_the_fast_way_through_ascii_is_the_way_through_everything(text: str) -> None:
    *slowly, last = words_of(f"{text} é")
    assert list(words_of(text)) == slowly
    assert last.form == "e"
