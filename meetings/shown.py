"""Stored things as the interface and exports show them: what needs no request."""

from typing import Any

from meetings.models import Meeting
from meetings.selectors import SessionLedger

Shown = dict[str, Any]


def meeting_fields(meeting: Meeting, *, join_url: str) -> Shown:
    """Without a request: only that knows under which address people reach the server."""
    host = meeting.host
    return {
        "id": meeting.pk,
        "code": meeting.code,
        "title": meeting.title,
        "state": meeting.state,
        "language": meeting.language,
        "join_url": join_url,
        "created_at": meeting.created_at,
        "started_at": meeting.started_at,
        "ended_at": meeting.ended_at,
        "last_seq": meeting.last_seq,
        "policies": meeting.policies,
        "vocabulary": meeting.vocabulary,
        "host": {"display_name": host.get_full_name() or host.get_username()} if host else None,
    }


def ledger_shape(ledger: SessionLedger) -> Shown:
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
