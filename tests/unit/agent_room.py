"""A room in virtual time with agents and people in it, for tests of who gives way."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import numpy as np

from streaming.agent_voice import AgentVoice
from streaming.audio.pcm import Float32
from streaming.conversation import Conversation
from streaming.session_items import Frame, Item
from streaming.timeline import Captured, Skipped, Timeline
from tests.unit.exactly_once_loop import VirtualLoop
from tests.unit.session_fakes import LoudnessDetector
from tests.unit.test_conversation import STARTED_AT, Listening, LoopClock, frame, tone

SECOND = 16_000
ORIGIN_MS = 10_000
WITHIN_SAMPLES = SECOND // 5
FRAME = 640
AGENT_HZ, PERSON_HZ = 400, 1_000


@dataclass(slots=True)
class Room:
    """Everybody's microphone went on when the virtual loop began."""

    conversation: Conversation
    ear: Listening = field(default_factory=Listening)
    told: list[Mapping[str, Any]] = field(default_factory=list)
    transcribed: list[Item] = field(default_factory=list)

    def admit(self, name: str = "agent", *, settled: int = 0) -> AgentVoice:
        return self.conversation.admit(
            name,
            forward=self.transcribed.append,
            tell=self.told.append,
            zero_ms=lambda: ORIGIN_MS,
            settled=settled,
        )

    def says(self, kind: str) -> list[Mapping[str, Any]]:
        return [each for each in self.told if each["type"] == kind]

    def audible_ms(self, hz: int) -> list[int]:
        """When that tone is heard, in meeting time, block by block."""
        return [each.position // 16 for each in self.ear.heard if amplitude(each.samples, hz) > 0.01]

    def became(self) -> tuple[int, int, int]:
        """Samples of the agent that are transcribed, muted and lost."""
        timeline, counted = Timeline(0), {"captured": 0, "muted": 0, "gap": 0}
        for item in self.transcribed:
            for piece in timeline.accept(item.frame) if isinstance(item, Frame) else []:
                match piece:
                    case Captured(samples=samples):
                        counted["captured"] += samples.size
                    case Skipped(start=start, end=end, kind=kind):
                        counted[kind] += end - start
        return counted["captured"], counted["muted"], counted["gap"]


def amplitude(block: Float32, hz: int) -> float:
    """Of a tone that has whole periods in a block, as all of ours: others do not show in it."""
    return float(np.abs(np.vdot(np.exp(2j * np.pi * hz * np.arange(block.size) / SECOND), block))) * 2 / block.size


def sent(samples: Float32, at: int) -> Frame:
    return Frame(frame=frame(samples, at), arrived_at=datetime(2026, 1, 1, tzinfo=UTC), arrived_s=0.0)


async def reach(position: int) -> None:
    await asyncio.sleep(max(0.0, position / SECOND - asyncio.get_running_loop().time()))


async def stream(agent: AgentVoice, samples: Float32, *, start: int = 0) -> None:
    for at in range(0, samples.size, FRAME):
        await reach(start + at + FRAME)
        agent.take(sent(samples[at : at + FRAME], start + at))


async def talk(room: Room, *, quiet_s: float, seconds: float, name: str = "ada", frame_samples: int = FRAME) -> int:
    """A person's microphone, quiet at first. When the first frame with the voice in it was sent, in samples."""
    samples = np.concatenate([np.zeros(int(quiet_s * SECOND), np.float32), tone(PERSON_HZ, seconds)])
    first, who = int(quiet_s * SECOND) // frame_samples * frame_samples + frame_samples, uuid4()
    for at in range(0, samples.size, frame_samples):
        await reach(at + frame_samples)
        piece = frame(samples[at : at + frame_samples], at)
        room.conversation.speak(name, piece, at=ORIGIN_MS * 16 + at, participant_id=who)
    return first


def play(scene: Callable[[Room], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        conversation = Conversation(meeting_started_at=STARTED_AT, clock=LoopClock(), detector=LoudnessDetector)
        room = Room(conversation)
        conversation.listen("vera", room.ear)
        running = asyncio.ensure_future(conversation.run())
        try:
            await scene(room)
        finally:
            running.cancel()

    loop = VirtualLoop()
    try:
        loop.run_until_complete(run())
    finally:
        loop.close()
