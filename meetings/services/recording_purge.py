"""Delete a meeting's recorded sound, provably."""

import hashlib
from functools import partial

from django.db import transaction

from meetings.models import Meeting, Recording, RecordingChunk
from meetings.services.audit import audit_append
from meetings.services.exports import exports_discard
from meetings.services.recording_files import files_delete

ROWS_AT_ONCE = 500  # databases bound how many values one statement may name


def recordings_purge(*, meeting: Meeting, actor: str) -> int:
    """Every file and every row that speaks of one; returns how many files. `actor` goes into the audit trail.

    The rows go first, with the audit entry: from then on nothing can be heard any more, and a file that outlives a
    crash here is swept. The entry names the digest of all that was deleted. What a meeting that still goes on records
    after this is kept again.
    """
    with transaction.atomic():
        # No recording is planned or done meanwhile; commits go on, and what they name after this is kept.
        Meeting.objects.select_for_update(no_key=True).get(pk=meeting.pk)
        chunks = RecordingChunk.objects.filter(audio_session__participant__meeting=meeting)
        pieces = list(chunks.order_by("file").values_list("pk", "file", "sha256"))
        wholes = list(Recording.objects.filter(meeting=meeting).order_by("file").values_list("pk", "file", "sha256"))
        for at in range(0, len(pieces), ROWS_AT_ONCE):  # just those that were read
            RecordingChunk.objects.filter(pk__in=[pk for pk, _, _ in pieces[at : at + ROWS_AT_ONCE]]).delete()
        Recording.objects.filter(pk__in=[pk for pk, _, _ in wholes]).delete()
        held = [(file, sha256) for _, file, sha256 in (*pieces, *wholes) if file]
        audit_append(
            meeting_id=meeting.pk,
            actor=actor,
            action="recording.purged",
            target=f"meeting:{meeting.pk}",
            data={
                "n_files": len(held),
                "digest": hashlib.sha256("\n".join(sha256 for _, sha256 in held).encode()).hexdigest(),
            },
        )
        exports_discard(meeting_id=meeting.pk)  # archives hold the sound too
        transaction.on_commit(partial(files_delete, [file for file, _ in held]), robust=True)
    return len(held)
