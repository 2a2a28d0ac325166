"""A meeting's audit trail for those who manage it: in pages, as a proof to take away, and the key that signs proofs."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.http import content_disposition_header
from ninja import Query, Router

from meetings.access import meeting_to_manage
from meetings.api.audit_schemas import AuditPage, AuditProofOut, KeyOut
from meetings.api.credentials import actor_of
from meetings.api.cursors import Cursor
from meetings.api.parameters import PageQuery, Ref
from meetings.api.shapes import Shape
from meetings.audit_chain import entry_fields
from meetings.audit_key import ALGORITHM, signing_key
from meetings.audit_selectors import audit_trail
from meetings.services.audit import audit_entry
from meetings.services.audit_proof import audit_prove

router = Router(tags=["audit"])
LISTING = "audit"


@router.get("/meetings/{ref}/audit", response=AuditPage, operation_id="audit_list")
def audit(request: HttpRequest, ref: Ref, page: Query[PageQuery]) -> HttpResponse:
    """For the host: who did what, oldest first, each entry sealed by the hash of the one before."""
    meeting = meeting_to_manage(actor_of(request), ref)
    after = Cursor.unpack(page.cursor, listing=LISTING).key if page.cursor is not None else 0
    found = audit_trail(meeting_id=meeting.pk, after_number=after, limit=page.limit + 1)
    shown, has_more = found[: page.limit], len(found) > page.limit
    next_cursor = Cursor(listing=LISTING, key=shown[-1].number, id=meeting.pk).pack() if has_more else None
    data = [{**entry_fields(audit_entry(event)), "hash": event.hash} for event in shown]
    # As it is stored: passing through the schema could write what was hashed in another way.
    return _answer({"data": data, "next_cursor": next_cursor, "has_more": has_more})


@router.get("/meetings/{ref}/audit/proof", response=AuditProofOut, operation_id="audit_proof")
def proof(request: HttpRequest, ref: Ref) -> HttpResponse:
    """For the host: the whole trail with what is needed to check it, and a transcript, anywhere. It is audited."""
    actor = actor_of(request)
    meeting = meeting_to_manage(actor, ref)
    answer = _answer(audit_prove(meeting_id=meeting.pk, actor=actor.label))
    filename = f"{meeting.code}-proof.json"
    answer.headers["Content-Disposition"] = content_disposition_header(True, filename) or "attachment"
    return answer


@router.get("/audit/key", response=KeyOut, auth=None, operation_id="audit_key")
def key(request: HttpRequest) -> Shape:
    """The public key by which proofs of this server are known."""
    return {"algorithm": ALGORITHM, "public_key": signing_key().public_hex}


def _answer(content: object) -> HttpResponse:
    return JsonResponse(content, json_dumps_params={"ensure_ascii": False}, headers={"Cache-Control": "no-store"})
