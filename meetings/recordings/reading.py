"""Read recorded samples, wherever they lie by now."""

import hashlib
from collections.abc import Sequence
from functools import partial
from uuid import UUID

import numpy as np
from django.db.models import QuerySet

from meetings.models import Recording, RecordingChunk, RedactedRange, Segment
from meetings.recordings.assembly import Piece, timeline
from meetings.recordings.flac import Int16, UnreadableAudio, flac_decode, flac_read
from meetings.recordings.silencing import block_silenced
from meetings.recordings.storage import recording_storage
from meetings.recordings.switches import Range, overlaps, ranges_joined

N_ATTEMPTS = 2
HIDDEN = (Segment.State.REDACTED, Segment.State.RETRACTED)


def chunk_pieces(chunks: Sequence[RecordingChunk]) -> list[Piece]:
    return [
        Piece(start=chunk.start, end=chunk.end, read=partial(_chunk_read, chunk.file, chunk.sha256))
        for chunk in chunks
        if chunk.file
    ]


def chunk_samples(chunk: RecordingChunk) -> Int16:
    """Raises UnreadableAudio, FileNotFoundError."""
    return _chunk_read(chunk.file, chunk.sha256)


def samples_read(*, session_id: UUID, start: int, end: int) -> Int16:
    """Exactly the samples [start, end) of a session, silence where nothing was recorded.

    The pieces may be let go for the finished recording, or written anew, while we look for them: then we look again.
    What was redacted is silence, whatever the files still hold. Raises UnreadableAudio.
    """
    samples = _samples_stored(session_id=session_id, start=start, end=end)
    return block_silenced(samples, ranges_redacted(session_id=session_id), start=start)


def ranges_redacted(*, session_id: UUID) -> list[Range]:
    """What nobody hears any more of a session."""
    found = RedactedRange.objects.filter(audio_session=session_id)
    return ranges_joined(found.values_list("start", "end"))


def _samples_stored(*, session_id: UUID, start: int, end: int) -> Int16:
    for _ in range(N_ATTEMPTS):
        chunks = list(RecordingChunk.objects.filter(audio_session=session_id, start__lt=end, end__gt=start))
        whole = Recording.objects.filter(audio_session=session_id, state=Recording.State.DONE).first()
        try:
            if not chunks and whole is not None and start < whole.n_samples:
                return _whole_read(whole, start, end)
            return np.concatenate([np.zeros(0, np.int16), *timeline(chunk_pieces(chunks), start=start, end=end)])
        except FileNotFoundError:
            continue
    raise UnreadableAudio("A recorded file is not there.")


def recorded_ranges(*, meeting_id: UUID) -> dict[UUID, list[Range]]:
    """What is recorded of each session of a meeting."""
    return _ranges(
        RecordingChunk.objects.filter(audio_session__participant__meeting=meeting_id),
        Recording.objects.filter(meeting=meeting_id, audio_session__isnull=False),
    )


def _ranges(pieces: QuerySet[RecordingChunk], wholes: QuerySet[Recording]) -> dict[UUID, list[Range]]:
    ranges: dict[UUID, list[Range]] = {}
    chunks = pieces.exclude(file="")
    for session_id, start, end in chunks.values_list("audio_session_id", "start", "end"):
        ranges.setdefault(session_id, []).append((start, end))
    done = wholes.filter(state=Recording.State.DONE)
    for session_id, spans in done.values_list("audio_session_id", "spans"):
        if session_id is not None:
            ranges.setdefault(session_id, []).extend((start, end) for start, end in spans)
    return {session_id: ranges_joined(found) for session_id, found in ranges.items()}


def recordings_of(*, meeting_id: UUID) -> list[Recording]:
    """What is, will be, or should be there to be listened to: the mix, then each voice."""
    found = Recording.objects.filter(meeting=meeting_id)
    return list(found.select_related("audio_session__participant").order_by("kind", "created_at", "id"))


def segment_has_audio(segment: Segment) -> bool:
    """Whether the line can be played. What was taken out of the transcript cannot."""
    session_id = segment.audio_session_id
    chunks = RecordingChunk.objects.filter(audio_session=session_id, start__lt=segment.end, end__gt=segment.start)
    ranges = _ranges(chunks, Recording.objects.filter(audio_session=session_id))
    return segment.state not in HIDDEN and overlaps(ranges.get(session_id, []), segment.start, segment.end)


def segments_with_audio(*, meeting_id: UUID) -> set[UUID]:
    """All lines of a transcript that can be played."""
    ranges = recorded_ranges(meeting_id=meeting_id)
    if not ranges:
        return set()
    segments = Segment.objects.filter(meeting=meeting_id, audio_session__in=list(ranges)).exclude(state__in=HIDDEN)
    return {
        segment_id
        for segment_id, session_id, start, end in segments.values_list("pk", "audio_session_id", "start", "end")
        if overlaps(ranges[session_id], start, end)
    }


def _chunk_read(file: str, sha256: str) -> Int16:
    with recording_storage().open(file) as stored:
        data = stored.read()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise UnreadableAudio("A recorded file is not what was written.")
    return flac_decode(data)


def _whole_read(whole: Recording, start: int, end: int) -> Int16:
    """A segment cannot reach beyond what was settled; if more is asked for, silence follows."""
    last = min(end, whole.n_samples)
    with recording_storage().open(whole.file) as stored:
        samples = flac_read(stored, start, last)
    return np.concatenate([samples, np.zeros(end - last, np.int16)])
