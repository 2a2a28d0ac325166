"""Find and replace across a transcript: look first, then apply as one act, and revert it as one."""

from typing import Annotated
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest
from ninja import Path, Query, Router
from ninja.responses import Status

from meetings.access import meeting_to_edit
from meetings.api.credentials import actor_of
from meetings.api.cursors import Cursor
from meetings.api.parameters import PageQuery, Ref
from meetings.api.preconditions import IdempotencyKey
from meetings.api.replacement_schemas import ApplyIn, ReplacedOut, ReplacementIn, ReplacementsPage, ReviewOut
from meetings.api.shapes import Shape
from meetings.correction_selectors import HitView, replacement_hits
from meetings.errors import NotFound
from meetings.models import Replacement
from meetings.services.idempotency import idempotent
from meetings.services.replacements import Replaced, replacement_apply, replacement_propose, replacement_revert

router = Router(tags=["corrections"])
LISTING = "replacements"
FORGOTTEN = "There is no such replacement (any more): look for the words again."

ReplacementId = Annotated[UUID, Path(description="`id` of the replacement")]


@router.post("", response={201: ReviewOut}, operation_id="replacement_propose")
def propose(request: HttpRequest, ref: Ref, proposal: ReplacementIn, idempotency_key: IdempotencyKey) -> Status[Shape]:
    """Find words in all lines of the transcript and show what replacing them would give. Nothing is changed yet.

    A proposal that nobody applies is forgotten after a day.
    """
    actor = actor_of(request)
    meeting = meeting_to_edit(actor, ref)

    def make() -> UUID:
        made: UUID = replacement_propose(meeting=meeting, actor=actor.label, **proposal.model_dump()).pk
        return made

    content = f"{meeting.pk} {proposal.model_dump_json()}".encode()
    outcome = idempotent(actor=actor, key=idempotency_key, action="replacement.propose", request=content, make=make)
    found = meeting.replacements.filter(pk=outcome.reference).first()
    if found is None:  # of a key that was used before
        raise NotFound(FORGOTTEN)
    return Status(201, {**_shape(found), "hits": [_hit_shape(hit) for hit in replacement_hits(found)]})


@router.get("", response=ReplacementsPage, operation_id="replacement_list")
def list_(request: HttpRequest, ref: Ref, page: Query[PageQuery]) -> Shape:
    """What was proposed, applied and reverted, newest first."""
    meeting = meeting_to_edit(actor_of(request), ref)
    found = meeting.replacements.select_related("applied", "reverted")
    if page.cursor is not None:
        last = Cursor.unpack(page.cursor, listing=LISTING)
        found = found.filter(Q(created_at__lt=last.moment) | Q(created_at=last.moment, id__gt=last.id))
    rows = list(found.order_by("-created_at", "id")[: page.limit + 1])
    shown, has_more = rows[: page.limit], len(rows) > page.limit
    cursor = Cursor.at(shown[-1].created_at, id=shown[-1].pk, listing=LISTING).pack() if has_more else None
    return {"data": [_shape(each) for each in shown], "next_cursor": cursor, "has_more": has_more}


@router.get("/{uuid:replacement_id}", response=ReviewOut, operation_id="replacement_read")
def read(request: HttpRequest, ref: Ref, replacement_id: ReplacementId) -> Shape:
    """One of them with its hits, in the words of the lines that were searched."""
    meeting = meeting_to_edit(actor_of(request), ref)
    found = meeting.replacements.filter(pk=replacement_id).first()
    if found is None:
        raise NotFound(FORGOTTEN)
    return {**_shape(found), "hits": [_hit_shape(hit) for hit in replacement_hits(found)]}


@router.post("/{uuid:replacement_id}/apply", response=ReplacedOut, operation_id="replacement_apply")
def apply(request: HttpRequest, ref: Ref, replacement_id: ReplacementId, choice: ApplyIn) -> Shape:
    """Replace the hits that were chosen, all in one act. Lines that somebody has changed meanwhile are left alone."""
    actor = actor_of(request)
    meeting = meeting_to_edit(actor, ref)
    done = replacement_apply(meeting=meeting, replacement_id=replacement_id, actor=actor.label, chosen=choice.hits)
    return _replaced_shape(done)


@router.post("/{uuid:replacement_id}/revert", response=ReplacedOut, operation_id="replacement_revert")
def revert(request: HttpRequest, ref: Ref, replacement_id: ReplacementId) -> Shape:
    """Bring back what stood before, in one act. Lines that somebody has changed since are left alone."""
    actor = actor_of(request)
    meeting = meeting_to_edit(actor, ref)
    done = replacement_revert(meeting=meeting, replacement_id=replacement_id, actor=actor.label)
    return _replaced_shape(done)


def _shape(replacement: Replacement) -> Shape:
    applied, reverted = replacement.applied, replacement.reverted
    return {
        "id": replacement.pk,
        "state": replacement.state,
        "find": replacement.find,
        "replace": replacement.replace,
        "match_case": replacement.match_case,
        "whole_words": replacement.whole_words,
        "reason": replacement.reason,
        "actor": replacement.actor,
        "created_at": replacement.created_at,
        "applied_at": applied.at if applied else None,
        "reverted_at": reverted.at if reverted else None,
        "n_hits": len(replacement.hits),
        "n_segments": applied.revisions.count() if applied else 0,
    }


def _replaced_shape(done: Replaced) -> Shape:
    return {**_shape(done.replacement), "skipped": list(done.skipped)}


def _hit_shape(hit: HitView) -> Shape:
    return {
        "index": hit.index,
        "segment_id": hit.segment_id,
        "rev": hit.rev,
        "speaker": hit.speaker,
        "start_ms": hit.start_ms,
        "before": hit.before,
        "found": hit.found,
        "behind": hit.behind,
        "replaced": hit.replaced,
        "is_stale": hit.is_stale,
    }
