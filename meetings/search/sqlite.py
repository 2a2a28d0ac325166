"""Search by FTS5. What is handed to it is quoted words alone, so its own query language is never reached."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar, Final

from django.db.backends.base.base import BaseDatabaseWrapper

from meetings.search.backend import Found, Place, Wanted
from meetings.search.matching import Forms
from meetings.search.query import Term
from meetings.search.sqlite_index import INDEX, REACH
from meetings.search.statements import LINE, Dialect, page_statement, score_statement

# CROSS JOIN: the index decides, and hands out newest lines first as it goes. `REACH` holds all that is asked of a line,
# in a third of the pages; without the `+` its columns would be tried one by one, each meeting with each participant.
# `meeting_id` has no part in the score.
_DIALECT: Final = Dialect(
    index=INDEX,
    index_with_lines=f"{INDEX} CROSS JOIN {LINE} AS line INDEXED BY {REACH} ON line.id = {INDEX}.rowid",
    line="+line",
    line_id=f"{INDEX}.rowid",
    score=f"-bm25({INDEX}, 1.0, 0.0)",
    match=f"{INDEX} MATCH %s",
)


@dataclass(frozen=True, slots=True)
class SqliteSearch:
    connection: BaseDatabaseWrapper
    has_stems: ClassVar[bool] = False

    def newest_line(self) -> int:
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT coalesce(max(id), 0) FROM {LINE}")
            return int(cursor.fetchone()[0])

    def find(self, wanted: Wanted, *, after: Place, limit: int) -> Found:
        statement = page_statement(_DIALECT, wanted, match=match_of(wanted), score=(), after=after, limit=limit)
        with self.connection.cursor() as cursor:
            cursor.execute(*statement)
            rows = cursor.fetchall()
        return Found(lines=tuple((line, score) for line, score, _ in rows), n_matching=rows[0][2] if rows else 0)

    def score_of(self, wanted: Wanted, *, line: int) -> float | None:
        with self.connection.cursor() as cursor:
            cursor.execute(*score_statement(_DIALECT, wanted, match=match_of(wanted), score=(), line=line))
            row = cursor.fetchone()
        return None if row is None else float(row[1])

    def forms(self, words: Collection[str], *, languages: Collection[str]) -> Forms:
        """FTS5 has no stemmers that fit more than English: words are found as they are."""
        return {}


def match_of(wanted: Wanted) -> str:
    text = " AND ".join(map(_phrase, wanted.query.wanted))
    if wanted.query.unwanted:
        text = f"({text}) NOT ({' OR '.join(map(_phrase, wanted.query.unwanted))})"
    match = f"{{text}} : ({text})"
    if wanted.only_meetings is not None:
        meetings = " OR ".join(f'"{meeting}"' for meeting in wanted.only_meetings)
        match += f" AND {{meeting_id}} : ({meetings})"
    return match


def _phrase(term: Term) -> str:
    """Words are letters, digits and marks, so no quote is among them."""
    return f'"{" ".join(term.words)}"' + (" *" if term.is_prefix else "")
