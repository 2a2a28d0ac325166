"""Search across the transcripts that the caller may read, or in one whose code they know."""

from django.http import HttpRequest
from django.urls import reverse
from ninja import Query, Router

from meetings.api.credentials import actor_of
from meetings.api.problems import UNAUTHENTICATED, ProblemError
from meetings.api.search_schemas import SearchPageOut, SearchQueryIn
from meetings.api.shapes import Shape
from meetings.checks import language_checked
from meetings.search.asking import Asked, may_search, search_asked
from meetings.search.reading import Hit, SearchFilters

router = Router(tags=["search"])


@router.get("/search", response=SearchPageOut, operation_id="search")
def search(request: HttpRequest, query: Query[SearchQueryIn]) -> Shape:
    """Lines that hold all the words, the best first, with what matched in them and where they stand.

    Words are compared without capitals and, in Latin letters, without accents; "phrases" in quotes, begin* with a star
    and -without with a minus. Searched are the meetings that the caller hosts or takes part in (for staff and service
    accounts all), or with `meeting` that one alone, which its code opens to everybody. What was retracted, redacted
    or replaced is never found. 422 `bad_query`: there is no word in `q`, or there are too many.
    """
    actor = actor_of(request)
    if not may_search(actor, meeting=query.meeting):
        raise ProblemError(UNAUTHENTICATED)  # an empty list would hide that the credentials are missing
    filters = SearchFilters(
        speakers=tuple(query.speaker),
        from_day=query.from_,
        to_day=query.to,
        language=language_checked(query.language) if query.language else "",
    )
    asked = Asked(text=query.q, meeting=query.meeting, filters=filters, cursor=query.cursor)
    page, next_cursor = search_asked(actor, asked, limit=query.limit)
    return {
        "data": [_hit_shape(request, hit) for hit in page.hits],
        "next_cursor": next_cursor,
        "has_more": next_cursor is not None,
        "n_matching": page.n_matching,
        "is_cut": page.is_cut,
    }


def _hit_shape(request: HttpRequest, hit: Hit) -> Shape:
    segment, meeting = hit.segment, hit.meeting
    path = reverse("meetings:transcript", args=[meeting.code])
    return {
        "meeting": {
            "id": meeting.pk,
            "code": meeting.code,
            "title": meeting.title,
            "started_at": meeting.started_at,
        },
        "segment_id": segment.pk,
        "rev": segment.rev,
        "participant_id": segment.participant_id,
        "speaker": segment.participant.display_name,
        "start_ms": segment.start_ms,
        "end_ms": segment.end_ms,
        "language": segment.language,
        "text": segment.text,
        "ranges": hit.ranges,
        "url": request.build_absolute_uri(f"{path}#segment-{segment.pk}"),
    }
