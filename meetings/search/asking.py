"""A search as somebody asks for it: who they are decides in which meetings, and a cursor where to go on."""

import base64
import json
from dataclasses import astuple, dataclass, field
from hashlib import sha256
from typing import Final

from django.db.models import QuerySet

from meetings.access import Actor, meeting_to_read, meetings_to_read
from meetings.errors import Invalid
from meetings.models import Meeting
from meetings.search.backend import PageEnd
from meetings.search.query import SearchQuery, query_parse
from meetings.search.reading import ANCHORS_MAX, SearchFilters, SearchPage, search
from meetings.services.audit_views import transcripts_viewed

SPEAKERS_MAX: Final = 20
CURSOR_MAX_CHARS: Final = 400
_LINE_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`meeting` is the code or id of the one meeting to search in; without it, all that are listed for the actor."""

    text: str
    meeting: str = ""
    filters: SearchFilters = field(default_factory=SearchFilters)
    cursor: str | None = None


def may_search(actor: Actor, *, meeting: str) -> bool:
    """Whether there is anything to search in: a guest who hosts nothing has to name a meeting."""
    return bool(meeting or actor.user is not None or actor.hosted)


def search_asked(actor: Actor, asked: Asked, *, limit: int) -> tuple[SearchPage, str | None]:
    """The page, and the cursor of the next one.

    Raises Invalid (`bad_query`, `bad_cursor`), NotFound: no such meeting, or not theirs to read.
    """
    query = query_parse(asked.text)
    fingerprint = _fingerprint(asked, query)
    after = None if asked.cursor is None else _unpack(asked.cursor, fingerprint)
    found = search(
        meetings=_meetings(actor, asked.meeting), query=query, filters=asked.filters, limit=limit, after=after
    )
    # A found line is read, as its transcript would be.
    transcripts_viewed(actor=actor, meetings={hit.meeting.pk: hit.meeting for hit in found.hits}.values())
    return found, None if found.end is None else _pack(found.end, fingerprint)


def _meetings(actor: Actor, reference: str) -> QuerySet[Meeting]:
    if reference:
        return Meeting.objects.filter(pk=meeting_to_read(actor, reference).pk)
    return meetings_to_read(actor)


def _fingerprint(asked: Asked, query: SearchQuery) -> str:
    """A cursor goes on with the search that gave it out."""
    return sha256(repr((astuple(query), astuple(asked.filters), asked.meeting)).encode()).hexdigest()[:12]


def _pack(end: PageEnd, fingerprint: str) -> str:
    text = json.dumps([fingerprint, end.until_line, end.score, end.lines], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _unpack(text: str, fingerprint: str) -> PageEnd:
    """Raises Invalid: not ours, damaged, or of another search."""
    try:
        found, until_line, score, lines = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, TypeError, RecursionError):
        raise _bad_cursor() from None
    is_sound = isinstance(score, float) and isinstance(lines, list) and 0 < len(lines) <= ANCHORS_MAX
    if found != fingerprint or not is_sound or not all(map(_is_line, [until_line, *lines])):
        raise _bad_cursor()
    return PageEnd(until_line=until_line, score=score, lines=tuple(lines))


def _is_line(value: object) -> bool:
    return type(value) is int and 0 <= value <= _LINE_MAX


def _bad_cursor() -> Invalid:
    return Invalid("The cursor is not one that this search gave out.", code="bad_cursor")
