"""The query that both databases share: match, permitted, newest; then ranked; then behind the last page. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from meetings.search.backend import RANKED_MAX, Condition, Place, Wanted

LINE: Final = "meetings_searchline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """`index` is what is read from, and `index_with_lines` where more is asked of a line than its words.

    `line` is what such a line's columns are written behind, and `line_id` its number, which rises with time. `match`
    takes one parameter.
    """

    index: str
    index_with_lines: str
    line: str
    line_id: str
    score: str
    match: str


def page_statement(
    dialect: Dialect, wanted: Wanted, *, match: str, score: tuple[object, ...], after: Place, limit: int
) -> tuple[str, list[Any]]:
    """Rows of (line, score, how many match)."""
    matching, parameters = _matching(dialect, wanted, match=match, score=score)
    sql = (
        f"WITH matching AS ({matching} AND {dialect.line_id} <= %s ORDER BY {dialect.line_id} DESC LIMIT {RANKED_MAX}) "
        "SELECT id, score, (SELECT count(*) FROM matching) FROM matching "
        "WHERE score < %s OR (score = %s AND id < %s) ORDER BY score DESC, id DESC LIMIT %s"
    )
    return sql, [*parameters, after.until_line, after.score, after.score, after.line, limit]


def score_statement(
    dialect: Dialect, wanted: Wanted, *, match: str, score: tuple[object, ...], line: int
) -> tuple[str, list[Any]]:
    matching, parameters = _matching(dialect, wanted, match=match, score=score)
    return f"{matching} AND {dialect.line_id} = %s", [*parameters, line]


def _matching(dialect: Dialect, wanted: Wanted, *, match: str, score: tuple[object, ...]) -> tuple[str, list[Any]]:
    """Which line it is and its score. Lines are read only where something is asked that the index does not know."""
    conditions = list(_of_lines(dialect.line, wanted))
    source = dialect.index_with_lines if conditions else dialect.index
    where = " AND ".join([dialect.match, *(condition.sql for condition in conditions)])
    parameters: list[Any] = [*score, match]
    for condition in conditions:
        parameters += condition.parameters
    return f"SELECT {dialect.line_id} AS id, {dialect.score} AS score FROM {source} WHERE {where}", parameters


def _of_lines(line: str, wanted: Wanted) -> Iterator[Condition]:
    if not wanted.is_everywhere:
        yield Condition(sql=f"{line}.meeting_id IN ({wanted.meetings.sql})", parameters=wanted.meetings.parameters)
    if wanted.participants is not None:
        named = wanted.participants
        yield Condition(sql=f"{line}.participant_id IN ({named.sql})", parameters=named.parameters)
    if wanted.language:
        tag = wanted.language
        yield Condition(sql=f"({line}.language = %s OR {line}.language LIKE %s)", parameters=(tag, f"{tag}-%"))
