"""The live voices of one room as its listeners hear them: frames in as they arrive, a block every 20 ms out."""

import asyncio
import logging
from collections.abc import Callable, Hashable
from datetime import datetime
from functools import cached_property
from typing import Protocol
from uuid import UUID

from meetings.limits import SAMPLE_RATE_HZ
from streaming import metrics
from streaming.agent_voice import AgentVoice, Tell
from streaming.audio.pcm import Float32, pcm_decode, pcm_encode
from streaming.clocks import Clock
from streaming.floor import AgentStage, Floor
from streaming.mixer import BLOCK_SAMPLES, MixedBlock, Mixer
from streaming.protocol.frames import STREAM_MIX, AudioFrame, frame_pack
from streaming.session_items import Item
from streaming.vad import SileroDetector, SpeechDetector
from streaming.wakeup import Wakeup

logger = logging.getLogger(__name__)

PAUSE_AFTER_FAILURE_S = 1.0
OTHER_NODES = "other nodes"  # listen to the voices that are here
MOST_BEHIND_BLOCKS = 10  # a node that was held up for longer goes on with what is said now


class Heard:
    """20 ms from meeting time `position` on, in samples: float32 of shape (320,). Where nobody speaks there is none."""

    def __init__(self, position: int, samples: Float32) -> None:
        self.position = position
        self.samples = samples

    @cached_property
    def frame(self) -> bytes:
        """As on the wire; packed once, however many hear it."""
        return frame_pack(
            AudioFrame(
                stream=STREAM_MIX,
                n_samples=len(self.samples),
                position=self.position,
                payload=pcm_encode(self.samples),
            )
        )


class Ear(Protocol):
    """Whoever listens. `hear` only queues, and drops what its listener cannot take.

    `interrupt`: an agent was talked over, so what was heard and not played yet is not wanted any more.
    """

    def hear(self, heard: Heard) -> None: ...
    def interrupt(self) -> None: ...


class Conversation:
    """Costs nothing while nobody listens. Its owner runs `run` as long as it `is_needed`."""

    def __init__(
        self,
        *,
        meeting_started_at: datetime,
        clock: Clock,
        detector: Callable[[], SpeechDetector] = SileroDetector,
    ) -> None:
        self._clock = clock
        self._ears: dict[Hashable, Ear] = {}
        self._mixer = Mixer()
        self._floor = Floor(mixer=self._mixer, detector=detector)
        self._has_voices = Wakeup()
        # Meeting time runs by the monotonic clock: a wall clock that is set would make everybody late at once.
        self._began = round((clock.now() - meeting_started_at).total_seconds() * SAMPLE_RATE_HZ)
        self._began_s = clock.monotonic_s()

    @property
    def is_needed(self) -> bool:
        """Agents are played also where nobody has the sound on: people read what they say, and talk over it."""
        return bool(self._ears) or self._floor.has_agents

    @property
    def has_people(self) -> bool:
        """Somebody listens here, and not only other nodes."""
        return any(who != OTHER_NODES for who in self._ears)

    def listen(self, who: Hashable, ear: Ear) -> None:
        self._ears[who] = ear

    def stop_listening(self, who: Hashable) -> None:
        self._ears.pop(who, None)
        if not self.is_needed:
            self._mixer.restart(self._now())

    def speak(self, who: Hashable, frame: AudioFrame, *, at: int, participant_id: UUID | None = None) -> None:
        """What a person says, as it arrives; `at` is the meeting time of its first sample, in samples."""
        if not self.is_needed or not frame.n_samples:
            return
        self._begin_to_sound()
        samples = pcm_decode(frame.payload)
        self._mixer.feed(who, at, samples)
        if participant_id is not None and self._floor.spoke(who, participant_id, at, samples):
            for ear in self._ears.values():
                ear.interrupt()

    def hear_node(self, node: str, frame: AudioFrame) -> None:
        """What the voices of another node were mixed to; its position is meeting time."""
        if self.is_needed and frame.n_samples:
            self._begin_to_sound()
            self._mixer.feed((OTHER_NODES, node), frame.position, pcm_decode(frame.payload), is_remote=True)

    def admit(
        self,
        who: Hashable,
        *,
        forward: Callable[[Item], None],
        tell: Tell,
        zero_ms: Callable[[], int | None],
        settled: int = 0,
    ) -> AgentVoice:
        """An agent, whose frames are given to what this returns; see there."""
        stage = AgentStage(who, mixer=self._mixer, wake=self._begin_to_sound)
        agent = AgentVoice(stage=stage, forward=forward, tell=tell, zero_ms=zero_ms, settled=settled)
        self._floor.admit(who, agent)
        return agent

    def _begin_to_sound(self) -> None:
        if not self._mixer.is_sounding:
            self._mixer.restart(self._now())
            self._has_voices.set()

    def leave(self, who: Hashable) -> None:
        """Neither speaks nor listens any more."""
        self._floor.leave(who)
        self.stop_listening(who)
        self._count(who)

    def end(self) -> None:
        for who in list(self._mixer.counters):
            self._count(who)

    def _count(self, who: Hashable) -> None:
        if (counted := self._mixer.leave(who)) is not None:
            metrics.MIX_PLAYED_S.inc(counted.n_played / SAMPLE_RATE_HZ)
            metrics.MIX_CONCEALED_S.inc(counted.n_concealed / SAMPLE_RATE_HZ)
            metrics.MIX_LATE_S.inc(counted.n_late / SAMPLE_RATE_HZ)

    async def run(self) -> None:
        """Hand out blocks until cancelled."""
        while True:
            try:
                await self._run()
            except Exception:  # a border: a room that once failed to be mixed must not be silent for ever
                logger.exception("a room could not be mixed")
                await asyncio.sleep(PAUSE_AFTER_FAILURE_S)

    async def _run(self) -> None:
        while True:
            await self._has_voices.wait()
            if not self._mixer.is_sounding:
                self._has_voices.clear()
                continue
            self._catch_up()
            ahead_samples = self._mixer.position + BLOCK_SAMPLES - self._now()
            await asyncio.sleep(max(0, ahead_samples) / SAMPLE_RATE_HZ)

    def _catch_up(self) -> None:
        n_due = (self._now() - self._mixer.position) // BLOCK_SAMPLES
        if n_due > MOST_BEHIND_BLOCKS:
            self._mixer.pass_over(n_due - 1)
            n_due = 1
        for _ in range(n_due):
            self._hand_out(self._mixer.next_block())

    def _hand_out(self, block: MixedBlock) -> None:
        of_all = Heard(block.position, block.mix)
        for who, ear in list(self._ears.items()):
            if who == OTHER_NODES and not block.has_own:
                continue
            samples = block.own if who == OTHER_NODES else block.without.get(who)
            try:
                ear.hear(of_all if samples is None else Heard(block.position, samples))
            except Exception:  # a border: one listener's fault is no other's
                logger.exception("a listener failed and hears nothing more")
                self.stop_listening(who)
        self._floor.handed_out(block)

    def _now(self) -> int:
        """Meeting time in samples."""
        return max(0, self._began + round((self._clock.monotonic_s() - self._began_s) * SAMPLE_RATE_HZ))
