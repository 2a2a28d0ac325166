"""What the scheduler needs of the recognizer processes: the seam to `recognizers.pool`."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from streaming.recognizers.base import DecodeOptions, Float32, Hypothesis


class Process(Protocol):
    async def transcribe(self, audio: Float32, options: DecodeOptions, *, timeout_s: float) -> Hypothesis: ...


class Pool(Protocol):
    """A slot waits for as long as no process is well: nothing is given up meanwhile."""

    @property
    def n_processes(self) -> int: ...

    def slot(self, prefer: str = "") -> AbstractAsyncContextManager[Process]: ...

    async def check(self, *, timeout_s: float) -> bool:
        """Whether known speech is understood by one of the processes that are well."""
        ...
