"""The one way to search: from words and filters to lines of transcripts that may be shown."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Final
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Coalesce

from meetings.models import Meeting, Participant, SearchLine, Segment
from meetings.search.backend import RANKED_MAX, Condition, PageEnd, Place, SearchBackend, Wanted, backend_for
from meetings.search.matching import Forms, match_ranges
from meetings.search.query import SearchQuery
from meetings.search.words import words_of

FEW_MEETINGS: Final = 64
LANGUAGES_MAX: Final = 8
ANCHORS_MAX: Final = 5
_SHOWN = (Segment.State.FINAL, Segment.State.CORRECTED)
# Not the times of words, nor what was agreed on for a meeting: reading these took longer than finding the lines.
_SHOWN_OF_A_LINE = (
    "segment",
    *(f"segment__{name}" for name in ("meeting", "participant", "rev", "start_ms", "end_ms", "language", "text")),
    *(f"segment__meeting__{name}" for name in ("code", "title", "host", "started_at")),
    "segment__participant__display_name",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFilters:
    """`speakers` are participants' ids or display names; the days are those on which meetings began, in UTC."""

    speakers: tuple[str, ...] = ()
    from_day: date | None = None
    to_day: date | None = None
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """`ranges` are what matched in the segment's text, as [start, end) in code points."""

    meeting: Meeting
    segment: Segment
    ranges: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """`n_matching` counts to `RANKED_MAX`; where `is_cut`, older lines match too, and were not looked at.

    `end` is what the next page begins after; None: there is none.
    """

    hits: tuple[Hit, ...]
    n_matching: int
    is_cut: bool
    end: PageEnd | None


NOTHING: Final = SearchPage(hits=(), n_matching=0, is_cut=False, end=None)


def search(
    *, meetings: QuerySet[Meeting], query: SearchQuery, filters: SearchFilters, limit: int, after: PageEnd | None = None
) -> SearchPage:
    """`meetings` are those that the caller may read; nothing else decides what is found."""
    connection = connections[meetings.db]
    backend = backend_for(connection)
    wanted = _wanted(meetings, query, filters, has_stems=backend.has_stems)
    if wanted is None:
        return NOTHING
    begin = _place(backend, wanted, after)
    found = backend.find(wanted, after=begin, limit=limit + 1)
    shown = found.lines[:limit]
    return SearchPage(
        hits=_hits([line for line, _ in shown], query, backend, wanted.languages),
        n_matching=found.n_matching,
        is_cut=found.n_matching >= RANKED_MAX,
        end=_end(begin.until_line, shown) if len(found.lines) > limit else None,
    )


def _end(until_line: int, shown: Sequence[tuple[int, float]]) -> PageEnd:
    last = shown[: -ANCHORS_MAX - 1 : -1]
    return PageEnd(until_line=until_line, score=last[0][1], lines=tuple(line for line, _ in last))


def _place(backend: SearchBackend, wanted: Wanted, after: PageEnd | None) -> Place:
    if after is None:
        newest = backend.newest_line()
        return Place(until_line=newest, score=float("inf"), line=newest + 1)
    for line in after.lines:
        score = backend.score_of(wanted, line=line)
        if score is not None:
            return Place(until_line=after.until_line, score=score, line=line)
    return Place(until_line=after.until_line, score=after.score, line=after.lines[0])


def _wanted(
    meetings: QuerySet[Meeting], query: SearchQuery, filters: SearchFilters, *, has_stems: bool
) -> Wanted | None:
    """None: no meeting is left to look in."""
    meetings = _of_days(meetings, filters)
    permitted = _condition(meetings)
    participants = None
    if filters.speakers:
        speakers = [
            each for each in filters.speakers if "\0" not in each
        ]  # PostgreSQL stores none, and refuses to look
        if not speakers:
            return None
        named = Participant.objects.filter(_named(speakers))
        meetings = meetings.filter(pk__in=named.values("meeting"))
        participants = _condition(named)
    few = list(meetings.order_by().values_list("pk", flat=True)[: FEW_MEETINGS + 1])
    if not few or permitted is None or (filters.speakers and participants is None):
        return None
    return Wanted(
        query=query,
        meetings=permitted,
        is_everywhere=permitted == _condition(Meeting.objects.using(meetings.db)),
        only_meetings=[pk.hex for pk in few] if len(few) <= FEW_MEETINGS else None,
        participants=participants,
        language=filters.language,
        languages=_languages(meetings, filters) if has_stems else (),
    )


def _of_days(meetings: QuerySet[Meeting], filters: SearchFilters) -> QuerySet[Meeting]:
    meetings = meetings.annotate(began_at=Coalesce("started_at", "created_at"))
    if filters.from_day is not None:
        meetings = meetings.filter(began_at__gte=datetime.combine(filters.from_day, time(), UTC))
    if filters.to_day is not None and filters.to_day < date.max:
        next_day = filters.to_day + timedelta(days=1)
        meetings = meetings.filter(began_at__lt=datetime.combine(next_day, time(), UTC))
    return meetings


def _named(speakers: Sequence[str]) -> Q:
    return reduce(or_, (Q(pk=found) if (found := _uuid(each)) else Q(display_name__iexact=each) for each in speakers))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _condition(rows: QuerySet[Model]) -> Condition | None:
    try:
        sql, parameters = rows.order_by().values("pk").query.get_compiler(rows.db).as_sql()
    except EmptyResultSet:
        return None
    return Condition(sql=sql, parameters=tuple(parameters))


def _languages(meetings: QuerySet[Meeting], filters: SearchFilters) -> frozenset[str]:
    """Of the filter, else of the meetings."""
    tags = [filters.language]
    if not filters.language:
        tags = list(meetings.order_by().values_list("language", flat=True).distinct()[:LANGUAGES_MAX])
    return frozenset(tag.partition("-")[0].lower() for tag in tags)


def _hits(
    lines: Sequence[int], query: SearchQuery, backend: SearchBackend, languages: Collection[str]
) -> tuple[Hit, ...]:
    """The texts are the segments' own; what was taken out since the index was read is left out."""
    rows = SearchLine.objects.filter(pk__in=lines, segment__state__in=_SHOWN).only(*_SHOWN_OF_A_LINE)
    found = {row.pk: row.segment for row in rows.select_related("segment__meeting", "segment__participant")}
    segments = [found[line] for line in lines if line in found]
    forms: Forms = {}
    if languages:
        words = {word.form for segment in segments for word in words_of(segment.text)}
        words |= {word for term in query.wanted for word in term.words}
        forms = backend.forms(words, languages=languages)
    return tuple(
        Hit(meeting=segment.meeting, segment=segment, ranges=match_ranges(segment.text, query, forms=forms))
        for segment in segments
    )
