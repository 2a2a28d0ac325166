"""Take what is deleted in one line out of the past of others: of those that it was split from, or parted from again."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from meetings.models import Segment, SegmentRevision
from meetings.models.segment import salt_new
from meetings.passages import MARK
from meetings.services.audit import audit_append, text_hash


def past_redact(lines: Sequence[Segment], *, spared: Collection[UUID], actor: str) -> None:
    """Inside the caller's transaction, under the meeting's lock. `spared` are lines whose own past the caller sees to.

    An earlier text goes where it covers sound of one of `lines`. What its line says now stays, under a new salt: the
    old one would let the words that are gone be guessed from the trail's hash of the earlier text.
    """
    places: dict[UUID, list[tuple[int, int]]] = defaultdict(list)
    for line in lines:
        places[line.audio_session_id].append((line.start, line.end))
    found = SegmentRevision.objects.filter(segment__audio_session__in=list(places), start__isnull=False)
    hit: set[UUID] = set()
    gone: list[int] = []
    rows = found.values_list("pk", "segment_id", "segment__audio_session_id", "start", "end")
    for pk, segment_id, session_id, start, end in rows:
        if segment_id in spared or start is None or end is None:
            continue
        if any(start < last and first < end for first, last in places[session_id]):
            gone.append(pk)
            hit.add(segment_id)
    SegmentRevision.objects.filter(pk__in=gone).update(text=MARK, words=[])
    for segment in Segment.objects.filter(pk__in=hit, purged_at__isnull=True).order_by("pk"):
        _salt_anew(segment, actor=actor)


def _salt_anew(segment: Segment, *, actor: str) -> None:
    segment.text_salt = salt_new()
    segment.save(update_fields=["text_salt"])
    audit_append(
        meeting_id=segment.meeting_id,
        actor=actor,
        action="segment.past_redacted",
        target=f"segment:{segment.pk}",
        data={"rev": segment.rev, "text_hash": text_hash(salt=segment.text_salt, text=segment.text)},
    )
