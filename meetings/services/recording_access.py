"""Somebody hears recorded sound: each time is an entry of the audit trail, made before the first byte is given."""

from dataclasses import dataclass

from django.db import transaction

from meetings.errors import NotFound
from meetings.models import Recording, Segment
from meetings.recordings.flac import Int16
from meetings.recordings.links import Link
from meetings.recordings.reading import samples_read, segment_has_audio
from meetings.services.audio_redaction import recording_holds_redacted
from meetings.services.audit import audit_append


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingFile:
    file: str
    n_bytes: int
    name: str


def segment_play(*, link: Link) -> Int16:
    """The samples of the segment that the link names. Raises NotFound: also when its text was taken out since."""
    with transaction.atomic():
        segment = Segment.objects.filter(pk=link.target_id).first()
        if segment is None or not segment_has_audio(segment):
            raise NotFound("There is no recorded sound of this segment.")
        audit_append(
            meeting_id=segment.meeting_id,
            actor=link.actor,
            action="recording.played",
            target=f"segment:{segment.pk}",
        )
    return samples_read(session_id=segment.audio_session_id, start=segment.start, end=segment.end)


def recording_download(*, link: Link) -> RecordingFile:
    """Raises NotFound: also when it was purged since."""
    with transaction.atomic():
        done = Recording.objects.filter(state=Recording.State.DONE)
        recording = done.select_related("meeting", "audio_session").filter(pk=link.target_id).first()
        if recording is None:
            raise NotFound("There is no such recording.")
        if recording_holds_redacted(recording):
            raise NotFound("The recording is being made anew; ask again in a minute.", code="recording_redacted")
        audit_append(
            meeting_id=recording.meeting_id,
            actor=link.actor,
            action="recording.downloaded",
            target=f"recording:{recording.pk}",
            data={"sha256": recording.sha256},
        )
    name = f"{recording.meeting.code}-{recording.audio_session_id or 'mix'}.flac"
    return RecordingFile(file=recording.file, n_bytes=recording.n_bytes, name=name)
