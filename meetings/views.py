"""The server-rendered pages: start, meeting, transcript."""

from uuid import UUID

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from meetings.access import is_manager, meeting_to_join, meeting_to_manage, meeting_to_read
from meetings.account import account_of
from meetings.api import throttling
from meetings.api.credentials import actor_of_session, hosted_remember
from meetings.errors import Invalid, LinkClosed, NotFound
from meetings.export_menu import export_menu
from meetings.forms import JoinForm, NewMeetingForm
from meetings.keeping import keeping_of
from meetings.language_names import languages_offered
from meetings.limits import DISPLAY_NAME_MAX_CHARS
from meetings.models import Meeting, Recording
from meetings.recordings.links import Link, link_path
from meetings.recordings.reading import recordings_of, segments_with_audio
from meetings.recordings.switches import is_recorded
from meetings.refused_pages import refusals_as_pages
from meetings.second_pass_views import second_pass_shown
from meetings.selectors import ledger
from meetings.selectors import transcript as transcript_of
from meetings.services.audit_views import transcript_viewed
from meetings.services.meetings import meeting_create
from meetings.services.recording_jobs import recording_retry
from meetings.sharing import role_of
from meetings.standing import meetings_of
from meetings.transcript_lines import transcript_lines
from meetings.transcript_page import may_edit, transcript_page_data

STATE_WORDS = {
    Meeting.State.SCHEDULED.value: "Not started",
    Meeting.State.LIVE.value: "Live",
    Meeting.State.ENDED.value: "Ended",
}
MY_MEETINGS_SHOWN = 20


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _start_page(request)
    form = NewMeetingForm(request.POST)
    if not form.is_valid():
        return _start_page(request, new_form=form, status=422)
    if not throttling.joins.allow_request(request):
        form.add_error(None, "Too many meetings were made from your network address. Try again in a minute.")
        return _start_page(request, new_form=form, status=429)
    try:
        with refusals_as_pages():
            meeting = meeting_create(actor=actor_of_session(request), **form.choices)
    except Invalid as error:
        form.add_error(None, error.detail)
        return _start_page(request, new_form=form, status=422)
    if meeting.host is None:
        hosted_remember(request, meeting.pk)
    return redirect("meetings:meeting", code=meeting.code)


@require_safe
def join(request: HttpRequest) -> HttpResponse:
    form = JoinForm(request.GET)
    if not form.is_valid():
        return _start_page(request, join_form=form, status=422)
    try:
        meeting = meeting_to_join(actor_of_session(request), form.cleaned_data["code"])
    except LinkClosed as refusal:
        form.add_error("code", refusal.detail)
        return _start_page(request, join_form=form, status=404)
    except NotFound:
        form.add_error("code", "No meeting has this code. Check it with whoever invited you.")
        return _start_page(request, join_form=form, status=404)
    return redirect("meetings:meeting", code=meeting.code)


@require_safe
@never_cache
def meeting(request: HttpRequest, code: str) -> HttpResponse:
    actor = actor_of_session(request)
    with refusals_as_pages():
        found = meeting_to_join(actor, code)
    if found.code != code:
        return redirect("meetings:meeting", code=found.code)
    is_host = is_manager(actor, found)
    context = {
        "meeting": found,
        "state_words": STATE_WORDS[found.state],
        "is_host": is_host,
        "join_url": request.build_absolute_uri(reverse("meetings:meeting", args=[found.code])),
        "name_max_chars": DISPLAY_NAME_MAX_CHARS,
        "languages": languages_offered(settings.SPEECH_LANGUAGES, also=found.language),
        "keeping": keeping_of(found),
        "page_data": {
            "code": found.code,
            "former_codes": list(found.former_codes.values_list("code", flat=True)),
            "meeting_id": str(found.pk),
            "role": "host" if is_host else "speaker",
            "language": found.language,
            "is_recorded": is_recorded(found.policies),
            "csrf_token": get_token(request),
        },
    }
    return render(request, "meeting.html", context)


@require_safe
@never_cache
def transcript(request: HttpRequest, code: str) -> HttpResponse:
    actor = actor_of_session(request)
    with refusals_as_pages():
        found = meeting_to_read(actor, code)
    if found.code != code:
        return redirect("meetings:transcript", code=found.code)
    transcript_viewed(actor=actor, meeting=found)
    is_host = is_manager(actor, found)
    read = transcript_of(meeting=found)
    lines = transcript_lines(read, playable=segments_with_audio(meeting_id=found.pk))
    context = {
        "meeting": found,
        "state_words": STATE_WORDS[found.state],
        "lines": lines,
        "page_data": transcript_page_data(request, actor, read),
        "is_host": is_host,
        "may_redact": may_edit(actor, found),
        "has_role": role_of(actor, found) is not None,
        "speaker_names": list(dict.fromkeys(line.speaker for line in lines if not line.is_gap)),
        "account": account_of(ledger(meeting_id=found.pk)) if is_host else None,
        "second_pass": second_pass_shown(found, is_host=is_host),
        "recordings": recordings_of(meeting_id=found.pk) if is_host else (),
        "exports": export_menu(found, n_lines=len(lines), is_host=is_host),
    }
    return render(request, "transcript.html", context)


@require_safe
@never_cache
def recording(request: HttpRequest, code: str, recording_id: UUID) -> HttpResponse:
    """For the host: to an address that works for some minutes, so that the page may stay open for longer."""
    actor = actor_of_session(request)
    with refusals_as_pages():
        found = meeting_to_manage(actor, code)
    made = found.recordings.filter(pk=recording_id, state=Recording.State.DONE).first()
    if made is None:
        raise Http404
    return redirect(link_path(Link(target="recording", target_id=made.pk, actor=actor.label)))


@require_POST
def recording_retried(request: HttpRequest, code: str, recording_id: UUID) -> HttpResponse:
    """For the host: have another try at what could not be made."""
    actor = actor_of_session(request)
    with refusals_as_pages():
        found = meeting_to_manage(actor, code)
    failed = found.recordings.filter(pk=recording_id).first()
    if failed is None:
        raise Http404
    recording_retry(recording=failed, actor=actor.label)
    return redirect("meetings:transcript", code=found.code)


def _start_page(
    request: HttpRequest,
    *,
    new_form: NewMeetingForm | None = None,
    join_form: JoinForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "new_form": new_form or NewMeetingForm(),
        "join_form": join_form or JoinForm(),
        "may_create": settings.GUEST_MEETINGS or request.user.is_authenticated,
        "my_meetings": _my_meetings(request),
    }
    return render(request, "start.html", context, status=status)


def _my_meetings(request: HttpRequest) -> Page[Meeting] | None:
    """A page of the meetings of somebody who is logged in, newest first; a page that is not there is the nearest."""
    if not request.user.is_authenticated:
        return None
    mine = meetings_of(actor_of_session(request)).order_by("-created_at", "id")
    page = Paginator(mine, MY_MEETINGS_SHOWN).get_page(request.GET.get("page"))
    return page if page.object_list else None
