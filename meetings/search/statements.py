"""The query that both databases share: match, permitted, newest; then ranked; then behind the last page. Pure."""

from dataclasses import dataclass
from typing import Any, Final

from meetings.search.backend import RANKED_MAX, Place, Wanted

LINE: Final = "meetings_searchline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """`source` is what is read from, with the line as `line`; `match` takes one parameter, and `score` `n_scored`."""

    source: str
    score: str
    match: str
    newest_first: str


def page_statement(
    dialect: Dialect, wanted: Wanted, *, match: str, score: tuple[object, ...], after: Place, limit: int
) -> tuple[str, list[Any]]:
    """Rows of (line, score, how many match)."""
    matching, parameters = _matching(dialect, wanted, match=match, score=score)
    sql = (
        "SELECT id, score, n FROM (SELECT id, score, count(*) OVER () AS n FROM ("
        f"{matching} AND line.id <= %s ORDER BY {dialect.newest_first} DESC LIMIT {RANKED_MAX}"
        ") AS matching) AS ranked WHERE score < %s OR (score = %s AND id < %s) ORDER BY score DESC, id DESC LIMIT %s"
    )
    return sql, [*parameters, after.until_line, after.score, after.score, after.line, limit]


def score_statement(
    dialect: Dialect, wanted: Wanted, *, match: str, score: tuple[object, ...], line: int
) -> tuple[str, list[Any]]:
    matching, parameters = _matching(dialect, wanted, match=match, score=score)
    return f"{matching} AND {dialect.newest_first} = %s", [*parameters, line]


def _matching(dialect: Dialect, wanted: Wanted, *, match: str, score: tuple[object, ...]) -> tuple[str, list[Any]]:
    conditions = [dialect.match, f"line.meeting_id IN ({wanted.meetings.sql})"]
    parameters: list[Any] = [*score, match, *wanted.meetings.parameters]
    if wanted.participants is not None:
        conditions.append(f"line.participant_id IN ({wanted.participants.sql})")
        parameters += wanted.participants.parameters
    if wanted.language:
        conditions.append("(line.language = %s OR line.language LIKE %s)")
        parameters += [wanted.language, f"{wanted.language}-%"]
    where = " AND ".join(conditions)
    return f"SELECT line.id AS id, {dialect.score} AS score FROM {dialect.source} WHERE {where}", parameters
