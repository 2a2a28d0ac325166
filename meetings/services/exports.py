"""Exports that are asked for, fetched and let go: who took what of a transcript is in the audit trail."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction

from meetings.errors import Conflict, MeetingsError, NotFound
from meetings.exports.storage import files_delete, files_old
from meetings.exports.wish import Wish
from meetings.models import Export, Meeting, MeetingEvent, Segment
from meetings.services.audit import audit_append

KEPT = timedelta(days=1)
MOST_UNDER_WAY = 20  # of one meeting: whoever knows its code may ask
PENDING = (Export.State.QUEUED, Export.State.RUNNING)


class ExportOutdated(MeetingsError):
    """Something that is in the file was redacted after it was made."""

    code, status = "export_outdated", 410
    title = "The transcript was redacted since; ask for another export."


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFile:
    file: str
    n_bytes: int
    extension: str
    meeting: Meeting


def transcript_exported(*, meeting_id: UUID, actor: str, wish: Wish) -> None:
    """The transcript is about to be given to somebody as a file."""
    with transaction.atomic():
        target = f"meeting:{meeting_id}"
        audit_append(
            meeting_id=meeting_id, actor=actor, action="transcript.exported", target=target, data=wish.audited()
        )


def export_request(*, meeting: Meeting, actor: str, wish: Wish, join_url: str, now: datetime) -> Export:
    """A file to be made; what the same caller has already asked for, and does not have yet, is not made twice.

    The meeting's lock orders those who ask at once. Raises Conflict when too many are under way.
    """
    with transaction.atomic():
        Meeting.objects.select_for_update(no_key=True).get(pk=meeting.pk)
        pending = Export.objects.filter(meeting=meeting, state__in=PENDING, expires_at__gt=now)
        for known in pending.filter(actor=actor, format=wish.format):
            if known.options == wish.stored():
                return known
        if pending.count() >= MOST_UNDER_WAY:
            raise Conflict("Too many exports of this meeting are under way; try again later.", code="too_many_exports")
        export = Export.objects.create(
            meeting=meeting,
            actor=actor,
            format=wish.format,
            options=wish.stored(),
            join_url=join_url,
            expires_at=now + KEPT,
        )
        audit_append(
            meeting_id=meeting.pk,
            actor=actor,
            action="transcript.export_requested",
            target=f"export:{export.pk}",
            data=wish.audited(),
        )
    return export


def export_download(*, export_id: UUID, actor: str, wish: Wish, now: datetime) -> ExportFile:
    """What the row names now. Raises NotFound: not made yet, or let go; ExportOutdated."""
    with transaction.atomic():
        Meeting.objects.select_for_update(no_key=True).filter(exports=export_id).first()
        done = Export.objects.filter(state=Export.State.DONE, expires_at__gt=now)
        export = done.select_related("meeting").filter(pk=export_id).first()
        if export is None:
            raise NotFound("There is no such file (yet).")
        if is_outdated(export):
            raise ExportOutdated
        audit_append(
            meeting_id=export.meeting_id,
            actor=actor,
            action="transcript.exported",
            target=f"export:{export.pk}",
            data={**wish.audited(), "sha256": export.sha256},
        )
    return ExportFile(file=export.file, n_bytes=export.n_bytes, extension=export.format, meeting=export.meeting)


def is_outdated(export: Export) -> bool:
    """Whether a line was redacted after the file was made. Corrections leave it what it was: the text of its time."""
    later = MeetingEvent.objects.filter(meeting=export.meeting_id, seq__gt=export.made_seq or 0)
    return later.filter(segment__state=Segment.State.REDACTED).exists()


def exports_discard(*, meeting_id: UUID) -> int:
    """Let go of all files of a meeting, whoever still makes them: something in them must not be had any more.

    Inside the transaction that takes it away; the files go when that has happened. Returns how many.
    """
    Meeting.objects.select_for_update(no_key=True).filter(pk=meeting_id).first()
    return _let_go(list(Export.objects.filter(meeting=meeting_id).values_list("pk", "file")))


def exports_expired_delete(*, now: datetime) -> int:
    """Rows whose time is over, with their files, and files that no row speaks of."""
    with transaction.atomic():
        n_deleted = _let_go(list(Export.objects.filter(expires_at__lte=now).values_list("pk", "file")))
    old = files_old(now=now)
    spoken_of = set(Export.objects.exclude(file="").values_list("file", flat=True))
    files_delete(name for name in old if name not in spoken_of)
    return n_deleted


def _let_go(rows: list[tuple[UUID, str]]) -> int:
    Export.objects.filter(pk__in=[pk for pk, _ in rows]).delete()
    transaction.on_commit(partial(files_delete, [file for _, file in rows if file]), robust=True)
    return len(rows)
