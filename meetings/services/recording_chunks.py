"""Let recorded files count: part of the commit that settles their samples."""

from collections.abc import Sequence

from meetings.models import AudioSession, RecordingChunk
from meetings.services.audit import audit_append
from meetings.values import RecordedChunk


def chunks_store(session: AudioSession, chunks: Sequence[RecordedChunk]) -> None:
    """Inside the caller's transaction. What should have been recorded and was not is audited."""
    if not chunks:
        return
    RecordingChunk.objects.bulk_create(
        RecordingChunk(
            audio_session=session,
            start=chunk.start,
            end=chunk.end,
            file=chunk.file,
            sha256=chunk.sha256,
            missing=chunk.missing,
        )
        for chunk in chunks
    )
    if missing := [chunk for chunk in chunks if chunk.missing]:
        audit_append(
            meeting_id=session.participant.meeting_id,
            actor=f"participant:{session.participant_id}",
            action="recording.missed",
            target=f"session:{session.pk}",
            data={"ranges": [{"from": chunk.start, "to": chunk.end, "reason": chunk.missing} for chunk in missing]},
        )
