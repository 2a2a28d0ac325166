"""Take back what was done to a line, as a new revision of it and of the lines that were part of the same acts."""

from dataclasses import replace
from uuid import UUID

from django.db import transaction

from meetings.corrections.content import Content, content_of, content_of_revision
from meetings.errors import Conflict, NotFound
from meetings.models import Correction, Segment, SegmentRevision
from meetings.passages import MARK
from meetings.services.revisions import (
    Corrected,
    correction_make,
    must_have_its_text,
    must_not_be_redacted,
    segment_lock,
    segments_lock,
)
from meetings.services.segments import reason_checked

# What such an act did to several lines is one thing: half of it taken back would lose words, or have them twice.
JOINT = (Correction.Kind.SPLIT, Correction.Kind.MERGED, Correction.Kind.UNDONE)


def segment_undo(
    *, segment_id: UUID, expected_rev: int, actor: str, to_rev: int | None = None, reason: str = ""
) -> Corrected:
    """The line as it was in revision `to_rev` (None: before the last change). To undo that brings back what was undone.

    Where a split or merge lies between, the other line of it goes back too; a replacement goes back in this line only.
    Raises NotFound, StaleRevision. Raises Conflict: nothing was changed yet, the line is redacted, or another line of
    the same act was changed since.
    """
    reason = reason_checked(reason)
    with transaction.atomic():
        segment = segment_lock(segment_id, expected_rev=expected_rev)
        must_have_its_text(segment)
        undoing = _Undoing(segment)
        rows = _rows(segment, to_rev)
        for row in rows:
            undoing.take_back(row)
        if not rows:
            undoing.take_back_making()
        changes = undoing.changes()
        if not changes:
            return Corrected(correction=None, segments=(segment,))
        return correction_make(
            meeting_id=segment.meeting_id,
            kind=Correction.Kind.UNDONE,
            actor=actor,
            reason=reason,
            changes=changes,
        )


def content_at(segment: Segment, rev: int) -> Content:
    if segment.rev == rev:
        return content_of(segment)
    return content_of_revision(SegmentRevision.objects.get(segment=segment, rev=rev), segment)


def _rows(segment: Segment, to_rev: int | None) -> list[SegmentRevision]:
    """What is taken back, the latest first."""
    rows = list(segment.revisions.select_related("correction").order_by("-rev"))
    if to_rev is None:
        return rows[:1]
    found = [row for row in rows if row.rev >= to_rev]
    if not found or found[-1].rev != to_rev:
        raise NotFound("The line has no such earlier revision.")
    return found


class _Undoing:
    """What the lines become, step by step; nothing is stored by it."""

    def __init__(self, segment: Segment) -> None:
        self._segment = segment
        self._segments = {segment.pk: segment}
        self._contents = {segment.pk: content_of(segment)}

    def take_back(self, row: SegmentRevision) -> None:
        must_not_be_redacted(Segment.State.REDACTED if row.text == MARK else row.state)
        if row.correction is not None and row.correction.kind in JOINT:
            self._take_back_others(row.correction)
        self._contents[self._segment.pk] = content_of_revision(row, self._segment)

    def take_back_making(self) -> None:
        """Of a line that was split off and never changed."""
        if self._segment.made_by is None:
            raise Conflict("Nothing was changed in this line.", code="nothing_to_undo")
        self._take_back_others(self._segment.made_by, with_self=True)

    def changes(self) -> list[tuple[Segment, Content]]:
        """This line first."""
        return [
            (segment, self._contents[segment_id].corrected())
            for segment_id, segment in self._segments.items()
            if not self._contents[segment_id].says_the_same(content_of(segment))
        ]

    def _take_back_others(self, act: Correction, *, with_self: bool = False) -> None:
        spared = None if with_self else self._segment.pk
        rows = [row for row in act.revisions.all() if row.segment_id != spared]
        made_ids = [made_id for made_id in act.made_segments.values_list("pk", flat=True) if made_id != spared]
        missing = {*made_ids, *(row.segment_id for row in rows)} - self._segments.keys()
        for segment in segments_lock(act.meeting_id, missing):
            must_have_its_text(segment)
            self._segments[segment.pk] = segment
            self._contents[segment.pk] = content_of(segment)
        for row in rows:
            segment = self._segments[row.segment_id]
            before = content_of_revision(row, segment)
            self._put_back(segment, left=content_at(segment, row.rev + 1), before=before)
        for made_id in made_ids:
            left = content_at(self._segments[made_id], 1)
            before = replace(left, state=Segment.State.RETRACTED.value)
            self._put_back(self._segments[made_id], left=left, before=before)

    def _put_back(self, segment: Segment, *, left: Content, before: Content) -> None:
        """Only from what the act left: what somebody has done to the line since is not theirs to lose."""
        if not self._contents[segment.pk].says_the_same(left):
            raise Conflict("Another line of the same act was changed since: undo that first.", code="undo_blocked")
        self._contents[segment.pk] = before
