"""What a search finds, in which order, and that nothing else decides it than what may be read."""

from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection

from meetings.errors import Invalid
from meetings.models import Meeting, Segment
from meetings.search.backend import RANKED_MAX
from meetings.search.query import query_parse
from meetings.search.reading import SearchFilters, search
from meetings.search.sqlite_index import REACH
from tests.integration.made import meeting_made
from tests.integration.searched import found, page, said

pytestmark = pytest.mark.django_db
only_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="about SQLite's index")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("budget", {1, 2}),
        ("BUDGET annual", {1}),
        ('"annual budget"', {1}),
        ('"budget annual"', set()),
        ("budget -annual", {2}),
        ('budget -"annual budget"', {2}),
        ("budg*", {1, 2, 3}),
        ('"the annual bud"*', {1}),
        ("cafe", {4}),
        ("Café", {4}),
        ("don't", {4}),
        ("会議", {5}),
        ("議会", set()),
        ("10", {5}),
        ("ประชุม", {6}),
        ("москва", {7}),
        ("हिन्दी", {8}),
        ("zebra", set()),
        ("budget zebra", set()),
        ("budget -zebra", {1, 2}),
        ("q3.2", {9}),
        ("ada@example.org", {9}),
        ("mother-in-law", {9}),
    ],
)
def test_words_phrases_prefixes_and_exclusions(query: str, expected: set[int]) -> None:
    texts = {
        1: "The annual budget was approved.",
        2: "No budget here, annually.",
        3: "The budgeted sum.",
        4: "I don't like the Café.",
        5: "明日の会議は10時です",
        6: "การประชุมวันนี้",
        7: "Встреча в Москва-Сити",
        8: "हिन्दी भाषा",
        9: "Q3.2 goes to ada@example.org and my mother-in-law",
    }
    said(*texts.values(), language="ja")  # no stemmer is known for it
    assert set(found(query)) == {texts[number] for number in expected}


@pytest.mark.parametrize(
    "query",
    [
        "budget'; DROP TABLE meetings_segment; --", 'budget"', "budget\0", "{text}: budget", "budget NEAR(x, 2) AND",
        "budget & | ! <-> :*", "^budget", "budget +", "(budget", "-(budget) budget", "bud*get", "b\udc80udget", "%s %",
        "budget\\", "''budget''", "é" * 400, "会" * 60, "\U0001fae8 budget", "ﷺ", "a\u0301\u0301\u0301 b",
    ],
)  # fmt: skip
def test_no_input_breaks_the_query(query: str) -> None:
    said("The annual budget.")
    with suppress(Invalid):  # refused with a reason, as the tests of the query say
        page(query)
    assert found("budget") == ["The annual budget."]


def test_only_what_may_be_read_is_found_counted_and_ranked() -> None:
    mine, theirs = meeting_made(), meeting_made()
    said("My budget.", meeting=mine)
    said("Their budget.", "Budget, budget, budget!", meeting=theirs)
    shown = page("budget", meetings=[mine], limit=1)
    assert [hit.segment.text for hit in shown.hits] == ["My budget."]
    assert (shown.n_matching, shown.end, shown.is_cut) == (1, None, False)
    assert page("budget", meetings=[]).hits == ()


def test_access_is_judged_without_the_hint_for_the_index_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may read many meetings is not narrowed down to them in the index."""
    mine, also_mine, theirs = meeting_made(), meeting_made(), meeting_made()
    for meeting in (mine, also_mine, theirs):
        said("The budget.", meeting=meeting)
    monkeypatch.setattr("meetings.search.reading.FEW_MEETINGS", 1)
    assert {hit.meeting for hit in page("budget", meetings=[mine, also_mine]).hits} == {mine, also_mine}


def plan_of(query: str, **options: Any) -> str:
    """How SQLite says that it goes about the ranking."""
    rankings = []

    def look(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if "bm25" in sql:
            rankings.append((sql, parameters))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(look):
        page(query, **options)
    ((sql, parameters),) = rankings
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)
        return "\n".join(row[3] for row in cursor.fetchall())


@only_sqlite
def test_ranking_reads_no_texts_of_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of thousands that match it would read them all."""
    mine, theirs = meeting_made(), meeting_made()
    for meeting in (mine, theirs):
        said("The budget.", meeting=meeting)
    assert " line" not in plan_of("budget"), "who may read everything needs no look at whose a line is"
    monkeypatch.setattr("meetings.search.reading.FEW_MEETINGS", 0)
    options: tuple[dict[str, Any], ...] = (
        {"meetings": [mine]}, {"speakers": ("Ada",)}, {"language": "en"}, {"from_day": date(2020, 1, 1)},
    )  # fmt: skip
    for each in options:
        assert f"SEARCH line USING COVERING INDEX {REACH} (id=?)" in plan_of("budget", **each)


def test_who_may_read_all_but_one_meeting_finds_nothing_of_that_one(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = meeting_made()
    said("The closed budget.", meeting=closed)
    said("The open budget.")
    monkeypatch.setattr("meetings.search.reading.FEW_MEETINGS", 0)
    but_one = Meeting.objects.exclude(pk=closed.pk)
    shown = search(meetings=but_one, query=query_parse("budget"), filters=SearchFilters(), limit=9)
    assert [hit.segment.text for hit in shown.hits] == ["The open budget."]
    assert shown.n_matching == 1


def test_filters() -> None:
    first = meeting_made(title="First")
    second = meeting_made(title="Second")
    said("A budget by Ada.", meeting=first, display_name="Ada")
    said("Ein Budget von Bob.", meeting=first, display_name="Bob", language="de-AT")
    said("A second budget by Ada.", meeting=second, display_name="Ada")
    Meeting.objects.filter(pk=first.pk).update(started_at=datetime(2026, 3, 1, 23, 59, tzinfo=UTC))
    Meeting.objects.filter(pk=second.pk).update(started_at=datetime(2026, 3, 2, tzinfo=UTC))
    assert found("budget", speakers=("ada",)) == ["A budget by Ada.", "A second budget by Ada."]
    assert found("budget", speakers=("Bob", "nobody")) == ["Ein Budget von Bob."]
    assert found("budget", speakers=("nobody",)) == []
    bob = Segment.objects.get(text__contains="Bob").participant
    assert found("budget", speakers=(str(bob.pk),)) == ["Ein Budget von Bob."]
    assert found("budget", language="de") == ["Ein Budget von Bob."]
    assert found("budget", language="de-AT") == ["Ein Budget von Bob."]
    assert found("budget", language="d") == []
    assert found("budget", to_day=date(2026, 3, 1)) == ["A budget by Ada.", "Ein Budget von Bob."]
    assert found("budget", from_day=date(2026, 3, 2)) == ["A second budget by Ada."]
    assert found("budget", from_day=date(2026, 3, 1), to_day=date(2026, 3, 2), meetings=[second]) == [
        "A second budget by Ada."
    ]
    assert found("budget", from_day=date(2026, 3, 3), to_day=date.max) == []


def test_lines_that_are_about_it_come_before_lines_that_mention_it() -> None:
    said(
        "Of all the many things that we have to talk about today the budget is one, and there are quite a few more.",
        "Budget, the budget!",
        "Nothing.",
    )
    assert next(iter(page("budget").hits)).segment.text == "Budget, the budget!"


def test_what_matched_is_said() -> None:
    said("The annual budget, and the Budget.")
    (hit,) = page("budget").hits
    assert [hit.segment.text[start:end] for start, end in hit.ranges] == ["budget", "Budget"]


def test_pages_hold_each_line_once_also_while_others_are_said_and_withdrawn() -> None:
    texts = [f"The budget number {number}{' and more' * (number % 5)}." for number in range(25)]
    said(*texts)
    seen: list[str] = []
    place = None
    for turn in range(10):
        shown = search(
            meetings=Meeting.objects.all(), query=query_parse("budget"), filters=SearchFilters(), limit=4, after=place
        )
        seen += [hit.segment.text for hit in shown.hits]
        place = shown.end
        if place is None:
            break
        said("A new budget!", "Nothing about it.")
        if turn == 1:  # the line on which the page ended is withdrawn
            Segment.objects.filter(text=seen[-1]).update(state="retracted")
    assert sorted(seen) == sorted(texts)


def test_a_word_that_is_everywhere_is_cut_off_and_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("meetings.search.statements.RANKED_MAX", 3)
    monkeypatch.setattr("meetings.search.reading.RANKED_MAX", 3)
    said(*(f"The budget, {number}." for number in range(5)))
    shown = page("budget")
    assert sorted(hit.segment.text for hit in shown.hits) == [f"The budget, {number}." for number in (2, 3, 4)]
    assert (shown.n_matching, shown.is_cut) == (3, True)
    assert RANKED_MAX > 1_000


def test_where_the_database_knows_the_language_other_forms_are_found_and_marked() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no stemmers")
    said("Two meetings were cancelled.")
    (hit,) = page("meeting cancel").hits
    assert [hit.segment.text[start:end] for start, end in hit.ranges] == ["meetings", "cancelled"]
    assert found("meeting", language="de") == []
    assert len(found("meetings -meeting")) == 1  # what is excluded is excluded as it stands
