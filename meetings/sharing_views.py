"""The page on which a meeting's owners say who may see it; whoever else has a role there can give that up."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from meetings.access import Actor, is_manager, meeting_to_manage, meeting_to_read, role_to_change
from meetings.api import throttling
from meetings.api.credentials import actor_of_session
from meetings.errors import Conflict, Forbidden, Invalid, NotFound
from meetings.models import Meeting
from meetings.organisation_access import organisation_to_read
from meetings.refused_pages import refusals_as_pages
from meetings.role_rows import RoleRow
from meetings.services.links import link_open_set, link_renew
from meetings.services.roles import meeting_organisation_set, role_change, role_give, role_take
from meetings.sharing import organisations_offered, role_of, sharing_of
from meetings.sharing_forms import ROLE_SENTENCES, ROLE_WORDS, OrganisationChoiceForm, RoleForm

TOO_MANY = "Too many people were looked for from your network address. Try again in a minute."


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def sharing(request: HttpRequest, code: str) -> HttpResponse:
    actor = actor_of_session(request)
    with refusals_as_pages():
        meeting = meeting_to_read(actor, code)
        if request.method != "POST":
            if meeting.code != code:
                return redirect("meetings:sharing", code=meeting.code)
            return _page(request, actor, meeting)
        return _act(request, actor, meeting)


def _page(
    request: HttpRequest,
    actor: Actor,
    meeting: Meeting,
    *,
    role_form: RoleForm | None = None,
    share_form: OrganisationChoiceForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Raises Forbidden to those who have no role in the meeting."""
    own = role_of(actor, meeting)
    if not is_manager(actor, meeting):
        if own is None:
            raise Forbidden
        context = {"meeting": meeting, "own": own, "may": ROLE_SENTENCES[own.role]}
        return render(request, "sharing_own_role.html", context)
    # A guest who hosts a meeting has no account that could answer for what others are allowed.
    may_give = actor.user is not None
    found = sharing_of(meeting, page=request.GET.get("page"))
    context = {
        "meeting": meeting,
        "join_url": request.build_absolute_uri(reverse("meetings:meeting", args=[meeting.code])),
        "sharing": found,
        "rows": [
            RoleRow(held=role, is_own=role == own, may_change=may_give, may_remove=may_give) for role in found.roles
        ],
        "role_words": ROLE_WORDS,
        "role_form": role_form or RoleForm(),
        "share_form": share_form or _share_form(actor, meeting),
        "may_give": may_give,
    }
    return render(request, "sharing.html", context, status=status)


def _share_form(actor: Actor, meeting: Meeting) -> OrganisationChoiceForm:
    current = meeting.organisation.slug if meeting.organisation else ""
    return OrganisationChoiceForm(offered=organisations_offered(actor, meeting), initial={"organisation": current})


def _act(request: HttpRequest, actor: Actor, meeting: Meeting) -> HttpResponse:
    act = ACTS.get(request.POST.get("act", ""))
    if act is None:
        raise Http404
    try:
        answer = act(request, actor, meeting)
    except (Conflict, Invalid) as refusal:
        messages.error(request, refusal.detail)
        answer = None
    return answer or redirect("meetings:sharing", code=meeting.code)


def _give(request: HttpRequest, actor: Actor, meeting: Meeting) -> HttpResponse | None:
    meeting = meeting_to_manage(actor, meeting.code)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return _page(request, actor, meeting, role_form=form, status=422)
    if not throttling.joins.allow_request(request):
        form.add_error(None, TOO_MANY)
        return _page(request, actor, meeting, role_form=form, status=429)
    asked = form.cleaned_data
    try:
        given = role_give(meeting=meeting, actor=actor, person=asked["person"], role=asked["role"])
    except (Conflict, Invalid) as refusal:
        form.add_error("person", refusal.detail)
        return _page(request, actor, meeting, role_form=form, status=refusal.status)
    messages.success(request, f"{given.user.get_username()} may {ROLE_SENTENCES[given.role]}.")
    return None


def _change(request: HttpRequest, actor: Actor, meeting: Meeting) -> None:
    changed = role_change(
        role=role_to_change(actor, meeting.code, _role_id(request)), actor=actor, to=request.POST.get("role", "")
    )
    messages.success(request, f"{changed.user.get_username()} may {ROLE_SENTENCES[changed.role]}.")


def _take(request: HttpRequest, actor: Actor, meeting: Meeting) -> HttpResponse | None:
    role = role_to_change(actor, meeting.code, _role_id(request))
    is_own = actor.user is not None and actor.user.pk == role.user_id
    role_take(role=role, actor=actor)
    if is_own:  # the link still opens the transcript, this page perhaps not
        return redirect("meetings:transcript", code=meeting.code)
    messages.success(request, f"{role.user.get_username()} has no role in it any more.")
    return None


def _share(request: HttpRequest, actor: Actor, meeting: Meeting) -> HttpResponse | None:
    meeting = meeting_to_manage(actor, meeting.code)
    form = OrganisationChoiceForm(request.POST, offered=organisations_offered(actor, meeting))
    if not form.is_valid():
        return _page(request, actor, meeting, share_form=form, status=422)
    slug = form.cleaned_data["organisation"]
    if meeting.organisation is not None and slug == meeting.organisation.slug:
        return None  # which need not be one of the actor's own
    chosen = organisation_to_read(actor, slug) if slug else None
    meeting_organisation_set(meeting=meeting, actor=actor, organisation=chosen)
    messages.success(request, f"It is shared with {chosen.name}." if chosen else "It is shared with no organisation.")
    return None


def _renew_link(request: HttpRequest, actor: Actor, meeting: Meeting) -> HttpResponse:
    """Of the link that the page has shown: whoever has renewed it since meant the same one."""
    meeting = link_renew(meeting=meeting, actor=actor, code=request.POST.get("code", ""))
    messages.success(request, "The link was renewed. The one before lets nobody in any more.")
    return redirect("meetings:sharing", code=meeting.code)


def _close_link(request: HttpRequest, actor: Actor, meeting: Meeting) -> None:
    link_open_set(meeting=meeting, actor=actor, is_open=False)
    messages.success(request, "Joining by link is turned off.")


def _open_link(request: HttpRequest, actor: Actor, meeting: Meeting) -> None:
    link_open_set(meeting=meeting, actor=actor, is_open=True)
    messages.success(request, "Joining by link is turned on.")


def _role_id(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("role_id", ""))
    except ValueError as error:
        raise NotFound from error


ACTS: dict[str, Callable[[HttpRequest, Actor, Meeting], HttpResponse | None]] = {
    "give": _give,
    "change": _change,
    "take": _take,
    "share": _share,
    "renew_link": _renew_link,
    "close_link": _close_link,
    "open_link": _open_link,
}
