"""A participant who is recorded: keeps everything captured, mutes, loses the device, resumes after every fault."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field

import httpx
import numpy as np
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from meetings.limits import KNOWN_CONSENT
from meetings.recordings.flac import Int16
from streaming.audio.pcm import pcm_encode
from streaming.recognizers.base import Float32
from streaming.tasks import TaskScope
from tests.sockets import FRAME_SAMPLES, Api, Message, Peer, peer

AGAIN_AFTER_S = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Samples, or (None) a time of `n_samples` in which none were captured: lost for a reason, else muted."""

    n_samples: int
    samples: Float32 | None = None
    reason: str = ""


@dataclass(slots=True, kw_only=True)
class Capture:
    stretches: Sequence[Stretch]
    n_connections: int = 0
    n_sent: int = 0  # as far as it was sent, on the newest connection
    ended: Message = field(default_factory=dict)

    @property
    def n_samples(self) -> int:
        return sum(stretch.n_samples for stretch in self.stretches)

    def placed(self) -> Iterator[tuple[int, Stretch]]:
        at = 0
        for stretch in self.stretches:
            yield at, stretch
            at += stretch.n_samples

    def timeline(self) -> Int16:
        """What was captured, bit for bit, and zeros elsewhere."""
        whole = np.zeros(self.n_samples, np.int16)
        for at, stretch in self.placed():
            if stretch.samples is not None:
                whole[at : at + stretch.n_samples] = np.frombuffer(pcm_encode(stretch.samples), "<i2")
        return whole

    async def deliver(
        self, api: Api, admission: Message, *, real_time_x: float, on_settled: Callable[[int], Awaitable[None]]
    ) -> None:
        """Until `ended`. `on_settled` hears of every ack."""
        ticket = admission["ticket"]
        while not self.ended:
            try:
                async with peer(admission["ws_url"], ticket) as one:
                    await self._converse(one, admission, real_time_x=real_time_x, on_settled=on_settled)
            except (OSError, ConnectionClosed, InvalidHandshake, TimeoutError, AssertionError):
                await asyncio.sleep(AGAIN_AFTER_S)
            if not self.ended:
                ticket = await self._fresh_ticket(api, admission)

    async def _converse(
        self, one: Peer, admission: Message, *, real_time_x: float, on_settled: Callable[[int], Awaitable[None]]
    ) -> None:
        resume = {"token": admission["resume_token"], "after_seq": 0} if self.n_connections else None
        welcome = await one.hello(consent=False, resume=resume)
        self.n_connections += 1
        await one.say(type="consent", granted=list(KNOWN_CONSENT))
        scope = TaskScope("sender")
        scope.spawn(self._send(one, welcome["settled"], real_time_x), name="frames")
        try:
            async for text in one.socket:
                message = json.loads(text)
                if message["type"] == "ack":
                    await on_settled(message["settled"])
                elif message["type"] == "ended":
                    self.ended = message
        finally:
            await scope.close()

    async def _send(self, one: Peer, position: int, real_time_x: float) -> None:
        flags: dict[str, bool] = {}
        try:
            for at, stretch in self.placed():
                end = at + stretch.n_samples
                if end <= position:
                    continue
                one.position = max(at, position)
                if stretch.samples is None:
                    flags = {"is_discontinuity": True} if stretch.reason else {"is_muted": True}
                    about = (
                        {"type": "lost", "reason": stretch.reason} if stretch.reason else {"type": "mute", "on": True}
                    )
                    await one.say(**about)
                    continue
                await one.say(type="mute", on=False)
                while one.position < end:
                    offset = one.position - at
                    await one.frame(stretch.samples[offset : offset + FRAME_SAMPLES], **flags)
                    flags, self.n_sent = {}, one.position
                    await asyncio.sleep(FRAME_SAMPLES / 16_000 / real_time_x)
            await one.say(type="end", position=self.n_samples)
        except ConnectionClosed:
            pass  # the reader hears of it too

    async def _fresh_ticket(self, api: Api, admission: Message) -> str:
        while True:
            try:
                return await asyncio.to_thread(api.ticket, admission)
            except httpx.HTTPError:
                await asyncio.sleep(AGAIN_AFTER_S)


def voiced(samples: Float32) -> Stretch:
    return Stretch(n_samples=samples.size, samples=samples)


def muted(seconds: float) -> Stretch:
    return Stretch(n_samples=int(seconds * 16_000))


def lost(seconds: float, *, reason: str = "device_lost") -> Stretch:
    return Stretch(n_samples=int(seconds * 16_000), reason=reason)
