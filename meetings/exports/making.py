"""Make the file of a transcript that is wished for: in memory for an answer, or into the storage as a job."""

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any

from django.conf import settings
from django.core.files.base import File

from meetings.exports.archive import archive_write
from meetings.exports.formats import FORMATS
from meetings.exports.storage import export_storage
from meetings.exports.wish import ARCHIVE, Wish, wish_of
from meetings.models import Export, Meeting
from meetings.selectors import Transcript, transcript
from meetings.shown import meeting_fields

COPY_BYTES = 1_048_576
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A file of the storage, of the log up to `made_seq`."""

    file: str
    sha256: str
    n_bytes: int
    made_seq: int


def transcript_of(meeting: Meeting, wish: Wish) -> Transcript:
    return transcript(
        meeting=meeting,
        as_of_seq=wish.as_of_seq,
        speakers=wish.speakers or None,
        language=wish.language,
        has_words=wish.format in ("json", ARCHIVE),
    )


def transcript_content(meeting: Meeting, wish: Wish, *, fields: dict[str, Any]) -> bytes:
    """`fields`: the meeting as the API shows it."""
    return FORMATS[wish.format].write(transcript_of(meeting, wish), fields, wish.options)


def export_make(export: Export, *, progress: Progress) -> Made:
    """`progress` may raise, which ends it. Raises OSError, and NotFound when the meeting is gone."""
    meeting = Meeting.objects.select_related("host").get(pk=export.meeting_id)
    made_seq = meeting.last_seq  # before the text is read: what is redacted meanwhile voids the file
    progress(1)
    with tempfile.TemporaryFile(dir=settings.DATA_DIR) as draft:
        _write(draft, meeting, wish_of(export.format, export.options), join_url=export.join_url, progress=progress)
        sha256, n_bytes = _digest(draft)
        progress(97)
        draft.seek(0)
        # No two attempts write the same file, so that whoever is late deletes their own only.
        name = f"{export.pk}-{export.lease}.{export.format}"
        file = export_storage().save(name, File(draft, name=name))
    return Made(file=file, sha256=sha256, n_bytes=n_bytes, made_seq=made_seq)


def _write(target: IO[bytes], meeting: Meeting, wish: Wish, *, join_url: str, progress: Progress) -> None:
    read = transcript_of(meeting, wish)
    fields = meeting_fields(meeting, join_url=join_url)
    progress(5)
    if wish.format == ARCHIVE:
        archive_write(target, read=read, meeting_fields=fields, has_audio=wish.has_audio, progress=progress)
    else:
        target.write(FORMATS[wish.format].write(read, fields, wish.options))


def _digest(file: IO[bytes]) -> tuple[str, int]:
    digest, n_bytes = hashlib.sha256(), 0
    file.seek(0)
    while part := file.read(COPY_BYTES):
        digest.update(part)
        n_bytes += len(part)
    return digest.hexdigest(), n_bytes
