"""Silence a passage in recorded sound: at once wherever it is read, and soon afterwards in every file."""

import hashlib
import logging
from datetime import datetime
from functools import partial
from uuid import UUID, uuid4

import numpy as np
from django.core.files.base import ContentFile
from django.db import transaction

from meetings.models import AudioSession, Meeting, Recording, RecordingChunk, RedactedRange
from meetings.recordings.flac import UnreadableAudio, flac_encode
from meetings.recordings.names import chunk_path_anew
from meetings.recordings.reading import chunk_samples, ranges_redacted
from meetings.recordings.silencing import block_silenced
from meetings.recordings.storage import recording_storage
from meetings.services.recording_files import files_delete

logger = logging.getLogger(__name__)

MADE_ANEW = {"state": Recording.State.WAITING, "lease": None, "lease_until": None, "n_attempts": 0, "problem": ""}


def audio_redact(*, session: AudioSession, meeting_id: UUID, start: int, end: int, at: datetime) -> bool:
    """Inside the caller's transaction, under the meeting's lock. False where nothing of it is recorded.

    Recordings that hold it are made anew, also those that somebody makes just now: their lease is lost. The mix goes at
    once, for it is made of the others.
    """
    chunks = RecordingChunk.objects.filter(audio_session=session, start__lt=end, end__gt=start).exclude(file="")
    whole = Recording.objects.filter(audio_session=session).exclude(state=Recording.State.FAILED)
    if not chunks.exists() and not whole.exists():
        return False
    RedactedRange.objects.create(
        audio_session=session, start=start, end=end, created_at=at, is_in_recording=whole.exclude(file="").exists()
    )
    whole.update(**MADE_ANEW)
    mix_make_anew(meeting_id)
    return True


def mix_make_anew(meeting_id: UUID) -> None:
    """Inside the caller's transaction, under the meeting's lock."""
    mix = Recording.objects.filter(meeting=meeting_id, kind=Recording.Kind.MIX)
    gone = list(mix.exclude(file="").values_list("file", flat=True))
    mix.update(**MADE_ANEW, made_from=str(uuid4()), file="", sha256="")
    transaction.on_commit(partial(files_delete, gone), robust=True)


def recording_holds_redacted(recording: Recording) -> bool:
    """Whether its file still has what was redacted. A mix never does: it is deleted at once."""
    ranges = RedactedRange.objects.filter(audio_session=recording.audio_session_id, is_in_recording=True)
    return recording.audio_session_id is not None and ranges.exists()


def audio_redactions_work(*, now: datetime) -> int:
    """Write the pieces that hold something redacted anew; returns how many ranges are silent in all of them by now.

    Any number of workers may do it at once: the piece that its row names counts, and is replaced by compare-and-swap.
    """
    n_done = 0
    for redacted in list(RedactedRange.objects.filter(silenced_at__isnull=True).select_related("audio_session")):
        try:
            _pieces_silence(redacted)
        except (OSError, UnreadableAudio):  # of one session: the others go on, and this one is tried again
            fields = {"session_id": str(redacted.audio_session_id)}
            logger.warning("recorded sound could not be silenced; tried again later", extra=fields, exc_info=True)
            continue
        n_done += RedactedRange.objects.filter(pk=redacted.pk).update(silenced_at=now)
    return n_done


def _pieces_silence(redacted: RedactedRange) -> None:
    """A piece of a commit that comes later lies elsewhere: what is redacted was settled."""
    overlapping = RecordingChunk.objects.filter(
        audio_session=redacted.audio_session_id, start__lt=redacted.end, end__gt=redacted.start
    )
    for chunk in list(overlapping.exclude(file="")):
        _piece_silence(chunk)


def _piece_silence(chunk: RecordingChunk) -> None:
    try:
        samples = chunk_samples(chunk)
    except FileNotFoundError:
        if RecordingChunk.objects.filter(pk=chunk.pk, file=chunk.file).exists():
            raise
        return  # let go, or written anew by another worker
    ranges = ranges_redacted(session_id=chunk.audio_session_id)
    quiet = block_silenced(samples, ranges, start=chunk.start)
    if np.array_equal(samples, quiet):
        return
    data = flac_encode(quiet)
    file = recording_storage().save(chunk_path_anew(chunk.file, mark=uuid4()), ContentFile(data))
    with transaction.atomic():
        # No recording is done meanwhile, which would let its pieces go.
        meetings = Meeting.objects.filter(participants__audio_sessions=chunk.audio_session_id)
        meetings.select_for_update(of=("self",), no_key=True).values_list("pk").get()
        mine = RecordingChunk.objects.filter(pk=chunk.pk, file=chunk.file)
        is_replaced = mine.update(file=file, sha256=hashlib.sha256(data).hexdigest()) == 1
        transaction.on_commit(partial(files_delete, [chunk.file if is_replaced else file]), robust=True)
