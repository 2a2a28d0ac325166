"""Delete recorded files, and find those that no row speaks of."""

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.core.files.storage import Storage

from meetings.models import AudioSession, Meeting, Recording, RecordingChunk
from meetings.recordings.names import ChunkName, chunk_name_parse
from meetings.recordings.storage import DRAFT_PREFIX, recording_storage

logger = logging.getLogger(__name__)

DEAD_AFTER = timedelta(days=1)


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

    Only what can never count again, and a day after it was written: a commit that could still name a piece comes from
    the session's present connection and starts at the settled position or later. A job that could name a whole file
    is a row that waits. What this database knows nothing of is another one's, or is there since before a backup was
    taken back: it is never touched.
    """
    storage = recording_storage()
    n_deleted = n_unknown = 0
    for meeting in _directories(storage, ""):
        if not Meeting.objects.filter(pk=meeting).exists():
            n_unknown += 1
            continue
        whole = [f"{meeting}/{name}" for name in _files(storage, meeting)]
        files_delete(dead := _dead_wholes(storage, meeting, whole, now=now))
        n_deleted += len(dead)
        for session in _directories(storage, meeting):
            paths = [f"{meeting}/{session}/{name}" for name in _files(storage, f"{meeting}/{session}")]
            files_delete(dead := _dead_pieces(storage, session, paths, now=now))
            n_deleted += len(dead)
    if n_unknown:
        logger.warning("recorded sound of unknown meetings was left alone", extra={"n_meetings": n_unknown})
    return n_deleted


def _dead_pieces(storage: Storage, session: str, paths: list[str], *, now: datetime) -> list[str]:
    """The session's row is read after the directory, and its pieces after that: a commit stores both at once."""
    row = AudioSession.objects.filter(pk=session).first()
    if row is None:
        return []
    counting = set(RecordingChunk.objects.filter(audio_session=row).values_list("file", flat=True))
    uncounted = [
        path
        for path in paths
        if _is_draft(path)
        or ((name := chunk_name_parse(path)) is not None and path not in counting and _is_dead(name, row))
    ]
    return [path for path in uncounted if _is_old(storage, path, now=now)]


def _is_dead(name: ChunkName, session: AudioSession) -> bool:
    if session.state == AudioSession.State.ENDED:
        return True
    return name.owner.generation < session.generation or name.start < session.settled


def _dead_wholes(storage: Storage, meeting: str, paths: list[str], *, now: datetime) -> list[str]:
    rows = Recording.objects.filter(meeting=UUID(meeting))
    dead = [path for path in paths if _is_draft(path)]
    if not rows.filter(state=Recording.State.WAITING).exists():
        counting = set(rows.values_list("file", flat=True))
        dead += [path for path in paths if not _is_draft(path) and path.endswith(".flac") and path not in counting]
    return [path for path in dead if _is_old(storage, path, now=now)]


def _is_draft(path: str) -> bool:
    return path.rpartition("/")[2].startswith(DRAFT_PREFIX)


def _is_old(storage: Storage, path: str, *, now: datetime) -> bool:
    try:
        return now - storage.get_modified_time(path) > DEAD_AFTER
    except FileNotFoundError:
        return False


def _directories(storage: Storage, path: str) -> Iterator[str]:
    try:
        directories, _ = storage.listdir(path)
    except FileNotFoundError:
        return
    yield from (name for name in directories if _is_id(name))


def _files(storage: Storage, path: str) -> list[str]:
    try:
        return list(storage.listdir(path)[1])
    except FileNotFoundError:
        return []


def _is_id(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False
