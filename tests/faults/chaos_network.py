"""A network between a client and a node that fails on command: a TCP proxy on the loopback interface."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from random import Random
from types import TracebackType
from typing import Self

from streaming.tasks import TaskScope

CHUNK_BYTES = 65_536
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER with no time: the kernel says RST instead of FIN


class Network:
    """Carries every connection to `node_port`; each fault is a context manager, and one holds at a time.

    A node that is not there is a connection that is reset, as behind a port that nobody listens on.
    """

    def __init__(self, node_port: int) -> None:
        self._node_port = node_port
        self._is_cut = False
        self._is_passing = asyncio.Event()
        self._is_passing.set()
        self._delay_s = 0.0
        self._writers: set[asyncio.StreamWriter] = set()
        self._scope = TaskScope("network")
        self.n_connections = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        await self._scope.close()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    @asynccontextmanager
    async def cut(self) -> AsyncIterator[None]:
        """Both ends are told. Realistic: Wi-Fi switched off, a proxy restarted, a cable pulled at one's own machine."""
        self._is_cut = True
        self._reset_all()
        try:
            yield
        finally:
            self._is_cut = False

    @asynccontextmanager
    async def half_open(self) -> AsyncIterator[None]:
        """Nobody is told: connections stay, new ones open, nothing passes; afterwards everything held passes in order.

        Realistic: a tunnel, a lift, a cable pulled behind the switch; TCP sends again once the path is back. A socket
        whose client has long since opened another then goes on where it stopped: that is a zombie.
        """
        self._is_passing.clear()
        try:
            yield
        finally:
            self._is_passing.set()

    @asynccontextmanager
    async def forgetful(self) -> AsyncIterator[None]:
        """Half-open, and afterwards the connections are gone. Realistic: a NAT that restarts, a changed address."""
        self._is_passing.clear()
        try:
            yield
        finally:
            self._reset_all()
            self._is_passing.set()

    @asynccontextmanager
    async def slow(self, delay_s: float = 0.3) -> AsyncIterator[None]:
        """At most 64 KiB per `delay_s` each way. Realistic: the edge of a mobile cell, a shared hotel line."""
        self._delay_s = delay_s
        try:
            yield
        finally:
            self._delay_s = 0.0

    def fault(self, random: Random) -> tuple[str, Callable[[], AbstractAsyncContextManager[None]]]:
        """One of the above, drawn; as its name and what enters it."""
        faults: tuple[Callable[[], AbstractAsyncContextManager[None]], ...] = (
            self.cut,
            self.half_open,
            self.forgetful,
            self.slow,
        )
        index = random.randrange(len(faults))
        return ("cut", "half_open", "forgetful", "slow")[index], faults[index]

    def _reset_all(self) -> None:
        for writer in self._writers:
            _reset(writer)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.n_connections += 1
        self._scope.spawn(self._carry(reader, writer), name="connection")

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            if not self._is_cut:
                await self._is_passing.wait()
                await self._join(reader, writer)
        except OSError:
            pass  # reset by either end, or no node there: the other end is reset too
        finally:
            self._writers.discard(writer)
            _reset(writer)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        node_reader, node_writer = await asyncio.open_connection("127.0.0.1", self._node_port)
        self._writers.add(node_writer)
        try:
            ways = TaskScope("ways")
            there = ways.spawn(self._pump(reader, node_writer), name="there")
            back = ways.spawn(self._pump(node_reader, writer), name="back")
            try:
                await asyncio.wait([there, back])
            finally:
                await ways.close()
        finally:
            self._writers.discard(node_writer)
            _reset(node_writer)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(CHUNK_BYTES):
                await self._is_passing.wait()
                await asyncio.sleep(self._delay_s)
                writer.write(data)
                await writer.drain()
            await self._is_passing.wait()
            writer.write_eof()
            await writer.drain()
        except OSError:
            _reset(writer)


def _reset(writer: asyncio.StreamWriter) -> None:
    if not writer.transport.is_closing():
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        writer.transport.abort()
