"""The host's page that says what is kept of a meeting: retention, a hold, deletion, and the proofs of it."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from meetings.access import Actor, meeting_to_manage
from meetings.api.credentials import actor_of_session
from meetings.deletion_words import NOT_SURE, deletion_words
from meetings.errors import Conflict, Invalid
from meetings.keeping_forms import HoldForm, KeepingForm
from meetings.models import Meeting, Purge
from meetings.refused_pages import refusals_as_pages
from meetings.retention_status import retention_status
from meetings.services.holds import hold_lift, hold_place
from meetings.services.meetings import meeting_update
from meetings.services.purge_jobs import purge_ask


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def keeping(request: HttpRequest, code: str) -> HttpResponse:
    actor = actor_of_session(request)
    with refusals_as_pages():
        meeting = meeting_to_manage(actor, code)
    if request.method != "POST":
        return _page(request, meeting)
    act = ACTS.get(request.POST.get("act", ""))
    if act is None:
        raise Http404
    try:
        refused = act(request, meeting, actor)
    except (Conflict, Invalid) as error:
        messages.error(request, error.detail)
        refused = None
    return refused or redirect("meetings:keeping", code=meeting.code)


def _page(
    request: HttpRequest, meeting: Meeting, *, form: KeepingForm | None = None, hold_form: HoldForm | None = None
) -> HttpResponse:
    status = retention_status(meeting)
    context = {
        "meeting": meeting,
        "deletions": [(proof, deletion_words(what=proof["what"], why=proof["reason"])) for proof in status["proofs"]],
        "status": status,
        "form": form or KeepingForm.of(meeting),
        "hold_form": hold_form or HoldForm(),
    }
    return render(request, "keeping.html", context, status=422 if form or hold_form else 200)


def _keep(request: HttpRequest, meeting: Meeting, actor: Actor) -> HttpResponse | None:
    form = KeepingForm(request.POST)
    if not form.is_valid():
        return _page(request, meeting, form=form)
    meeting_update(meeting=meeting, actor=actor, policies=form.policies(meeting.policies))
    messages.success(request, "Saved.")
    return None


def _hold(request: HttpRequest, meeting: Meeting, actor: Actor) -> HttpResponse | None:
    form = HoldForm(request.POST)
    if not form.is_valid():
        return _page(request, meeting, hold_form=form)
    hold_place(meeting=meeting, by=actor.label, reason=form.cleaned_data["reason"])
    messages.success(request, "Nothing of this meeting is deleted any more.")
    return None


def _lift(request: HttpRequest, meeting: Meeting, actor: Actor) -> None:
    hold_lift(meeting=meeting, by=actor.label)
    messages.success(request, "The hold is lifted.")


def _purge_text(request: HttpRequest, meeting: Meeting, actor: Actor) -> None:
    _purge(request, meeting, actor, what=Purge.What.TEXT)


def _purge_audio(request: HttpRequest, meeting: Meeting, actor: Actor) -> None:
    _purge(request, meeting, actor, what=Purge.What.AUDIO)


def _purge(request: HttpRequest, meeting: Meeting, actor: Actor, *, what: str) -> None:
    if request.POST.get("sure") != "on":
        messages.error(request, NOT_SURE)
        return
    purge_ask(meeting=meeting, what=what, reason=Purge.Reason.ASKED, by=actor.label)
    messages.success(request, "It is being deleted; within minutes there is a proof of it below.")


ACTS: dict[str, Callable[[HttpRequest, Meeting, Actor], HttpResponse | None]] = {
    "keep": _keep,
    "hold": _hold,
    "lift": _lift,
    "purge_text": _purge_text,
    "purge_audio": _purge_audio,
}
