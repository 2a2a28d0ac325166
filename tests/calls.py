"""Telephone calls in the raw: what Teler and Twilio send of one, also wrongly when a test wants it."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol
from uuid import uuid4

import httpx
import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from streaming.audio.mulaw import mulaw_decode, mulaw_encode
from streaming.audio.pcm import Float32, pcm_decode, pcm_encode
from streaming.audio.resampler import Resampler
from tests.sockets import NO_TLS, WAIT_S, Message

CONSENT = ["captions", "transcript"]
Encoding = Literal["audio/l16", "audio/x-mulaw"]


class Script(Protocol):
    """The messages of one call, as its service would send them."""

    def start(self) -> list[Message]: ...
    def audio(self, payload: bytes, *, n_samples: int) -> Message: ...
    def stop(self) -> list[Message]: ...


@dataclass(slots=True)
class TelerScript:
    encoding: Encoding = "audio/l16"
    rate_hz: int = 16_000
    chunk_ms: int = 500
    call_id: str = field(default_factory=lambda: str(uuid4()))
    stream_id: str = field(default_factory=lambda: str(uuid4()))
    number: int = 1

    def start(self) -> list[Message]:
        data = {"encoding": self.encoding, "sample_rate": self.rate_hz, "channels": 1}
        return [self._message("start", account_id="acc", call_app_id="app", call_id=self.call_id, data=data)]

    def audio(self, payload: bytes, *, n_samples: int) -> Message:
        return self._message("audio", data={"audio_b64": base64.b64encode(payload).decode()})

    def stop(self) -> list[Message]:
        """Teler says nothing: it closes the socket."""
        return []

    def _message(self, kind: str, **more: Any) -> Message:
        message = {"type": kind, "stream_id": self.stream_id, "message_id": self.number, **more}
        self.number += 1
        return message


@dataclass(slots=True)
class TwilioScript:
    encoding: Encoding = "audio/x-mulaw"
    rate_hz: int = 8_000
    chunk_ms: int = 20
    call_id: str = field(default_factory=lambda: f"CA{uuid4().hex}")
    stream_id: str = field(default_factory=lambda: f"MZ{uuid4().hex}")
    parameters: dict[str, str] = field(default_factory=dict)
    number: int = 1
    chunk: int = 1
    n_samples: int = 0

    def start(self) -> list[Message]:
        media_format = {"encoding": self.encoding, "sampleRate": self.rate_hz, "channels": 1}
        start = {
            "accountSid": "AC1", "streamSid": self.stream_id, "callSid": self.call_id, "tracks": ["inbound"],
            "mediaFormat": media_format, "customParameters": self.parameters,
        }  # fmt: skip
        connected = {"event": "connected", "protocol": "Call", "version": "1.0.0"}
        return [connected, self._message("start", start=start)]

    def audio(self, payload: bytes, *, n_samples: int) -> Message:
        media = {
            "track": "inbound",
            "chunk": str(self.chunk),
            "timestamp": str(self.n_samples * 1_000 // self.rate_hz),
            "payload": base64.b64encode(payload).decode(),
        }
        self.chunk += 1
        self.n_samples += n_samples
        return self._message("media", media=media)

    def stop(self) -> list[Message]:
        return [self._message("stop", stop={"accountSid": "AC1", "callSid": self.call_id})]

    def _message(self, kind: str, **more: Any) -> Message:
        message = {"event": kind, "sequenceNumber": str(self.number), "streamSid": self.stream_id, **more}
        self.number += 1
        return message


AnyScript = TelerScript | TwilioScript


def audio_messages(script: AnyScript, audio: Float32) -> list[Message]:
    """`audio` (16 kHz) as the messages of a call, in its own format."""
    resampler = Resampler(16_000, script.rate_hz)
    samples = np.concatenate([resampler.process(audio), resampler.flush()])
    encode = pcm_encode if script.encoding == "audio/l16" else mulaw_encode
    size = script.chunk_ms * script.rate_hz // 1_000
    chunks = [samples[start : start + size] for start in range(0, samples.size, size)]
    return [script.audio(encode(chunk), n_samples=chunk.size) for chunk in chunks]


@dataclass(slots=True)
class Call:
    """One open socket of a telephone service and everything that it was told."""

    socket: ClientConnection
    script: AnyScript
    received: list[Message] = field(default_factory=list)

    async def say(self, *messages: Message) -> None:
        for message in messages:
            await self.socket.send(json.dumps(message))

    async def start(self) -> None:
        await self.say(*self.script.start())

    async def stream(self, audio: Float32, *, real_time_x: float = 6.0, without: Sequence[int] = ()) -> None:
        """Send `audio` (16 kHz) in the call's own format; the chunks in `without`, counted from 0, get lost."""
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        for index, message in enumerate(audio_messages(self.script, audio)):
            if index not in without:
                await self.say(message)
            due_s = began_s + (index + 1) * self.script.chunk_ms / 1_000 / real_time_x
            await asyncio.sleep(max(0.0, due_s - loop.time()))

    async def hang_up(self) -> int:
        """As the service does when the caller hangs up; the code that the socket closed with."""
        await self.say(*self.script.stop())
        if self.script.stop():
            return await self.closed()
        await self.socket.close()
        return 1000

    async def closed(self) -> int:
        async with asyncio.timeout(WAIT_S):
            try:
                async for text in self.socket:
                    self.received.append(json.loads(text))
            except ConnectionClosed:
                pass
            await self.socket.wait_closed()
        assert self.socket.close_code is not None
        return self.socket.close_code

    async def heard_in(self, seconds: float) -> Float32:
        """What the caller is given to hear in that time, one chunk behind the other, at 16 kHz."""
        chunks: list[Float32] = []
        try:
            async with asyncio.timeout(seconds):
                async for text in self.socket:
                    self.received.append(json.loads(text))
                    chunks.append(self._voice(self.received[-1]))
        except TimeoutError:
            pass
        resampler = Resampler(self.script.rate_hz, 16_000)
        return np.concatenate([*map(resampler.process, chunks), resampler.flush()])

    def _voice(self, message: Message) -> Float32:
        if message.get("event") == "media":
            payload = message["media"]["payload"]
        else:
            assert message.get("type") == "audio", message
            payload = message["audio_b64"]
        decode = pcm_decode if self.script.encoding == "audio/l16" else mulaw_decode
        return decode(base64.b64decode(payload))

    async def told(self) -> Message:
        """The next message."""
        async with asyncio.timeout(WAIT_S):
            message: Message = json.loads(await self.socket.recv())
        self.received.append(message)
        return message


@asynccontextmanager
async def call(url: str, script: AnyScript) -> AsyncIterator[Call]:
    async with connect(url, max_size=None, open_timeout=WAIT_S, ping_interval=None) as socket:
        yield Call(socket, script)


def key_made(url: str, meeting: Message, *, token: str, **body: Any) -> Message:
    """A key for telephone calls, made by a program."""
    answer = managed("POST", f"{url}/api/v1/meetings/{meeting['id']}/ingest-keys", token=token, consent=CONSENT, **body)
    return dict(answer.json())


def managed(method: str, url: str, *, token: str, **body: Any) -> httpx.Response:
    """What a program does that manages the meeting."""
    headers = {"Authorization": f"Bearer {token}"}
    answer = httpx.request(method, url, json=body, headers=headers, timeout=WAIT_S, verify=NO_TLS)
    return answer.raise_for_status()
