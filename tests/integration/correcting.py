"""What a person does to a line, at the revision at which it stands."""

from meetings.models import Segment
from meetings.services.segment_bounds import segment_merge, segment_split
from meetings.services.segments import segment_correct
from meetings.services.undo import segment_undo

ME = "user:1"


def now(segment: Segment) -> Segment:
    return Segment.objects.get(pk=segment.pk)


def correct(segment: Segment, text: str | None = None, **more: object) -> Segment:
    arguments = {"expected_rev": now(segment).rev, "actor": ME, "text": text, **more}
    return segment_correct(segment_id=segment.pk, **arguments).segments[0]  # type: ignore[arg-type]  # a test may give any


def undo(segment: Segment, to_rev: int | None = None) -> tuple[Segment, ...]:
    found = now(segment)
    return segment_undo(segment_id=found.pk, expected_rev=found.rev, actor=ME, to_rev=to_rev).segments


def split(segment: Segment, at: int, **more: object) -> tuple[Segment, ...]:
    arguments = {"expected_rev": now(segment).rev, "actor": ME, "at": at, **more}
    return segment_split(segment_id=segment.pk, **arguments).segments  # type: ignore[arg-type]  # a test may give any


def merge(segment: Segment) -> tuple[Segment, ...]:
    return segment_merge(segment_id=segment.pk, expected_rev=now(segment).rev, actor=ME).segments
