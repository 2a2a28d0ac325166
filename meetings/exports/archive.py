"""Everything that is kept of a meeting as one zip: all formats, the log, earlier texts, the ledger, the audit trail."""

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder

from meetings.exports.formats import FORMATS
from meetings.exports.options import AS_IT_IS
from meetings.messages import segment_wire
from meetings.models import Meeting, Recording, SegmentRevision
from meetings.recordings.storage import recording_storage
from meetings.selectors import Transcript, events_after, ledger
from meetings.services.audit_proof import audit_proof
from meetings.shown import ledger_shape

EVENTS_AT_ONCE = 500
COPY_BYTES = 1_048_576
MEDIA_TYPE = "application/zip"
_EPOCH = (1980, 1, 1, 0, 0, 0)

Progress = Callable[[int], None]  # percent

README = """\
This archive is all that is kept of one meeting's transcript, as it stood after event {as_of_seq} of its log.

transcript.txt, .md, .pdf, .docx   the transcript for reading
transcript.csv                     the same as a table: start, end, speaker, text, kind (said, redacted, lost)
transcript.vtt, .srt, .ttml        the same as captions
transcript.json                    the same with everything that is known of each line
events.jsonl     the numbered log of the meeting, one event on a line; lines of the transcript by their last text;
                 what was only to be seen live has no words here
revisions.jsonl  earlier texts of corrected lines, one on a line: by whom, when and why each was replaced
ledger.json      what became of every sample of audio that was received
audio/           the recorded sound, where it was asked for (FLAC): each session, and the mix of all
audit.json       who did what, sealed and signed, with a digest of every other file here;
                 `python -m meetings.verify_proof ARCHIVE.zip` checks all of it without the server
SHA256SUMS       a digest of every file here; `sha256sum --check SHA256SUMS` compares them

Times are those of the meeting: HH:MM:SS, or milliseconds, from its start on. What was removed from the transcript is
"[redacted]" in every file, and audio that was lost is told where it was lost.
"""


def archive_write(
    target: IO[bytes], *, read: Transcript, meeting_fields: dict[str, Any], has_audio: bool, progress: Progress
) -> None:
    meeting = read.meeting
    shown = {(segment["id"], segment["rev"]) for segment in read.segments}
    parts: list[tuple[str, Callable[[], bytes]]] = [
        ("README.txt", lambda: README.format(as_of_seq=read.as_of_seq).encode()),
        *((f"transcript.{name}", _format_writer(name, read, meeting_fields)) for name in FORMATS),
        ("events.jsonl", lambda: _json_lines(_events(meeting.pk))),
        ("revisions.jsonl", lambda: _json_lines(_revisions(meeting.pk))),
        ("ledger.json", lambda: _json({"sessions": _ledger(meeting.pk)})),
    ]
    files = list(_recorded(meeting)) if has_audio else []
    digests: dict[str, str] = {}

    def put(name: str, content: bytes) -> None:
        archive.writestr(_entry(name), content)
        digests[name] = hashlib.sha256(content).hexdigest()

    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for n_written, (name, make) in enumerate(parts):
            progress(5 + 90 * n_written // (len(parts) + len(files)))
            put(name, make())
        for n_written, (name, file) in enumerate(files, start=len(parts)):
            progress(5 + 90 * n_written // (len(parts) + len(files)))
            digests[name] = _copy(archive, name, file)
        put("audit.json", _json(audit_proof(meeting_id=meeting.pk, shown=shown, files=digests)))
        sums = "".join(f"{digest}  {name}\n" for name, digest in digests.items())
        archive.writestr(_entry("SHA256SUMS"), sums)


def _format_writer(name: str, read: Transcript, meeting_fields: dict[str, Any]) -> Callable[[], bytes]:
    return lambda: FORMATS[name].write(read, meeting_fields, AS_IT_IS)


def _entry(name: str, compression: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = compression
    entry.external_attr = 0o600 << 16
    return entry


def _events(meeting_id: UUID) -> Iterator[Any]:
    """The log as feeds tell it, without the words that were only to be seen live."""
    after_seq = 0
    while (page := events_after(meeting_id=meeting_id, after_seq=after_seq, limit=EVENTS_AT_ONCE)).messages:
        for message in page.messages:
            if message["type"] == "segment" and not message["segment"].get("kept", True):
                segment = {**message["segment"], "text": "", "stable_chars": 0, "words": []}
                yield {**message, "segment": segment}
            else:
                yield message
        after_seq = page.next_after_seq


def _revisions(meeting_id: UUID) -> Iterator[Any]:
    """What was redacted is redacted in every revision."""
    kept = SegmentRevision.objects.filter(segment__meeting=meeting_id, segment__is_kept=True)
    found = kept.select_related("segment__participant")
    for revision in found.order_by("at", "segment", "rev").iterator():
        wire = segment_wire(revision.segment, revision)
        shown = {key: wire[key] for key in ("id", "rev", "state", "participant_id", "text", "language", "engine")}
        yield {**shown, "replaced_by": revision.actor, "reason": revision.reason, "replaced_at": revision.at}


def _ledger(meeting_id: UUID) -> list[dict[str, Any]]:
    return [ledger_shape(session) for session in ledger(meeting_id=meeting_id)]


def _recorded(meeting: Meeting) -> Iterator[tuple[str, str]]:
    done = Recording.objects.filter(meeting=meeting, state=Recording.State.DONE).exclude(file="")
    for recording in done.order_by("kind", "created_at"):
        yield f"audio/{recording.audio_session_id or 'mix'}.flac", recording.file


def _copy(archive: zipfile.ZipFile, name: str, file: str) -> str:
    digest = hashlib.sha256()
    with recording_storage().open(file) as source, archive.open(_entry(name, zipfile.ZIP_STORED), "w") as written:
        while part := source.read(COPY_BYTES):
            digest.update(part)
            written.write(part)
    return digest.hexdigest()


def _json(document: object) -> bytes:
    return json.dumps(document, cls=DjangoJSONEncoder, indent=1, ensure_ascii=False).encode("utf-8", "replace")


def _json_lines(documents: Iterable[object]) -> bytes:
    lines = (json.dumps(each, cls=DjangoJSONEncoder, ensure_ascii=False) + "\n" for each in documents)
    return "".join(lines).encode("utf-8", "replace")
