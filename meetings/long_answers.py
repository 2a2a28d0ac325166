"""Give a long answer as fast as its reader takes it. Behind a server that does not tell, there is no waiting."""

import asyncio
from collections.abc import Awaitable, Callable

from django.http import HttpRequest

WRITABLE_KEY = "colloquy.writable"  # where the ASGI scope of a request holds an awaitable that ends when writing may
WRITABLE_WITHIN_S = 30.0

Writable = Callable[[], Awaitable[None]]


async def writable(request: HttpRequest) -> None:
    """Raises TimeoutError: the reader has taken nothing for too long."""
    wait: Writable | None = getattr(request, "scope", {}).get(WRITABLE_KEY)
    if wait is not None:
        async with asyncio.timeout(WRITABLE_WITHIN_S):
            await wait()
