"""Proof that something was deleted, which keeps nothing of it."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.utils import timezone

from meetings.models import DeletionProof
from meetings.services.audit import audit_append


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """`what` of `target` is gone: so many rows and files, with this digest (see `DeletionProof`)."""

    what: str
    target: str
    counts: Mapping[str, int]
    digest: str


def digest_on(digest: str, lines: Iterable[str]) -> str:
    """The digest with another block of lines in it; an empty block changes nothing."""
    text = "\n".join(lines)
    return hashlib.sha256(f"{digest}\n{text}".encode()).hexdigest() if text else digest


def proof_store(*, meeting_id: UUID, deleted: Deleted, by: str, reason: str, action: str) -> DeletionProof:
    """Inside the transaction that deletes the last of it. The audit trail's entry seals what the proof says."""
    proof_id = uuid4()
    counts = dict(deleted.counts)
    entry = audit_append(
        meeting_id=meeting_id,
        actor=by,
        action=action,
        target=deleted.target,
        data={
            "proof": str(proof_id),
            "what": deleted.what,
            "reason": reason,
            "counts": counts,
            "digest": deleted.digest,
        },
    )
    return DeletionProof.objects.create(
        id=proof_id,
        meeting_id=meeting_id,
        what=deleted.what,
        target=deleted.target,
        reason=reason,
        by=by,
        counts=counts,
        digest=deleted.digest,
        audit_number=entry.number,
        at=timezone.now(),
    )
