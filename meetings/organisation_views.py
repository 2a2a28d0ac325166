"""The pages of organisations: those of somebody, and who belongs to one."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from meetings.access import Actor
from meetings.actors import sees_all
from meetings.api import throttling
from meetings.api.credentials import actor_of_session
from meetings.errors import Conflict, Invalid, NotFound
from meetings.models import Membership, Organisation
from meetings.organisation_access import (
    is_last_owner,
    may_manage,
    may_own,
    membership_to_change,
    memberships_of,
    organisation_to_manage,
    organisation_to_read,
    organisations_to_read,
)
from meetings.organisation_forms import MemberForm, NameForm, NewOrganisationForm
from meetings.people import person_named
from meetings.refused_pages import refusals_as_pages
from meetings.role_rows import RoleRow
from meetings.services.organisations import (
    membership_change,
    membership_give,
    membership_take,
    organisation_create,
    organisation_rename,
)
from meetings.sharing_views import TOO_MANY

AT_ONCE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def organisations(request: HttpRequest) -> HttpResponse:
    actor = actor_of_session(request)
    if request.method != "POST":
        return _list_page(request, actor)
    form = NewOrganisationForm(request.POST)
    if not form.is_valid():
        return _list_page(request, actor, form=form, status=422)
    try:
        with refusals_as_pages():
            made = organisation_create(actor=actor, **form.cleaned_data)
    except (Conflict, Invalid) as refusal:
        form.add_error(None, refusal.detail)
        return _list_page(request, actor, form=form, status=refusal.status)
    messages.success(request, f"{made.name} is made, and you own it.")
    return redirect("meetings:organisation", slug=made.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def organisation(request: HttpRequest, slug: str) -> HttpResponse:
    actor = actor_of_session(request)
    with refusals_as_pages():
        found = organisation_to_read(actor, slug)
        if found.slug != slug:
            return redirect("meetings:organisation", slug=found.slug)
        if request.method != "POST":
            return _page(request, actor, found)
        return _act(request, actor, found)


def _list_page(
    request: HttpRequest, actor: Actor, *, form: NewOrganisationForm | None = None, status: int = 200
) -> HttpResponse:
    page = Paginator(organisations_to_read(actor).order_by("name", "slug"), AT_ONCE).get_page(request.GET.get("page"))
    roles = {each.organisation_id: each.get_role_display() for each in memberships_of(actor)}
    context = {
        "page": page,
        "rows": [(each, roles.get(each.pk, "")) for each in page],
        "form": form or NewOrganisationForm(),
        "may_make": actor.user is not None and sees_all(actor.user),
    }
    return render(request, "organisations.html", context, status=status)


def _page(
    request: HttpRequest,
    actor: Actor,
    found: Organisation,
    *,
    member_form: MemberForm | None = None,
    name_form: NameForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Plain members see their own place only, not who else is there."""
    own = memberships_of(actor).filter(organisation=found).first()
    is_managed, is_owned = may_manage(actor, found), may_own(actor, found)
    context: dict[str, object] = {
        "organisation": found,
        "own": own,
        "is_last_owner": own is not None and is_last_owner(own),
        "is_managed": is_managed,
    }
    if is_managed:
        members = Paginator(found.memberships.select_related("user"), AT_ONCE).get_page(request.GET.get("page"))
        context |= {
            "members": members,
            "rows": [_row(member, own, is_owned=is_owned) for member in members],
            "role_words": Membership.Role.choices,
            "member_form": member_form or MemberForm(is_for_owner=is_owned),
            "name_form": name_form or NameForm(initial={"name": found.name}),
        }
    return render(request, "organisation.html", context, status=status)


def _row(member: Membership, own: Membership | None, *, is_owned: bool) -> RoleRow:
    """Whoever wants to leave does so below, in a section of their own."""
    is_own = member == own
    may_remove = not is_own and (is_owned or member.role == Membership.Role.MEMBER)
    return RoleRow(held=member, is_own=is_own, may_change=is_owned, may_remove=may_remove)


def _act(request: HttpRequest, actor: Actor, found: Organisation) -> HttpResponse:
    act = ACTS.get(request.POST.get("act", ""))
    if act is None:
        raise Http404
    try:
        answer = act(request, actor, found)
    except (Conflict, Invalid) as refusal:
        messages.error(request, refusal.detail)
        answer = None
    return answer or redirect("meetings:organisation", slug=found.slug)


def _add(request: HttpRequest, actor: Actor, found: Organisation) -> HttpResponse | None:
    found = organisation_to_manage(actor, found.slug)
    form = MemberForm(request.POST, is_for_owner=may_own(actor, found))
    if not form.is_valid():
        return _page(request, actor, found, member_form=form, status=422)
    if not throttling.joins.allow_request(request):
        form.add_error(None, TOO_MANY)
        return _page(request, actor, found, member_form=form, status=429)
    try:
        user = person_named(form.cleaned_data["person"])
        membership_give(organisation=found, actor=actor, user=user, role=form.cleaned_data["role"])
    except (Conflict, Invalid) as refusal:
        form.add_error("person", refusal.detail)
        return _page(request, actor, found, member_form=form, status=refusal.status)
    messages.success(request, f"{user.get_username()} belongs to {found.name} now.")
    return None


def _change(request: HttpRequest, actor: Actor, found: Organisation) -> None:
    membership = membership_to_change(actor, found.slug, _membership_id(request))
    changed = membership_change(membership=membership, actor=actor, to=request.POST.get("role", ""))
    messages.success(request, f"{changed.user.get_username()}: {changed.get_role_display()}.")


def _remove(request: HttpRequest, actor: Actor, found: Organisation) -> HttpResponse | None:
    """Whoever removes themselves leaves."""
    membership = membership_to_change(actor, found.slug, _membership_id(request))
    membership_take(membership=membership, actor=actor)
    if actor.user is not None and actor.user.pk == membership.user_id:
        messages.success(request, f"You have left {found.name}.")
        return redirect("meetings:organisations")
    messages.success(request, f"{membership.user.get_username()} does not belong to {found.name} any more.")
    return None


def _rename(request: HttpRequest, actor: Actor, found: Organisation) -> HttpResponse | None:
    found = organisation_to_manage(actor, found.slug)
    form = NameForm(request.POST)
    if not form.is_valid():
        return _page(request, actor, found, name_form=form, status=422)
    try:
        organisation_rename(organisation=found, actor=actor, name=form.cleaned_data["name"])
    except Invalid as refusal:
        form.add_error("name", refusal.detail)
        return _page(request, actor, found, name_form=form, status=refusal.status)
    messages.success(request, "Saved.")
    return None


def _membership_id(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("membership_id", ""))
    except ValueError as error:
        raise NotFound from error


# What a manager's section of the page may ask for. Another section is a form with an `act` of its own.
ACTS: dict[str, Callable[[HttpRequest, Actor, Organisation], HttpResponse | None]] = {
    "add": _add,
    "change": _change,
    "remove": _remove,
    "rename": _rename,
}
