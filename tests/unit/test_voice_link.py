"""Two nodes with one room between them, over a layer in memory: voices pass once, and only while they are wanted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from streaming import voice_link
from streaming.audio.pcm import Float32, pcm_encode
from streaming.conversation import OTHER_NODES, Conversation, Heard
from streaming.protocol.frames import AudioFrame, frame_unpack
from streaming.voice_link import VoiceLink
from tests.unit.test_conversation import STARTED_AT, LoopClock

MEETING = UUID(int=7)


@dataclass(slots=True)
class MemoryLayer:
    """A group of channels; `is_away` makes every call fail, as a Redis that is restarted does."""

    channels: dict[str, asyncio.Queue[dict[str, Any]]] = field(default_factory=dict)
    members: set[str] = field(default_factory=set)
    sent: list[dict[str, Any]] = field(default_factory=list)
    is_away: bool = False

    async def new_channel(self) -> str:
        if self.is_away:
            raise ConnectionError
        name = f"channel {len(self.channels)}"
        self.channels[name] = asyncio.Queue()
        return name

    async def receive(self, channel: str) -> dict[str, Any]:
        return await self.channels[channel].get()

    async def group_add(self, group: str, channel: str) -> None:
        self.members.add(channel)

    async def group_discard(self, group: str, channel: str) -> None:
        if self.is_away:
            raise ConnectionError
        self.members.discard(channel)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        if self.is_away:
            raise ConnectionError
        self.sent.append(message)
        for channel in self.members:
            self.channels[channel].put_nowait(message)


@dataclass(slots=True)
class Ears:
    heard: list[Heard] = field(default_factory=list)

    def interrupt(self) -> None:
        """Nothing waits here."""

    def hear(self, heard: Heard) -> None:
        self.heard.append(heard)


@dataclass(slots=True)
class PartOfRoom:
    conversation: Conversation
    link: VoiceLink


@asynccontextmanager
async def two_nodes(layer: MemoryLayer) -> AsyncIterator[tuple[PartOfRoom, PartOfRoom]]:
    parts, running = [], []
    for node in ("a", "b"):
        conversation = Conversation(meeting_started_at=STARTED_AT, clock=LoopClock())
        link = VoiceLink(MEETING, node=node, layer=layer, conversation=conversation, clock=LoopClock())
        parts.append(PartOfRoom(conversation, link))
        running += [asyncio.ensure_future(conversation.run()), asyncio.ensure_future(link.run())]
    await asyncio.sleep(0.01)
    yield parts[0], parts[1]
    for task in running:
        task.cancel()
    await asyncio.wait(running)


def frame(samples: Float32, at: int) -> AudioFrame:
    return AudioFrame(n_samples=samples.size, position=at, payload=pcm_encode(samples))


async def say(part: PartOfRoom, seconds: float) -> None:
    """Loud, from now on, in frames of 40 ms."""
    loop = asyncio.get_running_loop()
    began_s, samples = loop.time(), np.full(640, 0.3, np.float32)
    for number in range(round(seconds / 0.04)):
        await asyncio.sleep(max(0.0, began_s + 0.04 * (number + 1) - loop.time()))
        at = 160_000 + round(began_s * 16_000) + number * 640
        part.conversation.speak("ada", frame(samples, number * 640), at=at)


async def until(condition: Any) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_listener_on_another_node_hears_and_nothing_goes_round() -> None:
    layer, there = MemoryLayer(), Ears()
    async with two_nodes(layer) as (a, b):
        b.conversation.listen("ben", there)
        b.link.ask()
        await until(lambda: OTHER_NODES in a.conversation._ears)
        await say(a, 0.5)
        await until(lambda: len(there.heard) > 10)
    assert max(float(np.abs(each.samples).max()) for each in there.heard) == pytest.approx(0.3, abs=0.01)
    assert {each["node"] for each in layer.sent if each["type"] == "voices.block"} == {"a"}


async def test_where_nobody_listens_elsewhere_nothing_is_sent_and_nothing_mixed() -> None:
    layer = MemoryLayer()
    async with two_nodes(layer) as (a, _b):
        a.conversation.listen("cem", Ears())
        await say(a, 0.2)
    assert [each for each in layer.sent if each["type"] == "voices.block"] == []


async def test_a_node_that_no_longer_asks_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice_link, "ASK_EVERY_S", 0.02)
    monkeypatch.setattr(voice_link, "ASKED_FOR_S", 0.06)
    layer = MemoryLayer()
    async with two_nodes(layer) as (a, b):
        b.conversation.listen("ben", Ears())
        await until(lambda: a.conversation.is_needed)
        b.conversation.stop_listening("ben")
        await until(lambda: not a.conversation.is_needed)


async def test_a_layer_that_comes_back_is_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice_link, "PAUSE_AFTER_FAILURE_S", 0.01)
    layer = MemoryLayer(is_away=True)
    async with two_nodes(layer) as (a, b):
        b.conversation.listen("ben", Ears())
        await asyncio.sleep(0.03)
        layer.is_away = False
        b.link.ask()
        await until(lambda: a.conversation.is_needed)


async def test_a_link_ends_when_it_is_told_to_though_the_layer_is_away() -> None:
    layer = MemoryLayer()
    conversation = Conversation(meeting_started_at=STARTED_AT, clock=LoopClock())
    link = VoiceLink(MEETING, node="a", layer=layer, conversation=conversation, clock=LoopClock())
    running = asyncio.ensure_future(link.run())
    await until(lambda: layer.members)
    layer.is_away = True
    running.cancel()
    await asyncio.wait([running], timeout=60)
    assert running.cancelled()


async def test_what_is_no_frame_harms_nobody() -> None:
    layer = MemoryLayer()
    async with two_nodes(layer) as (a, b):
        b.conversation.listen("ben", Ears())
        await layer.group_send("x", {"type": "voices.block", "node": "c", "frame": b"nothing"})
        await layer.group_send("x", {"type": "voices.block", "frame": 3})
        b.link.ask()
        await until(lambda: a.conversation.is_needed)
    assert len(layer.channels) == 2  # nobody had to begin anew


def test_a_frame_of_a_mix_is_one_of_the_wire() -> None:
    assert frame_unpack(Heard(640, np.zeros(320, np.float32)).frame).position == 640
