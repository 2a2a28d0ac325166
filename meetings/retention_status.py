"""What is kept of a meeting and until when, as its host is told."""

from typing import Any

from meetings.models import DeletionProof, LegalHold, Meeting, Purge
from meetings.policies import mode_of
from meetings.retention import meeting_retention
from meetings.services.holds import hold_standing
from meetings.services.purge_plan import meeting_over_at

Shape = dict[str, Any]
MOST_SHOWN = 100


def retention_status(meeting: Meeting) -> Shape:
    retention = meeting_retention(meeting)
    over_at = meeting_over_at(meeting.pk) if meeting.is_ended else None
    hold = hold_standing(meeting.pk)
    purges = Purge.objects.filter(meeting=meeting).order_by("-created_at")[:MOST_SHOWN]
    proofs = DeletionProof.objects.filter(meeting_id=meeting.pk).order_by("-at")[:MOST_SHOWN]
    return {
        "mode": mode_of(meeting.policies),
        "text_days": retention.text_days,
        "audio_days": retention.audio_days,
        "purge_names": retention.has_names_purged,
        "text_due_at": retention.text_due_at(over_at) if over_at else None,
        "audio_due_at": retention.audio_due_at(over_at) if over_at else None,
        "hold": hold_shape(hold) if hold else None,
        "purges": [purge_shape(each) for each in purges],
        "proofs": [proof_shape(each) for each in proofs],
    }


def hold_shape(hold: LegalHold) -> Shape:
    return {
        "id": hold.pk,
        "reason": hold.reason,
        "placed_by": hold.placed_by,
        "placed_at": hold.placed_at,
        "lifted_by": hold.lifted_by,
        "lifted_at": hold.lifted_at,
    }


def purge_shape(purge: Purge) -> Shape:
    return {
        "id": purge.pk,
        "what": purge.what,
        "reason": purge.reason,
        "state": purge.state,
        "counts": purge.counts,
        "created_at": purge.created_at,
        "done_at": purge.done_at,
    }


def proof_shape(proof: DeletionProof) -> Shape:
    names = ("what", "target", "reason", "by", "counts", "digest", "audit_number", "at")
    return {"id": proof.pk, **{name: getattr(proof, name) for name in names}}
