"""Participants: let them in, list them, and give them a fresh ticket for every reconnect."""

from django.http import HttpRequest
from ninja import Query, Router
from ninja.responses import Status

from meetings.access import meeting_to_join, meeting_to_read, participant_to_change
from meetings.api import throttling
from meetings.api.credentials import actor_of, credentials_or_resume_token
from meetings.api.paging import page_of
from meetings.api.parameters import PageQuery, ParticipantId, Ref, SessionId
from meetings.api.schemas import (
    AdmissionOut,
    ParticipantIn,
    ParticipantOut,
    ParticipantPatch,
    ParticipantsPage,
    TicketIn,
    TicketOut,
)
from meetings.api.shapes import Shape, admission_shape, participant_shape, renewed_ticket_shape
from meetings.services.participants import participant_admit, participant_update
from meetings.services.tickets import ticket_renew

router = Router(tags=["participants"])
LISTING = "participants"


@router.post(
    "/meetings/{ref}/participants",
    response={201: AdmissionOut},
    operation_id="participant_admit",
    throttle=throttling.joins,
    openapi_extra=throttling.DESCRIBED,
)
def admit(request: HttpRequest, ref: Ref, participant: ParticipantIn) -> Status[Shape]:
    """Join: the ticket opens `ws_url` once, within a minute. Viewers get a caption feed, all others an audio socket."""
    actor = actor_of(request)
    admission = participant_admit(
        meeting=meeting_to_join(actor, ref),
        actor=actor,
        display_name=participant.display_name,
        role=participant.role,
        language=participant.language,
    )
    return Status(201, admission_shape(request, admission))


@router.get("/meetings/{ref}/participants", response=ParticipantsPage, operation_id="participant_list")
def list_(request: HttpRequest, ref: Ref, page: Query[PageQuery]) -> Shape:
    """Everybody who was ever let in, in that order; `left_at` is empty for those who are here."""
    meeting = meeting_to_read(actor_of(request), ref)
    return page_of(meeting.participants.all(), page, listing=LISTING, shape=participant_shape)


@router.patch(
    "/meetings/{ref}/participants/{uuid:participant_id}",
    response=ParticipantOut,
    auth=credentials_or_resume_token,
    operation_id="participant_update",
    throttle=throttling.tickets,
    openapi_extra=throttling.DESCRIBED,
)
def update(request: HttpRequest, ref: Ref, participant_id: ParticipantId, changes: ParticipantPatch) -> Shape:
    """Change a name or a language: for the host, and for participants themselves, by account or by resume token.

    A language holds for what is said from now on, a name also beside what was said before.
    """
    participant, by = participant_to_change(actor_of(request), ref, participant_id, resume_token=changes.resume_token)
    return participant_shape(
        participant_update(participant=participant, by=by, display_name=changes.display_name, language=changes.language)
    )


@router.post(
    "/sessions/{uuid:session_id}/ticket",
    response={201: TicketOut},
    auth=credentials_or_resume_token,
    operation_id="ticket_renew",
    throttle=throttling.tickets,
    openapi_extra=throttling.DESCRIBED,
)
def renew(request: HttpRequest, session_id: SessionId, proof: TicketIn | None = None) -> Status[Shape]:
    """A fresh ticket for the same audio session or caption feed, by its resume token or as the account that joined."""
    renewed = ticket_renew(
        actor=actor_of(request), session_id=session_id, resume_token=proof.resume_token if proof else None
    )
    return Status(201, renewed_ticket_shape(request, renewed))
