"""The pages of people's data in a meeting: for its owners everybody's, for whoever has an account their own."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from meetings.access import Actor, addresses_to_show, is_manager, meeting_to_manage, participant_to_change
from meetings.api.credentials import actor_of_session
from meetings.deletion_words import NOT_SURE
from meetings.errors import Conflict
from meetings.models import Participant
from meetings.personal_data import personal_data
from meetings.personal_file import personal_file
from meetings.refused_pages import refusals_as_pages
from meetings.services.erasure import participant_erase
from meetings.services.holds import hold_standing
from meetings.services.personal_data_access import personal_data_note
from meetings.stored_people import people_stored, person_stored, proofs_of

STILL_THERE = "You are still connected to the meeting: leave it, then ask again."


@require_safe
@never_cache
def people(request: HttpRequest, code: str) -> HttpResponse:
    with refusals_as_pages():
        meeting = meeting_to_manage(actor_of_session(request), code)
    if meeting.code != code:
        return redirect("meetings:people", code=meeting.code)
    page, stored = people_stored(meeting, page=request.GET.get("page"))
    context = {"meeting": meeting, "page": page, "people": stored, "is_held": hold_standing(meeting.pk) is not None}
    return render(request, "personal/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def person(request: HttpRequest, code: str, participant_id: UUID) -> HttpResponse:
    """For those whom the interface lets read and erase somebody's data, except that nobody has a resume token here."""
    actor = actor_of_session(request)
    with refusals_as_pages():
        participant, by = participant_to_change(actor, code, participant_id, resume_token=None)
    is_own = actor.user is not None and actor.user.pk == participant.user_id
    is_host = is_manager(actor, participant.meeting)
    address = _address(actor, participant)
    if request.method == "POST":
        here = redirect("meetings:person", code=address, participant_id=participant.pk)
        return _erase(request, participant, here, by=by, is_own=is_own, is_host=is_host)
    if address != code:
        return redirect("meetings:person", code=address, participant_id=participant.pk)
    context = {
        "meeting": participant.meeting,
        "address": address,
        "stored": person_stored(participant),
        "proofs": proofs_of(participant),
        "is_held": hold_standing(participant.meeting_id) is not None,
        "is_own": is_own,
        "is_host": is_host,
    }
    return render(request, "personal/person.html", context)


@require_GET
@never_cache
def person_data(request: HttpRequest, code: str, participant_id: UUID) -> HttpResponse:
    actor = actor_of_session(request)
    with refusals_as_pages():
        participant, by = participant_to_change(actor, code, participant_id, resume_token=None)
    personal_data_note(participant=participant, by=by)
    return personal_file(personal_data(participant), whose=participant.display_name, of=_address(actor, participant))


def _address(actor: Actor, participant: Participant) -> str:
    return addresses_to_show(actor, [participant.meeting])[participant.meeting_id]


def _erase(
    request: HttpRequest, participant: Participant, here: HttpResponse, *, by: str, is_own: bool, is_host: bool
) -> HttpResponse:
    """Who erases themselves and does not own the meeting has lost this page with it: the proof is at their account."""
    if request.POST.get("act") != "erase":
        raise Http404
    if request.POST.get("sure") != "on":
        messages.error(request, NOT_SURE)
        return here
    try:
        with refusals_as_pages():
            participant_erase(participant=participant, by=by)
    except Conflict as refusal:
        is_own_presence = is_own and refusal.code == "participant_present"
        messages.error(request, STILL_THERE if is_own_presence else refusal.detail)
        return here
    messages.success(request, "Erased, for good. The proof of it stands below.")
    return here if is_host else redirect("account:data")
