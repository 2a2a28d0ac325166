"""One person's data: to read all that is stored of them, and to have it erased."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Header, Router

from meetings.access import participant_to_change, participations_to_read
from meetings.api import throttling
from meetings.api.credentials import (
    actor_logged_in,
    actor_of,
    credentials_admin_or_resume_token,
    credentials_or_resume_token,
)
from meetings.api.parameters import ParticipantId, Ref
from meetings.api.retention_schemas import DeletionProofOut, ErasureIn, MyDataOut, PersonalDataOut
from meetings.api.shapes import Shape
from meetings.personal_data import personal_data
from meetings.retention_status import proof_shape
from meetings.services.erasure import participant_erase
from meetings.services.personal_data_access import personal_data_note

router = Router(tags=["personal data"])

ResumeToken = Annotated[
    str | None,
    Header(None, alias="Resume-Token", max_length=200, description="shows that it is oneself; hosts need none"),
]


@router.get("/me/data", response=MyDataOut, operation_id="my_data")
def mine(request: HttpRequest) -> Shape:
    """Everything that is stored of the caller's account as a participant, meeting by meeting."""
    actor = actor_logged_in(request)
    found = list(participations_to_read(actor))
    for participant in found:
        personal_data_note(participant=participant, by=actor.label)
    return {"data": [personal_data(participant) for participant in found]}


@router.get(
    "/meetings/{ref}/participants/{uuid:participant_id}/data",
    response=PersonalDataOut,
    auth=credentials_or_resume_token,
    operation_id="participant_data",
    throttle=throttling.tickets,
    openapi_extra=throttling.DESCRIBED,
)
def data(request: HttpRequest, ref: Ref, participant_id: ParticipantId, resume_token: ResumeToken) -> Shape:
    """Everything that is stored of one person: for the host, and for themselves, by account or by resume token."""
    participant, by = participant_to_change(actor_of(request), ref, participant_id, resume_token=resume_token)
    personal_data_note(participant=participant, by=by)
    return personal_data(participant)


@router.post(
    "/meetings/{ref}/participants/{uuid:participant_id}/erase",
    response=DeletionProofOut,
    auth=credentials_admin_or_resume_token,
    operation_id="participant_erase",
    throttle=throttling.tickets,
    openapi_extra=throttling.DESCRIBED,
)
def erase(request: HttpRequest, ref: Ref, participant_id: ParticipantId, proof: ErasureIn | None = None) -> Shape:
    """Delete what one person said, how they sounded and what they were called, for good.

    For the host, and for themselves. Numbers stay: the ledger, consents and the audit trail. Refused while they are
    connected, and while the meeting is on legal hold.
    """
    token = proof.resume_token if proof else None
    participant, by = participant_to_change(actor_of(request), ref, participant_id, resume_token=token)
    return proof_shape(participant_erase(participant=participant, by=by))
