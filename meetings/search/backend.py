"""What a database has to be able to do for search. Each has a module of its own; `backend_for` chooses."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from django.db.backends.base.base import BaseDatabaseWrapper

from meetings.search.matching import Forms
from meetings.search.query import SearchQuery

RANKED_MAX: Final = 5_000
"""So many matching lines are ranked, the newest ones. Whoever finds more has asked for a word that is everywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """SQL with its parameters, as the ORM compiles a query of primary keys."""

    sql: str
    parameters: tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Behind `line`, which has this score. `until_line` was the newest line when the first page was read."""

    until_line: int
    score: float
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PageEnd:
    """Where a page ended: its last lines, the very last one first, since any of them may be withdrawn meanwhile.

    Scores move while others speak, and most of all in small indexes: the next page goes on behind a line, not behind
    a number. `score` is the last line's, for the case that none of `lines` is left.
    """

    until_line: int
    score: float
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """All that decides which lines are found.

    `meetings` are those that may be read: access is judged inside the query, before anything is counted or cut off.
    `is_everywhere` says that they are all there are, so that no line has to be asked whose it is. `only_meetings` are
    the same as ids, if they are few: a hint for the index. `languages` are primary subtags whose stems are worth
    looking for.
    """

    query: SearchQuery
    meetings: Condition
    is_everywhere: bool = False
    only_meetings: Sequence[str] | None = None
    participants: Condition | None = None
    language: str = ""
    languages: Collection[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Lines (`SearchLine` ids) with their scores, best first; `n_matching` counts to `RANKED_MAX`."""

    lines: tuple[tuple[int, float], ...]
    n_matching: int


class SearchBackend(Protocol):
    @property
    def has_stems(self) -> bool:
        """Whether `languages` and `forms` are of any use."""
        ...

    def newest_line(self) -> int: ...

    def find(self, wanted: Wanted, *, after: Place, limit: int) -> Found:
        """Those behind the place `after`, of lines up to its `until_line`."""
        ...

    def score_of(self, wanted: Wanted, *, line: int) -> float | None:
        """A line's score as it is now; None: it matches no more."""
        ...

    def forms(self, words: Collection[str], *, languages: Collection[str]) -> Forms: ...


def backend_for(connection: BaseDatabaseWrapper) -> SearchBackend:
    from meetings.search.postgresql import PostgresqlSearch
    from meetings.search.sqlite import SqliteSearch

    return SqliteSearch(connection) if connection.vendor == "sqlite" else PostgresqlSearch(connection)
