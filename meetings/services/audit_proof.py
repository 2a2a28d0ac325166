"""A meeting's audit trail as a document that proves itself: it travels with exports and needs no server to be checked.

`python -m meetings.verify_proof proof.json transcript.json` checks it; docs/audit.md says what it proves.
"""

from collections.abc import Collection, Iterator, Mapping
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from meetings.audit_chain import canonical, chain_of, entry_fields
from meetings.audit_key import ALGORITHM, signing_key
from meetings.audit_texts import TextClaims
from meetings.errors import NotFound
from meetings.models import AuditEvent, AuditHead, Segment
from meetings.services.audit import audit_append, audit_entry

FORMAT = "colloquy-audit-proof/1"
SOFTWARE = {"name": "Colloquy", "version": "0.1.0"}
STANDING = (Segment.State.FINAL, Segment.State.CORRECTED)
ROWS_AT_ONCE = 2_000


def audit_proof(
    *,
    meeting_id: UUID,
    shown: Collection[tuple[str, int]] | None = None,
    files: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """JSON: all entries with their hashes, the salts of the texts that stand, the chain's end, and a signature.

    It holds no texts: those are in the transcript, and what was taken out of that has no salt here. Nothing is locked:
    of a meeting that goes on, entries and texts up to one moment are proved, and what is said while this is made is
    not. What somebody changed in the database is given as it is, and is found by whoever checks.

    `shown`: the lines, with their revisions, of a transcript that was read before and which this is to prove, whatever
    was said or corrected since. `files`: SHA-256 of what travels with it, by name. Raises NotFound: there is no trail.
    """
    head = AuditHead.objects.filter(pk=chain_of(meeting_id)).first()
    if head is None:
        raise NotFound("There is no history of this meeting.")
    claims = TextClaims()
    proof: dict[str, object] = {
        "format": FORMAT,
        "software": SOFTWARE,
        "made_at": timezone.now().isoformat(timespec="seconds"),
        "meeting_id": str(meeting_id),
        "entries": list(_entries(meeting_id, up_to=head.number, claims=claims)),
        "texts": list(_texts(meeting_id, claims, shown)),
        "head": {"number": head.number, "hash": head.hash},
    }
    if files is not None:
        proof["files"] = dict(files)
    key = signing_key()
    signature = {"algorithm": ALGORITHM, "public_key": key.public_hex, "value": key.sign(canonical(proof))}
    return {**proof, "signature": signature}


def audit_prove(*, meeting_id: UUID, actor: str) -> dict[str, object]:
    """The same for somebody who asks for it: that they have a copy is one of its entries."""
    with transaction.atomic():
        audit_append(meeting_id=meeting_id, actor=actor, action="audit.proved", target=f"meeting:{meeting_id}")
    return audit_proof(meeting_id=meeting_id)


def _entries(meeting_id: UUID, *, up_to: int, claims: TextClaims) -> Iterator[dict[str, object]]:
    rows = AuditEvent.objects.filter(meeting_id=meeting_id, number__lte=up_to).order_by("number")
    for event in rows.iterator(chunk_size=ROWS_AT_ONCE):
        entry = audit_entry(event)
        claims.take(entry)
        yield {**entry_fields(entry), "hash": event.hash}


def _texts(
    meeting_id: UUID, claims: TextClaims, shown: Collection[tuple[str, int]] | None
) -> Iterator[dict[str, object]]:
    """A salt is that of all revisions of its line."""
    revs = None if shown is None else dict(shown)
    kept = Segment.objects.filter(meeting_id=meeting_id, is_kept=True).exclude(state=Segment.State.REDACTED)
    found = kept.filter(state__in=STANDING) if revs is None else kept
    rows = found.order_by("start_ms", "pk").values_list("pk", "rev", "text_salt")
    for pk, stands, salt in rows.iterator(chunk_size=ROWS_AT_ONCE):
        key = str(pk)
        rev = stands if revs is None else revs.get(key)
        if salt and rev is not None and (key, rev) in claims.claims and not claims.is_removed(key, rev):
            yield {"segment_id": key, "rev": rev, "salt": salt}
