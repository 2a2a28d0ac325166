"""Search by PostgreSQL's full text search: words as they are, or their stems where a language is known."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar, Final

from django.db.backends.base.base import BaseDatabaseWrapper

from meetings.search.backend import Found, Place, Wanted
from meetings.search.matching import Forms
from meetings.search.postgresql_index import stemmers_known
from meetings.search.query import Term
from meetings.search.statements import LINE, Dialect, page_statement, score_statement

_BY_LENGTH: Final = 1  # ts_rank divides by the logarithm of the line's length
_DIALECT: Final = Dialect(
    index=f"{LINE} AS line",
    index_with_lines=f"{LINE} AS line",
    line="line",
    line_id="line.id",
    score=f"ts_rank(line.vector, %s::tsquery, {_BY_LENGTH})::float8",
    match="line.vector @@ %s::tsquery",
)


@dataclass(frozen=True, slots=True)
class PostgresqlSearch:
    connection: BaseDatabaseWrapper
    has_stems: ClassVar[bool] = True

    def newest_line(self) -> int:
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT coalesce(max(id), 0) FROM {LINE}")
            return int(cursor.fetchone()[0])

    def find(self, wanted: Wanted, *, after: Place, limit: int) -> Found:
        match = self._match_of(wanted)
        statement = page_statement(_DIALECT, wanted, match=match, score=(match,), after=after, limit=limit)
        with self.connection.cursor() as cursor:
            cursor.execute(*statement)
            rows = cursor.fetchall()
        return Found(lines=tuple((line, score) for line, score, _ in rows), n_matching=rows[0][2] if rows else 0)

    def score_of(self, wanted: Wanted, *, line: int) -> float | None:
        match = self._match_of(wanted)
        with self.connection.cursor() as cursor:
            cursor.execute(*score_statement(_DIALECT, wanted, match=match, score=(match,), line=line))
            row = cursor.fetchone()
        return None if row is None else float(row[1])

    def forms(self, words: Collection[str], *, languages: Collection[str]) -> Forms:
        dictionaries = [f"{stemmer}_stem" for stemmer in self._stemmers(languages)]
        if not dictionaries or not words:
            return {}
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT word, dictionary || ' ' || unnest(ts_lexize(dictionary::regdictionary, word)) "
                "FROM unnest(%s::text[]) AS word CROSS JOIN unnest(%s::text[]) AS dictionary",
                [list(words), dictionaries],
            )
            forms: dict[str, frozenset[str]] = {}
            for word, stem in cursor.fetchall():
                forms[word] = forms.get(word, frozenset()) | {stem}
        return forms

    def _match_of(self, wanted: Wanted) -> str:
        """The query in PostgreSQL's own spelling. Its parser sees words alone, each in quotes."""
        stemmers = self._stemmers(wanted.languages)
        parts: list[str] = []
        parameters: list[str] = []
        for term in wanted.query.wanted:
            ways = ["to_tsquery('simple', %s)"]
            parameters.append(_phrase(term, weight="A"))
            for stemmer in () if term.is_prefix else stemmers:
                ways.append("to_tsquery(%s::regconfig, %s)")
                parameters += [stemmer, _phrase(term, weight="B")]
            parts.append(f"({' || '.join(ways)})")
        for term in wanted.query.unwanted:
            parts.append("(!! to_tsquery('simple', %s))")
            parameters.append(_phrase(term, weight="A"))
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT ({' && '.join(parts)})::text", parameters)
            return str(cursor.fetchone()[0])

    def _stemmers(self, languages: Collection[str]) -> list[str]:
        known = stemmers_known(self.connection) if languages else {}
        return sorted({known[language] for language in languages if language in known})


def _phrase(term: Term, *, weight: str) -> str:
    *others, last = term.words
    words = [f"'{word}':{weight}" for word in others]
    return " <-> ".join([*words, f"'{last}':{'*' if term.is_prefix else ''}{weight}"])
