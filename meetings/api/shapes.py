"""What the API answers with, made of stored things."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from meetings.limits import STREAM_LIMITS, TICKET_TTL_S
from meetings.models import Meeting, Participant
from meetings.selectors import SessionLedger
from meetings.services.participants import Admission
from meetings.services.tickets import RenewedTicket

Shape = dict[str, Any]  # checked by the response schema of each call


def meeting_shape(request: HttpRequest, meeting: Meeting) -> Shape:
    host = meeting.host
    return {
        "id": meeting.pk,
        "code": meeting.code,
        "title": meeting.title,
        "state": meeting.state,
        "language": meeting.language,
        "join_url": request.build_absolute_uri(reverse("meetings:meeting", args=[meeting.code])),
        "created_at": meeting.created_at,
        "started_at": meeting.started_at,
        "ended_at": meeting.ended_at,
        "last_seq": meeting.last_seq,
        "policies": meeting.policies,
        "vocabulary": meeting.vocabulary,
        "host": {"display_name": host.get_full_name() or host.get_username()} if host else None,
    }


def participant_shape(participant: Participant) -> Shape:
    return {
        "id": participant.pk,
        "display_name": participant.display_name,
        "role": participant.role,
        "language": participant.language,
        "joined_at": participant.joined_at,
        "left_at": participant.left_at,
    }


def admission_shape(request: HttpRequest, admission: Admission) -> Shape:
    participant = admission.participant
    return {
        "participant_id": participant.pk,
        "session_id": admission.session_id,
        "resume_token": admission.resume_token,
        "limits": STREAM_LIMITS.as_wire(),
        **_ticket(request, admission.ticket, participant),
    }


def ledger_shape(ledger: SessionLedger) -> Shape:
    return {
        "session_id": ledger.session_id,
        "participant_id": ledger.participant_id,
        "display_name": ledger.display_name,
        "state": ledger.state,
        "origin_ms": ledger.origin_ms,
        "corrections": [{"from": each.start, "offset_ms": each.offset_ms} for each in ledger.corrections],
        "received": ledger.received,
        "settled": ledger.settled,
        "speech": ledger.speech,
        "nonspeech": ledger.nonspeech,
        "muted": ledger.muted,
        "gap": ledger.gap,
        "in_flight": ledger.in_flight,
        "gaps": [
            {"from": gap.start, "to": gap.end, "reason": gap.reason, "repaired": gap.is_repaired} for gap in ledger.gaps
        ],
    }


def renewed_ticket_shape(request: HttpRequest, renewed: RenewedTicket) -> Shape:
    return _ticket(request, renewed.ticket, renewed.participant)


def _ticket(request: HttpRequest, ticket: str, participant: Participant) -> Shape:
    is_viewer = participant.role == Participant.Role.VIEWER
    path = f"/ws/v1/meetings/{participant.meeting_id}/captions" if is_viewer else "/ws/v1/audio"
    return {"ticket": ticket, "ticket_expires_in": TICKET_TTL_S, "ws_url": ws_url(request, path)}


def ws_url(request: HttpRequest, path: str) -> str:
    """As `build_absolute_uri`, for sockets: behind a proxy under its name, and secure where its pages are."""
    scheme = "wss" if request.is_secure() else "ws"
    return f"{scheme}://{request.get_host()}{path}"
