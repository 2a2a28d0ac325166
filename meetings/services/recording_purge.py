"""Delete a meeting's recorded sound, provably."""

from functools import partial

from django.db import transaction

from meetings.models import AudioSession, Meeting, Recording, RecordingChunk, RedactedRange
from meetings.services.deletion_proofs import Deleted, digest_on, proof_store
from meetings.services.exports import exports_discard
from meetings.services.holds import hold_refuse
from meetings.services.recording_files import files_delete

ROWS_AT_ONCE = 500  # databases bound how many values one statement may name
ACTION = "recording.purged"
ASKED = "asked"


def recordings_purge(*, meeting: Meeting, actor: str, reason: str = ASKED) -> int:
    """Every file and every row that speaks of one; returns how many files. `actor` goes into the audit trail.

    The rows go first, with the audit entry: from then on nothing can be heard any more, and a file that outlives a
    crash here is swept. The proof names the digest of all that was deleted. What a meeting that still goes on records
    after this is kept again. Raises Conflict: the meeting is on legal hold.
    """
    with transaction.atomic():
        # No recording is planned or done meanwhile; commits go on, and what they name after this is kept.
        Meeting.objects.select_for_update(no_key=True).get(pk=meeting.pk)
        hold_refuse(meeting.pk)
        deleted = recordings_let_go(meeting)
        proof_store(meeting_id=meeting.pk, deleted=deleted, by=actor, reason=reason, action=ACTION)
    return deleted.counts["files"]


def recordings_let_go(meeting: Meeting) -> Deleted:
    """Inside the caller's transaction, under the meeting's lock; the files go when it is committed."""
    chunks = RecordingChunk.objects.filter(audio_session__participant__meeting=meeting)
    pieces = list(chunks.order_by("file").values_list("pk", "file", "sha256"))
    wholes = list(Recording.objects.filter(meeting=meeting).order_by("file").values_list("pk", "file", "sha256"))
    for at in range(0, len(pieces), ROWS_AT_ONCE):  # just those that were read
        RecordingChunk.objects.filter(pk__in=[pk for pk, _, _ in pieces[at : at + ROWS_AT_ONCE]]).delete()
    Recording.objects.filter(pk__in=[pk for pk, _, _ in wholes]).delete()
    RedactedRange.objects.filter(audio_session__participant__meeting=meeting).delete()
    held = [(file, sha256) for _, file, sha256 in (*pieces, *wholes) if file]
    exports_discard(meeting_id=meeting.pk)  # archives hold the sound too
    transaction.on_commit(partial(files_delete, [file for file, _ in held]), robust=True)
    return Deleted(
        what="audio",
        target=f"meeting:{meeting.pk}",
        counts={"files": len(held)},
        digest=digest_on("", [sha256 for _, sha256 in held]),
    )


def session_sound_let_go(session: AudioSession) -> list[str]:
    """Inside the caller's transaction, under the meeting's lock: one voice. Returns the hashes of the files."""
    rows = [
        *session.recording_chunks.exclude(file="").order_by("file").values_list("file", "sha256"),
        *Recording.objects.filter(audio_session=session).exclude(file="").values_list("file", "sha256"),
    ]
    session.recording_chunks.all().delete()
    Recording.objects.filter(audio_session=session).delete()
    session.redacted_ranges.all().delete()
    exports_discard(meeting_id=session.participant.meeting_id)
    transaction.on_commit(partial(files_delete, [file for file, _ in rows]), robust=True)
    return [sha256 for _, sha256 in rows]
