"""The shelf: what it says is durable is there, and storage that fails in any way is one repeatable refusal."""

import hashlib
import threading
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from django.core.files.base import File

from meetings.recordings.flac import flac_decode
from meetings.recordings.storage import DurableFileSystemStorage
from meetings.values import SessionOwner
from streaming import recording_shelf
from streaming.errors import ShelfUnavailable
from streaming.recording_shelf import StorageShelf
from streaming.tape import Run

OWNER = SessionOwner(session_id=uuid4(), generation=3)
MEETING = uuid4()


def run_of(samples: np.ndarray[tuple[int], np.dtype[np.int16]], *, start: int = 0) -> Run:
    """In the pieces in which frames come."""
    floats = samples.astype(np.float32) / np.float32(32_768)
    parts = tuple(floats[at : at + 1_600] for at in range(0, floats.size, 1_600))
    return Run(start=start, end=start + floats.size, parts=parts)


async def test_a_piece_is_the_samples_bit_for_bit_under_a_name_that_says_which(tmp_path: Path) -> None:
    shelf = StorageShelf(DurableFileSystemStorage(location=tmp_path))
    samples = np.random.default_rng(1).integers(-32_768, 32_768, 20_000).astype(np.int16)
    chunk = await shelf.put(run_of(samples, start=700), owner=OWNER, meeting_id=MEETING)
    again = await shelf.put(run_of(samples, start=700), owner=OWNER, meeting_id=MEETING)
    assert chunk == again
    data = (tmp_path / chunk.file).read_bytes()
    assert hashlib.sha256(data).hexdigest() == chunk.sha256
    assert np.array_equal(flac_decode(data), samples)
    assert chunk.file == f"{MEETING}/{OWNER.session_id}/000000000700-000000020700-3.flac"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / chunk.file]
    shelf.close(wait=True)


class FullDisk(DurableFileSystemStorage):
    def _save(self, name: str, content: File[bytes]) -> str:
        raise OSError(28, "No space left on device")


async def test_a_full_disk_is_a_refusal_that_may_be_repeated(tmp_path: Path) -> None:
    shelf = StorageShelf(FullDisk(location=tmp_path))
    for _ in range(2):
        with pytest.raises(ShelfUnavailable):
            await shelf.put(run_of(np.ones(10, np.int16)), owner=OWNER, meeting_id=MEETING)
    shelf.close(wait=True)


class Hanging(DurableFileSystemStorage):
    """A network share that is gone: calls neither fail nor come back, until it is there again."""

    def __init__(self, location: Path) -> None:
        super().__init__(location)
        self.is_back = threading.Event()

    def _save(self, name: str, content: File[bytes]) -> str:
        self.is_back.wait()
        return super()._save(name, content)


async def test_storage_that_hangs_is_a_refusal_too_and_what_it_does_later_harms_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording_shelf, "WRITE_TIMEOUT_S", 0.01)
    storage = Hanging(tmp_path)
    shelf = StorageShelf(storage)
    run = run_of(np.arange(1_000, dtype=np.int16))
    for _ in range(recording_shelf.N_WRITERS + 2):  # more than there are threads to hang
        with pytest.raises(ShelfUnavailable):
            await shelf.put(run, owner=OWNER, meeting_id=MEETING)
    storage.is_back.set()
    monkeypatch.setattr(recording_shelf, "WRITE_TIMEOUT_S", 10.0)
    chunk = await shelf.put(run, owner=OWNER, meeting_id=MEETING)
    shelf.close(wait=True)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / chunk.file]
    assert np.array_equal(flac_decode((tmp_path / chunk.file).read_bytes()), np.arange(1_000))
