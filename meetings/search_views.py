"""The search page: a form, and the lines that were found, by meeting."""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from meetings.access import Actor
from meetings.api.credentials import actor_of_session
from meetings.errors import Invalid, LinkClosed, NotFound
from meetings.models import Meeting
from meetings.search.asking import Asked, may_search, search_asked
from meetings.search.backend import RANKED_MAX
from meetings.search.matching import Piece, split_at
from meetings.search.reading import Hit, SearchPage
from meetings.search_forms import SearchForm
from meetings.transcript_lines import Line

HITS_PER_PAGE = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class HitLine:
    line: Line
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HitGroup:
    """What was found in one meeting; the best line of all decides which meeting comes first."""

    meeting: Meeting
    lines: tuple[HitLine, ...]


@require_safe
@never_cache
def search(request: HttpRequest) -> HttpResponse:
    actor = actor_of_session(request)
    if "q" not in request.GET:
        return _page(request, SearchForm(initial=request.GET.dict()), actor)
    form = SearchForm(request.GET)
    if not form.is_valid():
        return _page(request, form, actor, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    asked = form.asked(cursor=request.GET.get("cursor"))
    if not may_search(actor, meeting=asked.meeting):
        form.add_error("meeting", "Give the code of a meeting, or log in to search in all of yours.")
        return _page(request, form, actor, status=HTTPStatus.FORBIDDEN)
    try:
        found, next_cursor = search_asked(actor, asked, limit=HITS_PER_PAGE)
    except LinkClosed as refusal:
        form.add_error("meeting", refusal.detail)
        return _page(request, form, actor, status=HTTPStatus.NOT_FOUND)
    except NotFound:
        form.add_error("meeting", "No meeting has this code. Check it with whoever invited you.")
        return _page(request, form, actor, status=HTTPStatus.NOT_FOUND)
    except Invalid as refusal:
        form.add_error("q", refusal.detail)
        return _page(request, form, actor, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _page(request, form, actor, found=found, next_href=_next_href(request, next_cursor), asked=asked)


def _page(
    request: HttpRequest,
    form: SearchForm,
    actor: Actor,
    *,
    found: SearchPage | None = None,
    next_href: str = "",
    asked: Asked | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    context = {
        "form": form,
        "searches_all": may_search(actor, meeting=""),
        "found": found,
        "groups": _groups(found.hits) if found else (),
        "next_href": next_href,
        "is_first": asked is None or asked.cursor is None,
        "ranked_max": RANKED_MAX,
    }
    return render(request, "search.html", context, status=status)


def _groups(hits: Iterable[Hit]) -> list[HitGroup]:
    meetings: dict[Meeting, list[HitLine]] = {}
    for hit in hits:
        meetings.setdefault(hit.meeting, []).append(_line(hit))
    return [HitGroup(meeting=meeting, lines=tuple(lines)) for meeting, lines in meetings.items()]


def _line(hit: Hit) -> HitLine:
    segment = hit.segment
    line = Line(
        anchor=f"segment-{segment.pk}",
        start_ms=segment.start_ms,
        end_ms=segment.end_ms,
        speaker_id=str(segment.participant_id),
        speaker=segment.participant.display_name,
        place=0,
        text=segment.text,
        language=segment.language,
    )
    return HitLine(line=line, pieces=split_at(segment.text, hit.ranges))


def _next_href(request: HttpRequest, cursor: str | None) -> str:
    if cursor is None:
        return ""
    fields = request.GET.copy()
    fields["cursor"] = cursor
    return f"?{fields.urlencode()}#results"
