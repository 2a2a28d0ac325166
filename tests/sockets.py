"""A participant in the raw: speaks the wire contract message by message, also wrongly when a test wants it to."""

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from streaming.audio.pcm import pcm_encode
from streaming.protocol.frames import AudioFrame, frame_pack
from streaming.recognizers.base import Float32

FULL_FOR_S = 120
WAIT_S = 60
FRAME_SAMPLES = 1_600
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # else httpx reads all certificate authorities for each request
CONSENT = {"type": "consent", "granted": ["captions", "transcript"]}

Message = dict[str, Any]


@dataclass(slots=True)
class Peer:
    """One open socket and everything it has received."""

    socket: ClientConnection
    received: list[Message] = field(default_factory=list)
    position: int = 0

    async def say(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def hello(self, *, consent: bool = True, resume: Message | None = None, **want: Any) -> Message:
        audio = {"codec": "pcm_s16le", "rate": 16_000}
        extra = {"resume": resume} if resume else {}
        await self.say(type="hello", audio=audio, want={"captions": "all", "partials": True} | want, **extra)
        welcome = await self.until("welcome")
        self.position = welcome["settled"]
        if consent:
            await self.say(**CONSENT)
        return welcome

    async def stream(self, audio: Float32, *, real_time_x: float = 6.0) -> None:
        """Send `audio` from `position` on, as one continuous capture: each frame when its last sample was captured."""
        clock = asyncio.get_running_loop().time
        began_s = clock()
        for start in range(0, audio.size, FRAME_SAMPLES):
            samples = audio[start : start + FRAME_SAMPLES]
            captured_s = (start + samples.size) / 16_000 / real_time_x
            await asyncio.sleep(max(0.0, began_s + captured_s - clock()))
            await self.frame(samples)

    async def frame(self, samples: Float32, **flags: bool) -> None:
        frame = AudioFrame(n_samples=samples.size, position=self.position, payload=pcm_encode(samples), **flags)
        await self.socket.send(frame_pack(frame))
        self.position += samples.size

    async def until(self, kind: str, matches: Callable[[Message], bool] = lambda _: True) -> Message:
        """The next message of this kind that matches; all before it are kept in `received`, voices are passed over."""
        async with asyncio.timeout(WAIT_S):
            async for text in self.socket:
                if isinstance(text, bytes):
                    continue
                message = json.loads(text)
                self.received.append(message)
                if message["type"] == kind and matches(message):
                    return dict(message)
        raise AssertionError(f"closed with {self.socket.close_code} before {kind}")

    async def end(self) -> Message:
        await self.say(type="end", position=self.position)
        return await self.until("ended")

    async def closed(self) -> int:
        """The close code, after reading whatever still came."""
        async with asyncio.timeout(WAIT_S):
            try:
                async for text in self.socket:
                    if isinstance(text, str):
                        self.received.append(json.loads(text))
            except ConnectionClosed:
                pass
            await self.socket.wait_closed()
        assert self.socket.close_code is not None
        return self.socket.close_code

    def of(self, kind: str) -> list[Message]:
        return [message for message in self.received if message["type"] == kind]

    def finals(self) -> list[Message]:
        return [message for message in self.of("segment") if message["seq"] is not None]

    def durable_seqs(self) -> list[int]:
        return [
            message["seq"]
            for message in self.received
            if isinstance(message.get("seq"), int) and message["type"] != "live"
        ]


@asynccontextmanager
async def peer(url: str, ticket: str, *, headers: dict[str, str] | None = None) -> AsyncIterator[Peer]:
    protocols = [Subprotocol("colloquy.v1"), Subprotocol(f"ticket.{ticket}")] if ticket else None
    # No pings of ours: a machine that is busy would end the connection, where a test asks what the server does.
    async with connect(
        url, subprotocols=protocols, additional_headers=headers, max_size=None, open_timeout=WAIT_S, ping_interval=None
    ) as socket:
        yield Peer(socket)


@dataclass(frozen=True, slots=True)
class Api:
    """REST as a guest who knows the code."""

    url: str

    def post(self, path: str, body: Message | None = None, **kwargs: Any) -> httpx.Response:
        return httpx.post(f"{self.url}/api/v1/{path}", json=body or {}, timeout=WAIT_S, verify=NO_TLS, **kwargs)

    def get(self, path: str, **kwargs: Any) -> httpx.Response:
        return httpx.get(f"{self.url}/api/v1/{path}", timeout=WAIT_S, verify=NO_TLS, **kwargs)

    def patch(self, path: str, body: Message) -> httpx.Response:
        return httpx.patch(f"{self.url}/api/v1/{path}", json=body, timeout=WAIT_S, verify=NO_TLS)

    def meeting(self, title: str = "A test") -> Message:
        return dict(self.post("meetings", {"title": title}).raise_for_status().json())

    def admit(
        self,
        meeting: Message,
        name: str = "Ada",
        role: str = "speaker",
        *,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> Message:
        """A node that was slow a moment ago takes nobody for a while, and says so: ask again as it asks one to.

        Where sockets are open meanwhile, in a thread: who waits here answers no pings.
        """
        body = {"display_name": name, "role": role, **more}
        for _ in range(FULL_FOR_S):
            answer = self.post(f"meetings/{meeting['code']}/participants", body, headers=headers)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            time.sleep(1)
        return dict(answer.raise_for_status().json())

    def ticket(self, admission: Message) -> str:
        body = {"resume_token": admission["resume_token"]}
        return str(self.post(f"sessions/{admission['session_id']}/ticket", body).raise_for_status().json()["ticket"])


def silence(seconds: float) -> Float32:
    return np.zeros(int(seconds * 16_000), np.float32)
