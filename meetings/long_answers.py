"""Give a long answer as fast as its reader takes it. Behind a server that does not tell, there is no waiting."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import IO

from django.http import HttpRequest

WRITABLE_KEY = "colloquy.writable"  # where the ASGI scope of a request holds an awaitable that ends when writing may
WRITABLE_WITHIN_S = 30.0
PART_BYTES = 65_536

Writable = Callable[[], Awaitable[None]]


async def writable(request: HttpRequest) -> None:
    """Raises TimeoutError: the reader has taken nothing for too long."""
    wait: Writable | None = getattr(request, "scope", {}).get(WRITABLE_KEY)
    if wait is not None:
        async with asyncio.timeout(WRITABLE_WITHIN_S):
            await wait()


class FileParts:
    """A file as fast as the peer reads it, so that nothing of it waits in our memory. Django closes it."""

    def __init__(self, request: HttpRequest, file: IO[bytes]) -> None:
        self._request = request
        self._file = file

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while part := await asyncio.to_thread(self._file.read, PART_BYTES):
            await writable(self._request)
            yield part

    def close(self) -> None:
        self._file.close()
