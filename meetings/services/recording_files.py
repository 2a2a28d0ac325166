"""Delete recorded files, and find those that no row speaks of."""

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.core.files.storage import Storage

from meetings.models import AudioSession, Recording, RecordingChunk
from meetings.recordings.names import ChunkName, chunk_name_parse
from meetings.recordings.storage import DRAFT_PREFIX, recording_storage

logger = logging.getLogger(__name__)

DRAFT_IS_DEAD_AFTER = timedelta(days=1)


def files_delete(files: Iterable[str]) -> None:
    """What cannot be deleted now is found by the next sweep: its row is gone."""
    storage = recording_storage()
    for file in files:
        try:
            storage.delete(file)
        except OSError:
            logger.warning("a recorded file could not be deleted; the next sweep tries again", exc_info=True)


def recording_files_sweep(*, now: datetime) -> int:
    """Delete files of commits that never came, and what a crash left behind; returns how many.

    Only what can never count again: a commit that could still name a piece comes from the session's present
    connection and starts at the settled position or later. A job that could name a whole file is a row that waits.
    """
    storage = recording_storage()
    n_deleted = 0
    for meeting in _directories(storage, ""):
        whole = [f"{meeting}/{name}" for name in _files(storage, meeting)]
        files_delete(dead := _dead_wholes(storage, meeting, whole, now=now))
        n_deleted += len(dead)
        for session in _directories(storage, meeting):
            paths = [f"{meeting}/{session}/{name}" for name in _files(storage, f"{meeting}/{session}")]
            files_delete(dead := _dead_pieces(storage, session, paths, now=now))
            n_deleted += len(dead)
    return n_deleted


def _dead_pieces(storage: Storage, session: str, paths: list[str], *, now: datetime) -> list[str]:
    """The session's row is read after the directory, and its pieces after that: a commit stores both at once."""
    row = AudioSession.objects.filter(pk=session_id).first() if (session_id := _uuid(session)) else None
    counting = set(RecordingChunk.objects.filter(audio_session=row).values_list("file", flat=True)) if row else set()
    return [
        path
        for path in paths
        if (name := chunk_name_parse(path)) is not None and path not in counting and _is_dead(name, row)
    ] + [path for path in paths if _is_dead_draft(storage, path, now=now)]


def _is_dead(name: ChunkName, session: AudioSession | None) -> bool:
    if session is None or session.state == AudioSession.State.ENDED:
        return True
    return name.owner.generation < session.generation or name.start < session.settled


def _dead_wholes(storage: Storage, meeting: str, paths: list[str], *, now: datetime) -> list[str]:
    rows = Recording.objects.filter(meeting=meeting_id) if (meeting_id := _uuid(meeting)) else Recording.objects.none()
    drafts = [path for path in paths if _is_dead_draft(storage, path, now=now)]
    if rows.filter(state=Recording.State.WAITING).exists():
        return drafts
    counting = set(rows.values_list("file", flat=True))
    return drafts + [path for path in paths if path.endswith(".flac") and path not in counting]


def _is_dead_draft(storage: Storage, path: str, *, now: datetime) -> bool:
    if not path.rpartition("/")[2].startswith(DRAFT_PREFIX):
        return False
    try:
        return now - storage.get_modified_time(path) > DRAFT_IS_DEAD_AFTER
    except FileNotFoundError:
        return False


def _directories(storage: Storage, path: str) -> Iterator[str]:
    try:
        directories, _ = storage.listdir(path)
    except FileNotFoundError:
        return
    yield from (name for name in directories if _uuid(name))


def _files(storage: Storage, path: str) -> list[str]:
    try:
        return list(storage.listdir(path)[1])
    except FileNotFoundError:
        return []


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
