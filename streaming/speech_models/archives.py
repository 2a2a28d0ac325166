"""Read files out of a zip or a (compressed) tar archive by name, whatever it is called."""

import lzma
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from streaming.recognizers.base import ModelCorrupt

DAMAGED: Final = (zipfile.BadZipFile, tarfile.TarError, lzma.LZMAError, EOFError)


class Opened(Protocol):
    @property
    def names(self) -> list[str]:
        """Of its files, in the order in which they lie in it. Reading them in this order is quickest."""
        ...

    def member(self, name: str) -> BinaryIO: ...


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.names = archive.namelist()

    def member(self, name: str) -> BinaryIO:
        return self._archive.open(name)  # type: ignore[return-value]  # IO[bytes]


class _Tar:
    """Members are only read, never unpacked: their paths, links and modes mean nothing here."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive
        self._files = {entry.name: entry for entry in archive.getmembers() if entry.isfile()}
        self.names = list(self._files)

    def member(self, name: str) -> BinaryIO:
        file = self._archive.extractfile(self._files[name])
        assert file is not None  # it is a regular file
        return file  # type: ignore[return-value]  # IO[bytes]


@contextmanager
def archive_opened(path: Path) -> Iterator[Opened]:
    """Raises ModelCorrupt; also where reading in the block finds damage."""
    with ExitStack() as stack:
        try:
            if tarfile.is_tarfile(path):
                yield _Tar(stack.enter_context(tarfile.open(path)))
            elif zipfile.is_zipfile(path):
                yield _Zip(stack.enter_context(zipfile.ZipFile(path)))
            else:
                raise ModelCorrupt(f"{path.name} is neither a zip nor a tar archive.")
        except DAMAGED as problem:
            raise ModelCorrupt("The archive of the speech model is damaged.") from problem
