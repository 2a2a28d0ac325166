"""Transcripts to search in, and what a search finds in them."""

from collections.abc import Iterable

from django.db import connection

from meetings.models import Meeting, Segment
from meetings.search.query import query_parse
from meetings.search.reading import SearchFilters, SearchPage, search
from tests.integration.made import commit, meeting_made, opened, silence, speech


def said(*texts: str, meeting: Meeting | None = None, display_name: str = "Ada", language: str = "en") -> list[Segment]:
    """Lines that somebody said one after another, committed as ever."""
    meeting = meeting or meeting_made()
    session = opened(meeting, display_name=display_name)
    spans = []
    for number, text in enumerate(texts):
        start = number * 32_000
        spans += [speech(start, start + 16_000, text=text), silence(start + 32_000)]
    commit(session.owner, *spans, received=len(texts) * 32_000)
    segments = Segment.objects.filter(participant=session.participant_id)
    if language != "en":
        segments.update(language=language)
    return list(segments.order_by("start"))


def page(query: str, *, meetings: Iterable[Meeting] | None = None, limit: int = 100, **filters: object) -> SearchPage:
    scope = Meeting.objects.all() if meetings is None else Meeting.objects.filter(pk__in=[m.pk for m in meetings])
    return search(
        meetings=scope,
        query=query_parse(query),
        filters=SearchFilters(**filters),  # type: ignore[arg-type]  # tests name the fields
        limit=limit,
    )


def found(query: str, **options: object) -> list[str]:
    """The texts, in no particular order."""
    # tests name the fields
    return sorted(hit.segment.text for hit in page(query, **options).hits)  # type: ignore[arg-type]


def indexed(query: str) -> int:
    """How many lines the database's index itself knows, whatever the segments say by now."""
    assert connection.vendor in ("sqlite", "postgresql")
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT count(*) FROM meetings_searchindex WHERE meetings_searchindex MATCH %s", [query])
        else:
            cursor.execute("SELECT count(*) FROM meetings_searchline WHERE vector @@ to_tsquery('simple', %s)", [query])
        count: int = cursor.fetchone()[0]
    return count
