"""Peers that take their time for ever: each is let go in bounded time; one that waits for good reason is not.

All of them are at it at once, in a node where somebody speaks meanwhile; the tests look at what became of each.
"""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.server import ServerConnection, serve

from meetings.limits import HEARTBEAT_MS
from streaming.client.rest import Admission, Rest
from streaming.client.session import AudioSession
from streaming.http_channel import REQUEST_WITHIN_S
from tests.faults.honest import honest_speaker
from tests.faults.raw_frames import TEXT, raw_frame
from tests.nodes import NodeProcess
from tests.sockets import Api, Message, peer

MACHINE_IS_BUSY_S = 15
WITHIN_TWO_HEARTBEATS_S = 2 * HEARTBEAT_MS / 1000 + MACHINE_IS_BUSY_S
WITHIN_DEADLINE_S = REQUEST_WITHIN_S + MACHINE_IS_BUSY_S

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def connection(url: str) -> AsyncIterator[Streams]:
    where = httpx.URL(url)
    reader, writer = await asyncio.open_connection(where.host, where.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def is_let_go(url: str, request: bytes, *, trickle: bytes, first: bytes = b"") -> bool:
    """Whether the server ends a connection that sends `request`, and then byte after byte without an end."""
    async with connection(url) as (reader, writer):
        if first:
            writer.write(first)
            await reader.readuntil(b"}")
        writer.write(request)
        reading = asyncio.ensure_future(reader.read())
        try:
            async with asyncio.timeout(WITHIN_DEADLINE_S):
                while not reading.done():
                    writer.write(trickle)
                    await asyncio.wait([reading], timeout=0.5)
        except TimeoutError:
            return False
        except ConnectionError:
            pass
        finally:
            reading.cancel()
            await asyncio.wait([reading])
    return True


async def code_of_the_dumb(admission: Message) -> int | str:
    """Completes the handshake, says hello, and never answers a ping: as after a cable was pulled."""
    url = httpx.URL(admission["ws_url"].replace("ws", "http", 1))
    async with connection(str(url)) as (reader, writer):
        writer.write(
            f"GET {url.path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {base64.b64encode(bytes(16)).decode()}\r\n"
            f"Sec-WebSocket-Protocol: colloquy.v1, ticket.{admission['ticket']}\r\n\r\n".encode()
        )
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw_frame(TEXT, json.dumps({"type": "hello"}).encode()))
        try:
            async with asyncio.timeout(WITHIN_TWO_HEARTBEATS_S):
                said = await reader.read()
        except TimeoutError:
            return "still connected"
    place = said.rfind(b"\x88")  # a close frame: two bytes of head, two of the code
    return int.from_bytes(said[place + 2 : place + 4])


async def code_of_the_silent(admission: Message) -> int | str:
    async with peer(admission["ws_url"], admission["ticket"]) as socket:
        try:
            return await socket.closed()
        except TimeoutError:
            return "still connected"


async def is_noticed_by_the_client() -> bool:
    """Whether our client leaves a server that accepts its socket and then says nothing, not even a pong."""

    async def dumb(socket: ServerConnection) -> None:
        socket.transport.pause_reading()
        await asyncio.sleep(WITHIN_TWO_HEARTBEATS_S)
        socket.transport.abort()

    noticed = asyncio.Event()
    # a name is a plain string
    async with serve(dumb, "127.0.0.1", 0, subprotocols=["colloquy.v1"], ping_interval=None) as server:  # type: ignore[list-item]
        port = next(iter(server.sockets)).getsockname()[1]
        admission = Admission(
            participant_id="", session_id="", ticket="any", resume_token="", ws_url=f"ws://127.0.0.1:{port}/"
        )
        async with Rest(f"http://127.0.0.1:{port}") as rest, AudioSession(rest, admission, on_interrupted=noticed.set):
            try:
                async with asyncio.timeout(WITHIN_TWO_HEARTBEATS_S - 1):
                    await noticed.wait()
            except TimeoutError:
                return False
    return True


async def answer_of_the_patient(url: str, meeting: Message) -> int | str:
    """A long poll that lasts longer than a request may take to arrive."""
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        params = {"after_seq": 1_000, "wait_s": REQUEST_WITHIN_S + 2}
        try:
            return (await client.get(f"/api/v1/meetings/{meeting['code']}/events", params=params)).status_code
        except httpx.TransportError:
            return "cut off"


async def all_at_once(url: str, speech_samples: dict[str, Path]) -> dict[str, Any]:
    api = Api(url)
    meeting = api.meeting()
    get = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
    upgrade = b"GET /ws/v1/audio HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX: "
    upload = b"POST /api/v1/meetings HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000\r\n\r\n"
    bob, eve = api.admit(meeting, "Bob"), api.admit(meeting, "Eve")
    async with honest_speaker(api, meeting, speech_samples), asyncio.TaskGroup() as group:
        tasks = {
            "nothing": group.create_task(is_let_go(url, b"", trickle=b"")),
            "header": group.create_task(is_let_go(url, get + b"X: ", trickle=b"x")),
            "header of a second request": group.create_task(
                is_let_go(url, get + b"X: ", trickle=b"x", first=get + b"\r\n")
            ),
            "handshake": group.create_task(is_let_go(url, upgrade, trickle=b"x")),
            "body": group.create_task(is_let_go(url, upload, trickle=b" ")),
            "no hello": group.create_task(code_of_the_silent(bob)),
            "no pong": group.create_task(code_of_the_dumb(eve)),
            "no pong from a server": group.create_task(is_noticed_by_the_client()),
            "long poll": group.create_task(answer_of_the_patient(url, meeting)),
        }
    return {name: task.result() for name, task in tasks.items()}


@pytest.fixture(scope="module")
def outcomes(running_node: NodeProcess, speech_samples: dict[str, Path]) -> dict[str, Any]:
    return asyncio.run(all_at_once(running_node.url, speech_samples))


@pytest.mark.parametrize("what", ["nothing", "header", "header of a second request", "handshake", "body"])
def test_a_request_that_trickles_is_let_go(outcomes: dict[str, Any], what: str) -> None:
    assert outcomes[what] is True


def test_a_long_poll_is_not_taken_for_a_slow_request(outcomes: dict[str, Any]) -> None:
    assert outcomes["long poll"] == 200


def test_a_socket_that_never_says_hello_is_closed(outcomes: dict[str, Any]) -> None:
    assert outcomes["no hello"] == 4400


def test_the_server_knows_within_two_heartbeats_that_a_peer_is_gone(outcomes: dict[str, Any]) -> None:
    assert outcomes["no pong"] == 4504


def test_the_client_knows_within_two_heartbeats_that_the_server_is_gone(outcomes: dict[str, Any]) -> None:
    assert outcomes["no pong from a server"] is True
