"""Take the text of lines out of the database for good: the one place where that is done."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Case, F, Q, Value, When

from meetings.models import AudioSession, Correction, Replacement, Segment, SegmentRevision
from meetings.services.audit import SYSTEM, text_hash
from meetings.services.exports import exports_discard
from meetings.services.segments import BLEED

State = Segment.State
GONE = "[redacted]"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesGone:
    """`hashes`: segment id, revision and salted hash of each line that had a text, in the order of ids."""

    n_segments: int
    n_revisions: int
    hashes: tuple[str, ...]


def lines_delete(segments: Sequence[Segment], *, at: datetime) -> LinesGone:
    """Inside the caller's transaction, under the meeting's lock: text, words, salts and all earlier revisions go.

    The rows stay, as the log points at them. They are redacted from here on, or stay retracted.
    """
    ordered = sorted(segments, key=lambda segment: segment.pk)
    hashes = tuple(
        f"{each.pk} {each.rev} {text_hash(salt=each.text_salt, text=each.text)}" for each in ordered if each.text
    )
    ids = [each.pk for each in ordered]
    n_revisions, _ = SegmentRevision.objects.filter(segment__in=ids).delete()
    Segment.objects.filter(pk__in=ids).update(
        text="",
        words=[],
        text_salt="",
        rev=F("rev") + 1,
        purged_at=at,
        state=Case(When(state=State.RETRACTED, then=Value(State.RETRACTED)), default=Value(State.REDACTED)),
    )
    for meeting_id in {each.meeting_id for each in ordered}:
        copies_elsewhere_delete(meeting_id)
    return LinesGone(n_segments=len(ids), n_revisions=n_revisions, hashes=hashes)


def copies_elsewhere_delete(meeting_id: UUID) -> None:
    """Words of lines stand in files that were made of them, in what was looked for to replace it, and in reasons.

    A replacement that is only proposed goes altogether: without its words it would put nothing in the place of many.
    """
    exports_discard(meeting_id=meeting_id)
    Replacement.objects.filter(meeting=meeting_id, state=Replacement.State.PROPOSED).delete()
    Replacement.objects.filter(meeting=meeting_id).update(find=GONE, replace="", reason="")
    Correction.objects.filter(meeting=meeting_id).update(reason="")
    # What people gave as a reason; ours are codes, by which the rows are found.
    given = SegmentRevision.objects.filter(correction__meeting=meeting_id).exclude(actor=SYSTEM).exclude(reason="")
    given.update(reason="")


def contexts_lock(*, meeting_id: UUID) -> list[UUID]:
    """Inside the caller's transaction, before the meeting's lock, as in commits: the sessions that have a context."""
    found = AudioSession.objects.filter(participant__meeting=meeting_id, context__isnull=False)
    locked = found.select_for_update(of=("self",), no_key=True).order_by("pk")
    return list(locked.values_list("pk", flat=True))


def contexts_delete(session_ids: Collection[UUID]) -> int:
    """What a recognizer had understood last is text too. A session that goes on understands what follows without it."""
    return AudioSession.objects.filter(pk__in=session_ids).update(context=None)


def copies_of(*, meeting_id: UUID, session_id: UUID, from_ms: int, to_ms: int) -> list[Segment]:
    """What other microphones heard of a voice in that time: lines that were taken out for just that, text and all."""
    found = Segment.objects.filter(
        Q(revisions__isnull=True) | Q(revisions__reason=BLEED),
        meeting=meeting_id,
        state=State.RETRACTED,
        purged_at__isnull=True,
        start_ms__lt=to_ms,
        end_ms__gt=from_ms,
    )
    return list(found.exclude(audio_session=session_id).select_related("audio_session").distinct())


def database_scrub() -> None:
    """Outside of transactions: let nothing that was deleted stand in SQLite's write-ahead log.

    In the database file itself `secure_delete` overwrites it. A reader that is busy puts it off to a later checkpoint.
    """
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
