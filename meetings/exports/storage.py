"""Where exported files lie until somebody fetches them, or their time is over."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.files.storage import Storage, storages

ALIAS = "exports"
DEAD_AFTER = timedelta(days=1)  # after which no job can still be about to name a file

logger = logging.getLogger(__name__)


def export_storage() -> Storage:
    """The one of the settings; web nodes and workers see the same files in it."""
    return storages[ALIAS]


def files_delete(files: Iterable[str]) -> None:
    """What cannot be deleted now is found by the next sweep: no row speaks of it any more."""
    storage = export_storage()
    for file in files:
        try:
            storage.delete(file)
        except OSError:
            logger.warning("an exported file could not be deleted; the next sweep tries again", exc_info=True)


def files_old(*, now: datetime) -> list[str]:
    """Names of files, and of drafts that a crash left behind, for which nobody can have any use but their rows."""
    storage = export_storage()
    try:
        _, names = storage.listdir("")
    except FileNotFoundError:
        return []
    return [name for name in names if _is_old(storage, name, now=now)]


def _is_old(storage: Storage, name: str, *, now: datetime) -> bool:
    try:
        return storage.get_modified_time(name) < now - DEAD_AFTER
    except FileNotFoundError:
        return False
