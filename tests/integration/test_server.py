"""The server process itself, on a free port, with real sockets."""

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.faults.raw_frames import PING, PONG, TEXT, raw_frame
from tests.ports import free_port

WAIT_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    process: asyncio.subprocess.Process
    port: int

    def url(self, path: str) -> str:
        return f"ws://127.0.0.1:{self.port}{path}"

    async def line(self) -> str:
        assert self.process.stdout
        async with asyncio.timeout(WAIT_S):
            return (await self.process.stdout.readline()).decode().strip()

    async def ended(self) -> int:
        async with asyncio.timeout(WAIT_S):
            return await self.process.wait()


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.node_under_test", str(port), stdout=asyncio.subprocess.PIPE
    )
    running = Node(process=process, port=port)
    assert [await running.line(), await running.line()] == ["started", "listening"]
    yield running
    if process.returncode is None:
        process.kill()
        await running.ended()


async def handshaken(node: Node, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """An open WebSocket in the raw, which nobody reads or answers pings on."""
    reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n".encode()
    )
    assert b"101" in await reader.readuntil(b"\r\n\r\n")
    return reader, writer


async def frame_read(reader: asyncio.StreamReader) -> int:
    """Read one frame of the server; its opcode."""
    head = await reader.readexactly(2)
    size = head[1]
    if size >= 126:
        size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8))
    await reader.readexactly(size)
    return head[0] & 0xF


async def test_http_and_websockets_are_served_on_one_port(node: Node) -> None:
    async with httpx.AsyncClient(timeout=WAIT_S) as client:
        response = await client.get(f"http://127.0.0.1:{node.port}/")
    assert response.text == "hello"
    assert "server" not in response.headers
    async with connect(node.url("/echo")) as peer:
        await peer.send("word")
        assert await peer.recv() == "word"


async def test_an_empty_message_is_delivered_not_dropped(node: Node) -> None:
    async with connect(node.url("/echo")) as peer:
        await peer.send("")
        assert await peer.recv() == ""


async def test_a_close_carries_its_code_and_reason(node: Node) -> None:
    async with connect(node.url("/echo")) as peer:
        await peer.send("close")
        with pytest.raises(ConnectionClosed) as closed:
            await peer.recv()
    assert closed.value.rcvd
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4409, "superseded")


async def test_a_message_above_one_mebibyte_closes_with_4413(node: Node) -> None:
    async with connect(node.url("/echo")) as peer:
        await peer.send(bytes(1_048_577))
        with pytest.raises(ConnectionClosed) as closed:
            await peer.recv()
    assert closed.value.rcvd
    assert closed.value.rcvd.code == 4413


async def test_what_the_server_sends_may_be_larger_than_what_a_peer_may(node: Node) -> None:
    """Else a meeting with thousands of participants could not be joined any more: its snapshot is one message."""
    async with connect(node.url("/large"), max_size=None) as peer:
        assert len(await peer.recv()) == 3_000_000


async def test_text_that_is_not_utf8_closes_with_a_code(node: Node) -> None:
    async with connect(node.url("/echo")) as peer:
        await peer.send(b"\xff\xfe", text=True)
        with pytest.raises(ConnectionClosed) as closed:
            await peer.recv()
    assert closed.value.rcvd
    assert closed.value.rcvd.code == 1007


async def test_a_client_that_does_not_read_is_known_as_such_before_memory_fills(node: Node) -> None:
    async with connect(node.url("/flood"), max_queue=1) as peer:
        word, n_bytes = (await node.line()).split()
        assert word == "paused"
        # Kernel buffers of a loopback connection hold a few megabytes; without flow control this never ends.
        assert int(n_bytes) < 64_000_000
        async with asyncio.timeout(WAIT_S):
            while await peer.recv() != "writable again":
                pass


async def test_pings_of_a_client_that_does_not_read_are_not_answered(node: Node) -> None:
    """Else it could fill the memory with our pongs, which no application has a say in."""
    reader, writer = await handshaken(node, "/flood")
    assert (await node.line()).startswith("paused")
    writer.write(raw_frame(PING, b"?") * 100)
    opcodes: list[int] = []
    async with asyncio.timeout(WAIT_S):
        while 0x1 not in opcodes:  # "writable again"
            opcodes.append(await frame_read(reader))
        writer.write(raw_frame(PING, b"?"))
        assert await frame_read(reader) == 0xA
    assert 0xA not in opcodes
    writer.transport.abort()


async def test_an_application_that_does_not_read_makes_the_client_wait_and_loses_nothing(node: Node) -> None:
    n_messages, message = 2_000, bytes(16_384)
    async with connect(node.url("/deaf")) as peer:

        async def send_all() -> None:
            for _ in range(n_messages):
                await peer.send(message)
            await peer.send("end")

        async with asyncio.TaskGroup() as group:
            sending = group.create_task(send_all())
            done, _ = await asyncio.wait([sending], timeout=2)
            assert not done, "32 MB were taken from the network while nobody read them"
            async with connect(node.url("/release")):
                pass
        async with asyncio.timeout(WAIT_S):
            assert await peer.recv() == str(n_messages * len(message))


async def test_a_socket_that_its_application_has_left_is_closed(node: Node) -> None:
    async with connect(node.url("/leave")) as peer:
        with pytest.raises(ConnectionClosed) as closed:
            await peer.recv()
    assert closed.value.rcvd
    assert closed.value.rcvd.code == 1011


async def stream_of(n_bytes: int) -> AsyncIterator[bytes]:
    for _ in range(n_bytes // 65_536):
        yield bytes(65_536)


@pytest.mark.parametrize("is_length_told", [True, False])
async def test_a_request_body_of_any_size_is_refused_before_it_is_stored(node: Node, is_length_told: bool) -> None:
    body = bytes(4_194_304) if is_length_told else stream_of(4_194_304)
    async with httpx.AsyncClient(timeout=WAIT_S) as client:
        try:
            response = await client.post(f"http://127.0.0.1:{node.port}/", content=body)
        except httpx.TransportError:
            return  # closed while the client was still sending: refused as well
    assert response.status_code == 413
    assert response.json()["code"] == "body_too_large"


async def test_child_processes_can_be_started_and_awaited_inside_the_server(node: Node) -> None:
    async with connect(node.url("/subprocess")) as peer:
        assert await peer.recv() == "0 from a child"


async def test_the_server_pings_also_while_the_client_sends(node: Node) -> None:
    """Stock Daphne counts every message as a ping, so a speaking client would never be asked for life."""
    reader, writer = await handshaken(node, "/echo")
    opcodes: list[int] = []
    async with asyncio.timeout(WAIT_S):
        while opcodes.count(0x9) < 2:  # the first one only measures the round trip
            writer.write(raw_frame(TEXT, b"a"))
            opcodes.append(await frame_read(reader))
            await asyncio.sleep(0.2)
    assert 0x1 in opcodes
    writer.close()
    await writer.wait_closed()


async def test_the_first_thing_that_a_socket_says_is_a_ping(node: Node) -> None:
    """So the round trip is known before the first audio comes."""
    reader, writer = await handshaken(node, "/echo")
    writer.write(raw_frame(TEXT, b"a"))
    async with asyncio.timeout(WAIT_S):
        assert [await frame_read(reader), await frame_read(reader)] == [PING, TEXT]
    writer.close()
    await writer.wait_closed()


async def test_the_round_trip_is_measured_as_soon_as_a_ping_is_answered(node: Node) -> None:
    async with connect(node.url("/round-trip")) as peer, asyncio.timeout(WAIT_S):
        assert await peer.recv() == "measured"


async def test_a_pong_that_comes_together_with_a_message_is_measured_too(node: Node) -> None:
    reader, writer = await handshaken(node, "/round-trip")
    async with asyncio.timeout(WAIT_S):
        assert await frame_read(reader) == PING
        writer.write(raw_frame(TEXT, b"a") + raw_frame(PONG, b"") + raw_frame(TEXT, b"b"))
        assert await frame_read(reader) == TEXT
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_runs_the_shutdown_says_1001_and_ends_the_process(node: Node, number: signal.Signals) -> None:
    async with connect(node.url("/echo")) as peer:
        await peer.send("here")
        await peer.recv()
        node.process.send_signal(number)
        with pytest.raises(ConnectionClosed) as closed:
            await peer.recv()
    assert closed.value.rcvd
    assert closed.value.rcvd.code == 1001
    assert [await node.line(), await node.line()] == ["stopping", "stopped"]
    assert await node.ended() == 0


async def test_a_busy_port_is_a_failure_with_a_reason() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.integration.node_under_test",
            str(taken.getsockname()[1]),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(WAIT_S):
            _, stderr = await process.communicate()
    assert process.returncode == 1
    assert b"Address already in use" in stderr.splitlines()[-1]
