"""The page of one's account that shows in which meetings something is stored of one, and gives all of it as a file."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe

from meetings.access import addresses_to_show, erasures_asked, meetings_to_read, participations_to_read
from meetings.api.credentials import actor_of_session
from meetings.personal_data import personal_data
from meetings.personal_file import personal_file
from meetings.services.personal_data_access import personal_data_note
from meetings.stored_people import parts_taken

ERASURES_SHOWN = 50


@require_safe
@never_cache
@login_required
def own_data(request: HttpRequest) -> HttpResponse:
    actor = actor_of_session(request)
    page, parts = parts_taken(participations_to_read(actor), page=request.GET.get("page"))
    addresses = addresses_to_show(actor, [part.participant.meeting for part in parts])
    erasures = list(erasures_asked(actor)[:ERASURES_SHOWN])
    # What a meeting is called now is told to those who may read it now.
    titles = dict(
        meetings_to_read(actor).filter(pk__in={proof.meeting_id for proof in erasures}).values_list("pk", "title")
    )
    proofs = [(proof, titles.get(proof.meeting_id, "")) for proof in erasures]
    addressed = [(part, addresses[part.participant.meeting_id]) for part in parts]
    return render(request, "personal/own.html", {"page": page, "parts": addressed, "proofs": proofs})


@require_GET
@never_cache
@login_required
def own_data_file(request: HttpRequest) -> HttpResponse:
    """The same as the interface's `/me/data`."""
    actor = actor_of_session(request)
    found = list(participations_to_read(actor))
    for participant in found:
        personal_data_note(participant=participant, by=actor.label)
    data = {"data": [personal_data(participant) for participant in found]}
    return personal_file(data, whose=request.user.get_username(), of=f"{timezone.now():%Y-%m-%d}")
