"""Where recorded audio lies: a Django storage whose files are whole and durable, or are not there."""

import os
import tempfile
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage, storages

ALIAS = "recordings"
DRAFT_PREFIX = "."  # of files that are being written; a crash leaves one behind, which is swept later


def recording_storage() -> Storage:
    """The one of the settings; on several machines all of them see the same files in it."""
    return storages[ALIAS]


class DurableFileSystemStorage(FileSystemStorage):
    """A saved file survives a power cut, and nobody ever sees half of one.

    Names say what is in them, so writing one again replaces it by the same content. Private to the server's user.
    """

    def __init__(self, location: str | Path | None = None, **options: Any) -> None:
        super().__init__(location, file_permissions_mode=0o600, directory_permissions_mode=0o700, **options)

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name

    def _save(self, name: str, content: File[bytes]) -> str:
        path = Path(self.path(name))
        _directory_make(path.parent)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=DRAFT_PREFIX, delete=False) as draft:  # mode 0600
            try:
                for part in content.chunks():
                    draft.write(part)
                draft.flush()
                os.fsync(draft.fileno())
                os.replace(draft.name, path)
            except BaseException:
                Path(draft.name).unlink(missing_ok=True)
                raise
        _directory_sync(path.parent)
        return name


def _directory_make(path: Path) -> None:
    """A directory's own name is durable once the one above it is synced."""
    if path.is_dir():
        return
    _directory_make(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)
    _directory_sync(path.parent)


def _directory_sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
