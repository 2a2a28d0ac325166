"""Lines that were taken out of a transcript and can be put back. Their text is for those who may edit it alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from meetings.correction_selectors import authors_of
from meetings.models import Correction, Segment, SegmentRevision
from meetings.services.audit import SYSTEM
from meetings.services.segments import BLEED, STANDS

# What such an act took out of one line it put into another: it comes back by undoing that, not alone.
_JOINT = (Correction.Kind.MERGED, Correction.Kind.UNDONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOut:
    """`actor` took it out at that time: the system (`author` "Colloquy"), where it was another's voice ("bleed")."""

    segment: Segment
    actor: str
    author: str
    reason: str
    at: datetime


def lines_taken_out(*, meeting_id: UUID) -> QuerySet[Segment]:
    """What `segment_restore` would put back. Not what was merged into another line, or deleted, or is not kept."""
    elsewhere = Segment.objects.filter(
        audio_session=OuterRef("audio_session"), start__lt=OuterRef("end"), end__gt=OuterRef("start"), state__in=STANDS
    )
    others = SegmentRevision.objects.filter(correction=OuterRef("correction")).exclude(segment=OuterRef("segment"))
    joint = SegmentRevision.objects.filter(
        Q(segment=OuterRef("pk"), rev=OuterRef("rev") - 1, correction__kind__in=_JOINT) & Exists(others)
    )
    found = Segment.objects.filter(
        meeting=meeting_id, state=Segment.State.RETRACTED, is_kept=True, purged_at__isnull=True
    )
    return found.exclude(text="").filter(~Exists(elsewhere), ~Exists(joint))


def taken_out_read(segments: Sequence[Segment]) -> list[TakenOut]:
    """How each of them came to be taken out, in their order."""
    rows = SegmentRevision.objects.filter(segment__in=[segment.pk for segment in segments])
    last = {(row.segment_id, row.rev): row for row in rows.only("segment", "rev", "actor", "reason", "at")}
    authors = authors_of(row.actor for row in last.values())
    return [_taken_out(segment, last.get((segment.pk, segment.rev - 1)), authors) for segment in segments]


def _taken_out(segment: Segment, row: SegmentRevision | None, authors: dict[str, str]) -> TakenOut:
    """A line without an earlier revision never was in the transcript: its voice was another's from the start."""
    if row is None:
        return TakenOut(segment=segment, actor=SYSTEM, author=authors[SYSTEM], reason=BLEED, at=segment.created_at)
    return TakenOut(segment=segment, actor=row.actor, author=authors.get(row.actor, ""), reason=row.reason, at=row.at)
