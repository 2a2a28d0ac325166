"""Correct a line, look at its history, go back in it; split and merge lines, take them out and put them back."""

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router

from meetings.access import Actor, segment_to_edit, segment_to_read
from meetings.api.correction_schemas import (
    CorrectionOut,
    MergeIn,
    ReasonIn,
    RevisionsOut,
    SegmentPatch,
    SplitIn,
    UndoIn,
)
from meetings.api.credentials import actor_of
from meetings.api.parameters import SegmentId
from meetings.api.preconditions import IdempotencyKey, IfMatch, etag_put, present_revision_told, rev_expected
from meetings.api.schemas import Schema, SegmentOut
from meetings.api.shapes import Shape
from meetings.correction_selectors import HistoryEntry, segment_history
from meetings.errors import NotFound
from meetings.messages import segment_wire
from meetings.models import Segment
from meetings.services.audit_views import transcript_viewed
from meetings.services.idempotency import idempotent
from meetings.services.revisions import Corrected
from meetings.services.segment_bounds import segment_merge, segment_split
from meetings.services.segments import segment_correct, segment_restore, segment_retract
from meetings.services.undo import segment_undo
from meetings.wire import SegmentWire

router = Router(tags=["corrections"])


@router.get("/segments/{uuid:segment_id}", response=SegmentOut, operation_id="segment_read")
def read(request: HttpRequest, response: HttpResponse, segment_id: SegmentId) -> SegmentWire:
    """The line as it stands. Its `ETag` is what `If-Match` of a change says."""
    segment = _read(request, segment_id)
    etag_put(response, segment)
    return segment_wire(segment)


@router.patch("/segments/{uuid:segment_id}", response=SegmentOut, operation_id="segment_correct")
def correct(
    request: HttpRequest,
    response: HttpResponse,
    segment_id: SegmentId,
    changes: SegmentPatch,
    if_match: IfMatch,
    idempotency_key: IdempotencyKey,
) -> SegmentWire:
    """Correct what was said or who said it: a new revision. Refused with 412, and what stands now, if it is stale."""

    def act(actor: Actor, rev: int) -> Corrected:
        return segment_correct(segment_id=segment_id, expected_rev=rev, actor=actor.label, **changes.model_dump())

    done = _carried_out(request, segment_id, if_match, idempotency_key, changes, act, action="segment.correct")
    segment = done.segments[0]
    etag_put(response, segment)
    return segment_wire(segment)


@router.get("/segments/{uuid:segment_id}/revisions", response=RevisionsOut, operation_id="segment_revisions")
def revisions(request: HttpRequest, segment_id: SegmentId) -> Shape:
    """Every revision with author, time and reason. What was redacted or taken out shows no text."""
    segment = _read(request, segment_id)
    return {"data": [_revision_shape(entry) for entry in segment_history(segment)]}


@router.post("/segments/{uuid:segment_id}/undo", response=CorrectionOut, operation_id="segment_undo")
def undo(
    request: HttpRequest,
    response: HttpResponse,
    segment_id: SegmentId,
    body: UndoIn,
    if_match: IfMatch,
    idempotency_key: IdempotencyKey,
) -> Shape:
    """Back to an earlier revision, as a new one. A split or merge since then is undone in both lines."""

    def act(actor: Actor, rev: int) -> Corrected:
        return segment_undo(segment_id=segment_id, expected_rev=rev, actor=actor.label, **body.model_dump())

    done = _carried_out(request, segment_id, if_match, idempotency_key, body, act, action="segment.undo")
    return _shape(response, done)


@router.post("/segments/{uuid:segment_id}/split", response=CorrectionOut, operation_id="segment_split")
def split(
    request: HttpRequest,
    response: HttpResponse,
    segment_id: SegmentId,
    body: SplitIn,
    if_match: IfMatch,
    idempotency_key: IdempotencyKey,
) -> Shape:
    """Two lines of one: this one keeps what is before the character `at`, a new line (second here) gets the rest."""

    def act(actor: Actor, rev: int) -> Corrected:
        return segment_split(segment_id=segment_id, expected_rev=rev, actor=actor.label, **body.model_dump())

    done = _carried_out(request, segment_id, if_match, idempotency_key, body, act, action="segment.split")
    return _shape(response, done)


@router.post("/segments/{uuid:segment_id}/merge", response=CorrectionOut, operation_id="segment_merge")
def merge(
    request: HttpRequest,
    response: HttpResponse,
    segment_id: SegmentId,
    body: MergeIn,
    if_match: IfMatch,
    idempotency_key: IdempotencyKey,
) -> Shape:
    """One line of two: this one gets the words of the speaker's next line, which is retracted (second here)."""

    def act(actor: Actor, rev: int) -> Corrected:
        return segment_merge(segment_id=segment_id, expected_rev=rev, actor=actor.label, **body.model_dump())

    done = _carried_out(request, segment_id, if_match, idempotency_key, body, act, action="segment.merge")
    return _shape(response, done)


@router.post("/segments/{uuid:segment_id}/retract", response=CorrectionOut, operation_id="segment_retract")
def retract(
    request: HttpRequest,
    response: HttpResponse,
    segment_id: SegmentId,
    body: ReasonIn,
    if_match: IfMatch,
    idempotency_key: IdempotencyKey,
) -> Shape:
    """Take the line out of everything that is read. It can be put back."""

    def act(actor: Actor, rev: int) -> Corrected:
        return _latest(segment_retract(segment_id=segment_id, expected_rev=rev, actor=actor.label, reason=body.reason))

    done = _carried_out(request, segment_id, if_match, idempotency_key, body, act, action="segment.retract")
    return _shape(response, done)


@router.post("/segments/{uuid:segment_id}/restore", response=CorrectionOut, operation_id="segment_restore")
def restore(
    request: HttpRequest,
    response: HttpResponse,
    segment_id: SegmentId,
    body: ReasonIn,
    if_match: IfMatch,
    idempotency_key: IdempotencyKey,
) -> Shape:
    """Put a retracted line back as it was."""

    def act(actor: Actor, rev: int) -> Corrected:
        return _latest(segment_restore(segment_id=segment_id, expected_rev=rev, actor=actor.label, reason=body.reason))

    done = _carried_out(request, segment_id, if_match, idempotency_key, body, act, action="segment.restore")
    return _shape(response, done)


def _carried_out(
    request: HttpRequest,
    segment_id: UUID,
    if_match: str | None,
    key: str | None,
    body: Schema,
    act: Callable[[Actor, int], Corrected],
    *,
    action: str,
) -> Corrected:
    """Once for each key. A repetition is answered by how the lines of that act stand now."""
    actor = actor_of(request)
    _may_edit(actor, segment_id)
    rev = rev_expected(if_match)
    content = f"{segment_id} {rev} {body.model_dump_json()}".encode()
    with present_revision_told(actor):
        outcome = idempotent(
            actor=actor, key=key, action=action, request=content, make=lambda: act(actor, rev).reference
        )
    return _as_it_stands(segment_to_read(actor, segment_id), outcome.reference)


def _latest(segment: Segment) -> Corrected:
    replaced = segment.revisions.select_related("correction").get(rev=segment.rev - 1)
    return Corrected(correction=replaced.correction, segments=(segment,))


def _read(request: HttpRequest, segment_id: UUID) -> Segment:
    actor = actor_of(request)
    segment = segment_to_read(actor, segment_id)
    transcript_viewed(actor=actor, meeting=segment.meeting)
    return segment


def _may_edit(actor: Actor, segment_id: UUID) -> None:
    try:
        segment_to_edit(actor, segment_id)
    except NotFound as error:
        raise NotFound("There is no such line. What is still being said can be corrected once it is final.") from error


def _as_it_stands(segment: Segment, reference: UUID) -> Corrected:
    meeting = segment.meeting
    correction = meeting.corrections.filter(pk=reference).first()
    if correction is None:
        return Corrected(correction=None, segments=(segment,))
    found = meeting.segments.select_related("participant")
    touched = found.filter(revisions__correction=correction) | found.filter(made_by=correction)
    others = touched.exclude(pk=segment.pk).distinct().order_by("start_ms", "pk")
    return Corrected(correction=correction, segments=(segment, *others))


def _shape(response: HttpResponse, done: Corrected) -> Shape:
    etag_put(response, done.segments[0])
    return {
        "correction_id": done.correction.pk if done.correction else None,
        "segments": [segment_wire(segment) for segment in done.segments],
    }


def _revision_shape(entry: HistoryEntry) -> Shape:
    content = entry.content
    return {
        "rev": entry.rev,
        "state": content.state,
        "participant_id": content.participant_id,
        "speaker": entry.speaker,
        "start_ms": content.start_ms,
        "end_ms": content.end_ms,
        "text": entry.text,
        "language": content.language,
        "kind": entry.kind,
        "actor": entry.actor,
        "author": entry.author,
        "reason": entry.reason,
        "at": entry.at,
    }
