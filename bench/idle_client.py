"""A crowd that sits in meetings, muted: thousands of participants in one process, which does little more than pong.

`python -m bench.idle_client URL` reads commands from its input, one a line, and answers each with a line of JSON:
`open N` lets N more participants join, `reconnect` cuts all connections and resumes them at once, `count` tells.
"""

import argparse
import asyncio
import json
import resource
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import repeat
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import httpx

PER_MEETING = 50
AT_ONCE = 4  # who joins counts as a voice until it says that it is muted: more at once would be refused for a while
RESUME_AT_ONCE = 100
ANSWER_WITHIN_S = 120.0
AGAIN_AFTER_S = 0.5
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10

HELLO = {"type": "hello", "audio": {"codec": "pcm_s16le", "rate": 16_000}}
CONSENT = {"type": "consent", "granted": ["captions", "transcript"]}


class IdleSocket(asyncio.Protocol):
    """The least that a WebSocket client can be. `ready` is done once the server has heard that we are muted."""

    __slots__ = ("_buffer", "_crowd", "_hello", "_is_open", "_request", "_transport", "ready")

    def __init__(self, crowd: "Crowd", *, request: bytes, hello: dict[str, Any]) -> None:
        self._crowd, self._request, self._hello = crowd, request, hello
        self._buffer = b""
        self._is_open = False
        self._transport: asyncio.WriteTransport | None = None
        self.ready: asyncio.Future[None] | None = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        self._crowd.sockets.discard(self)
        self._done(ConnectionError("the connection was lost"))

    def cut(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._is_open:
            head, blank, rest = self._buffer.partition(b"\r\n\r\n")
            if not blank:
                return
            if b" 101 " not in head[:20]:
                self.cut()
                return
            self._is_open, self._buffer = True, rest
            self._say(self._hello)
        while (frame := self._next_frame()) is not None:
            self._take(*frame)

    def _next_frame(self) -> tuple[int, bytes] | None:
        """The first whole frame; a server does not mask, and ours does not fragment."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        start, length = 2, buffer[1] & 0x7F
        if length == 126:
            start, length = 4, int.from_bytes(buffer[2:4], "big")
        elif length == 127:
            start, length = 10, int.from_bytes(buffer[2:10], "big")
        if len(buffer) < start + length:
            return None
        self._buffer = buffer[start + length :]
        return buffer[0] & 0x0F, buffer[start : start + length]

    def _take(self, opcode: int, payload: bytes) -> None:
        self._crowd.n_messages += 1
        if opcode == PING:
            self._send(PONG, payload)
        elif opcode == CLOSE:
            self._crowd.closed[int.from_bytes(payload[:2], "big")] += 1
            self.cut()
        elif opcode == TEXT and self.ready is not None:
            if payload.startswith(b'{"type":"welcome"'):
                for message in (CONSENT, {"type": "mute", "on": True}, {"type": "ping", "t": 1}):
                    self._say(message)
            elif payload.startswith(b'{"type":"pong"'):
                self._done(None)

    def _done(self, error: Exception | None) -> None:
        ready, self.ready = self.ready, None
        self._request, self._hello = b"", {}
        if ready is not None and not ready.done():
            ready.set_exception(error) if error else ready.set_result(None)

    def _say(self, message: dict[str, Any]) -> None:
        self._send(TEXT, json.dumps(message).encode())

    def _send(self, opcode: int, payload: bytes) -> None:
        assert self._transport is not None
        length = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2, "big")
        self._transport.write(bytes([0x80 | opcode]) + length + bytes(4) + payload)  # masked with nothing


@dataclass(slots=True)
class Crowd:
    """All participants of this process."""

    url: str
    admissions: list[tuple[str, str]] = field(default_factory=list)  # (session, resume token)
    sockets: set[IdleSocket] = field(default_factory=set)
    closed: Counter[int] = field(default_factory=Counter)  # by close code
    refused: Counter[int] = field(default_factory=Counter)  # answers to REST calls that were tried again
    n_messages: int = 0
    _meeting: str = ""
    _n_in_meeting: int = PER_MEETING
    _choosing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def open(self, n_more: int) -> None:
        async with self._http() as http:
            await _all_of(repeat(None, n_more), lambda _: self._join(http), at_once=AT_ONCE)

    async def reconnect(self) -> None:
        for each in list(self.sockets):
            each.cut()
        await asyncio.sleep(0.1)
        async with self._http() as http:
            await _all_of(self.admissions, lambda who: self._resume(http, *who), at_once=RESUME_AT_ONCE)

    def cut(self) -> None:
        for each in list(self.sockets):
            each.cut()

    def account(self) -> dict[str, Any]:
        return {
            "open": len(self.sockets),
            "messages": self.n_messages,
            "closed": dict(self.closed),
            "refused": dict(self.refused),
        }

    def _http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=f"{self.url}/api/v1/", timeout=ANSWER_WITHIN_S)

    async def _join(self, http: httpx.AsyncClient) -> None:
        async with self._choosing:
            if self._n_in_meeting == PER_MEETING:
                self._meeting = (await self._post(http, "meetings", {"title": "Idle"}))["code"]
                self._n_in_meeting = 0
            self._n_in_meeting += 1
            meeting = self._meeting
        admission = await self._post(http, f"meetings/{meeting}/participants", {"display_name": "Idle"})
        self.admissions.append((admission["session_id"], admission["resume_token"]))
        await self._connect(admission["ticket"], HELLO)

    async def _resume(self, http: httpx.AsyncClient, session_id: str, resume_token: str) -> None:
        resume = {"token": resume_token, "after_seq": 0}
        while True:
            answer = await self._post(http, f"sessions/{session_id}/ticket", {"resume_token": resume_token})
            try:
                await self._connect(answer["ticket"], HELLO | {"resume": resume})
            except ConnectionError:
                await asyncio.sleep(AGAIN_AFTER_S)
            else:
                return

    async def _post(self, http: httpx.AsyncClient, path: str, body: dict[str, str]) -> dict[str, Any]:
        while True:
            answer = await http.post(path, json=body)
            http.cookies.clear()  # each is a guest of its own
            if answer.is_success:
                return dict(answer.json())
            if "Retry-After" not in answer.headers:
                answer.raise_for_status()
            self.refused[answer.status_code] += 1
            await asyncio.sleep(AGAIN_AFTER_S)

    async def _connect(self, ticket: str, hello: dict[str, Any]) -> None:
        """Raises ConnectionError, TimeoutError."""
        host, port = urlsplit(self.url).hostname or "127.0.0.1", urlsplit(self.url).port or 80
        request = (
            f"GET /ws/v1/audio HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: colloquy.v1, ticket.{ticket}\r\n\r\n"
        )
        async with asyncio.timeout(ANSWER_WITHIN_S):
            _, each = await asyncio.get_running_loop().create_connection(
                lambda: IdleSocket(self, request=request.encode(), hello=hello), host, port
            )
            self.sockets.add(each)
            if each.ready is not None:
                await each.ready


async def _all_of(items: Iterable[Any], work: Any, *, at_once: int) -> None:
    left = iter(items)

    async def one_after_the_other() -> None:
        for item in left:
            await work(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(one_after_the_other())


async def _serve(crowd: Crowd) -> None:
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        command, *numbers = line.split()
        began_s = perf_counter()
        if command == "open":
            await crowd.open(int(numbers[0]))
        elif command == "reconnect":
            await crowd.reconnect()
        account = crowd.account() | {"took_s": round(perf_counter() - began_s, 1)}
        sys.stdout.write(json.dumps(account) + "\n")
        sys.stdout.flush()
    crowd.cut()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.idle_client", description=__doc__)
    parser.add_argument("url", help="of the node, without a path")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(_serve(Crowd(parser.parse_args().url)))


if __name__ == "__main__":
    main()
