"""Carry out an act upon lines of a transcript: their revisions, events and the audit entry, all or none."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from meetings.corrections.content import FIELDS, Content, content_of, content_put
from meetings.errors import Conflict, NotFound, StaleRevision
from meetings.models import Correction, Meeting, Participant, Segment, SegmentRevision
from meetings.services.audit import SYSTEM, audit_append, text_hash
from meetings.services.events import events_append, segment_draft

State = Segment.State


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """An act that was carried out (None: nothing was to change) and the lines as they stand, its own line first."""

    correction: Correction | None
    segments: tuple[Segment, ...]

    @property
    def reference(self) -> UUID:
        return self.segments[0].pk if self.correction is None else self.correction.pk


def segment_lock(segment_id: UUID, *, expected_rev: int | None = None) -> Segment:
    """The meeting's row first, as in a commit; all acts upon one meeting's lines follow one another.

    Raises NotFound. Raises StaleRevision: it is not the revision that the caller knows.
    """
    meeting_id = Segment.objects.values_list("meeting_id", flat=True).filter(pk=segment_id).first()
    if meeting_id is None:
        raise NotFound
    (segment,) = segments_lock(meeting_id, [segment_id])
    if expected_rev is not None and segment.rev != expected_rev:
        raise StaleRevision(segment_id)
    return segment


def segments_lock(meeting_id: UUID, segment_ids: Collection[UUID]) -> list[Segment]:
    Meeting.objects.select_for_update(no_key=True).values_list("pk").get(pk=meeting_id)
    found = Segment.objects.select_for_update(of=("self",)).select_related("participant", "audio_session")
    return list(found.filter(meeting=meeting_id, pk__in=list(segment_ids)).order_by("pk"))


def must_stand(segment: Segment) -> None:
    """Raises Conflict: only what stands in the transcript is corrected."""
    must_not_be_redacted(segment.state)
    if segment.state == State.RETRACTED:
        raise Conflict("The line was taken out of the transcript: put it back first.", code="segment_retracted")
    must_have_its_text(segment)


def must_have_its_text(segment: Segment) -> None:
    """Raises Conflict: with a text that was deleted its earlier ones went too."""
    must_not_be_redacted(segment.state)
    if segment.purged_at is not None:
        raise Conflict("The text of this line was deleted.", code="text_deleted")


def must_not_be_redacted(state: str) -> None:
    if state == State.REDACTED:
        raise Conflict("The line was redacted: nothing of it can be changed any more.", code="segment_redacted")


def correction_make(
    *,
    meeting_id: UUID,
    kind: Correction.Kind,
    actor: str,
    reason: str,
    changes: Sequence[tuple[Segment, Content]],
    made: Sequence[Segment] = (),
    target: str = "",
) -> Corrected:
    """Inside the caller's transaction, upon locked lines. `made`: new lines, not saved yet.

    Live commits of the meeting wait for its row meanwhile: so all that can be is done for all lines at once.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("lines are revised inside one transaction")
    correction = Correction.objects.create(
        meeting_id=meeting_id, kind=kind, actor=actor, reason=reason, at=timezone.now()
    )
    segments = [segment for segment, _ in changes]
    SegmentRevision.objects.bulk_create(
        revision_of(segment, actor=actor, reason=reason, at=correction.at, correction=correction)
        for segment in segments
    )
    for segment, content in changes:
        segment.rev += 1
        content_put(segment, content)
    _name_speakers(segments)
    for segment in segments:  # one statement each: bulk_update takes ten times as long over so many columns
        segment.save(update_fields=["rev", *FIELDS])
    for segment in made:
        segment.made_by = correction
    Segment.objects.bulk_create(made)
    touched = [*segments, *made]
    events_append(meeting_id=meeting_id, drafts=list(map(segment_draft, touched)))
    _audit(correction, touched, target=target)
    return Corrected(correction=correction, segments=tuple(touched))


def revision_of(
    segment: Segment, *, actor: str, reason: str, at: datetime, correction: Correction | None = None
) -> SegmentRevision:
    """The line as it stands, to be kept as an earlier text; who replaces it, why and when. Not saved yet."""
    return SegmentRevision(
        segment=segment,
        rev=segment.rev,
        correction=correction,
        actor=actor,
        reason=reason,
        at=at,
        **_columns(content_of(segment)),
    )


def _columns(content: Content) -> Mapping[str, object]:
    return {
        "state": content.state,
        "participant_id": content.participant_id,
        "start": content.start,
        "end": content.end,
        "start_ms": content.start_ms,
        "end_ms": content.end_ms,
        "text": content.text,
        "words": list(content.words),
        "language": content.language,
        "confidence": content.confidence,
        "engine": content.engine,
    }


def _name_speakers(segments: Sequence[Segment]) -> None:
    """Events show the speaker's name: it is that of the participant who now is one."""
    people = Participant.objects.in_bulk({segment.participant_id for segment in segments})
    for segment in segments:
        segment.participant = people[segment.participant_id]


def _audit(correction: Correction, segments: Sequence[Segment], *, target: str) -> None:
    """What people give as a reason may be words of the meeting: it stays with the revision. Ours are codes."""
    first = segments[0]
    data = {
        "correction": str(correction.pk),
        "rev": first.rev,
        "reason": correction.reason if correction.actor == SYSTEM else "",
        "text_hash": text_hash(salt=first.text_salt, text=first.text),
        "segments": [
            {
                "id": str(each.pk),
                "rev": each.rev,
                "state": each.state,
                "participant": str(each.participant_id),
                "text_hash": text_hash(salt=each.text_salt, text=each.text),
            }
            for each in segments
        ],
    }
    audit_append(
        meeting_id=correction.meeting_id,
        actor=correction.actor,
        action=f"segment.{correction.kind}" if not target else f"transcript.{correction.kind}",
        target=target or f"segment:{first.pk}",
        data=data,
    )
