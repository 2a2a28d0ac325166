"""Put recorded samples into durable files, on threads of their own: storage that hangs holds up nobody else."""

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import numpy as np
from django.core.files.base import ContentFile
from django.core.files.storage import Storage

from meetings.recordings.flac import flac_encode
from meetings.recordings.names import ChunkName
from meetings.values import RecordedChunk, RecordingSwitch, SessionOwner
from streaming.audio.pcm import pcm_encode
from streaming.errors import ShelfUnavailable
from streaming.tape import Run

N_WRITERS = 4
WRITE_TIMEOUT_S = 10.0


class ChunkShelf(Protocol):
    async def put(self, run: Run, *, owner: SessionOwner, meeting_id: UUID) -> RecordedChunk:
        """The chunk once it is durable. Bears repetition. Raises ShelfUnavailable."""
        ...


class SwitchStore(Protocol):
    async def session_recording_set(
        self, owner: SessionOwner, *, received: int, position: int
    ) -> tuple[RecordingSwitch, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingMeans:
    """What a node records with."""

    shelf: ChunkShelf
    store: SwitchStore


class StorageShelf:
    """Files in a Django storage. A write that was given up may still be done later, with the same content."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._writers = ThreadPoolExecutor(N_WRITERS, thread_name_prefix="recording")

    def close(self, *, wait: bool = False) -> None:
        """A node does not wait for storage that hangs: what it did not answer for was never settled."""
        self._writers.shutdown(wait=wait, cancel_futures=True)

    async def put(self, run: Run, *, owner: SessionOwner, meeting_id: UUID) -> RecordedChunk:
        name = ChunkName(meeting_id=meeting_id, owner=owner, start=run.start, end=run.end)
        try:
            async with asyncio.timeout(WRITE_TIMEOUT_S):
                return await asyncio.get_running_loop().run_in_executor(self._writers, self._put, run, name)
        except (OSError, TimeoutError) as error:
            raise ShelfUnavailable from error

    def _put(self, run: Run, name: ChunkName) -> RecordedChunk:
        samples = np.frombuffer(pcm_encode(np.concatenate(run.parts)), dtype="<i2")
        data = flac_encode(samples)
        file = self._storage.save(name.path, ContentFile(data))
        return RecordedChunk(start=run.start, end=run.end, file=file, sha256=hashlib.sha256(data).hexdigest())
