"""Who gives way to whom in a room: agents to people, at once."""

from collections import deque
from collections.abc import Callable, Hashable
from uuid import UUID

import numpy as np

from meetings.limits import SAMPLES_PER_MS
from streaming.agent_voice import AgentVoice
from streaming.audio.pcm import Float32, pcm_decode
from streaming.mixer import BLOCK_SAMPLES, MixedBlock, Mixer
from streaming.protocol.frames import AudioFrame
from streaming.talk_over import TalkOver
from streaming.vad import SpeechDetector

LOUD_DBFS = -50.0
# What may come back as an echo: networks, playout buffers and loudspeakers take up to a second.
REMEMBERED_BLOCKS = 1_200 * SAMPLES_PER_MS // BLOCK_SAMPLES


class Floor:
    """Costs nothing where no agent is, and next to nothing while none of them speaks."""

    def __init__(self, *, mixer: Mixer, detector: Callable[[], SpeechDetector]) -> None:
        self._mixer = mixer
        self._detector = detector
        self._agents: dict[Hashable, AgentVoice] = {}
        self._n_played: dict[Hashable, int] = {}
        self._people: dict[Hashable, TalkOver] = {}
        self._blocks: deque[MixedBlock] = deque(maxlen=REMEMBERED_BLOCKS)
        self._since: int | None = None  # when somebody took the floor, in meeting time

    @property
    def has_agents(self) -> bool:
        return bool(self._agents)

    def admit(self, who: Hashable, agent: AgentVoice) -> None:
        self._agents[who] = agent
        self._n_played[who] = 0

    def leave(self, who: Hashable) -> None:
        self._people.pop(who, None)
        self._n_played.pop(who, None)
        if (agent := self._agents.pop(who, None)) is not None:
            agent.leave()
        if not self._agents:
            self._people.clear()
            self._blocks.clear()

    def spoke(self, who: Hashable, participant_id: UUID, at: int, samples: Float32) -> bool:
        """A person's frame has come: whether agents gave way. They do not to each other, which would silence both."""
        speaking = self._speaking()
        if self._since is None or not speaking:
            return False
        if who not in self._people:
            self._people[who] = TalkOver(self._detector())
        began = self._people[who].hear(at, samples, played=self._heard_by(who), since=self._since)
        if began is None:
            return False
        for agent in speaking:
            agent.give_way(to=participant_id, at_ms=began // SAMPLES_PER_MS)
        return True

    def handed_out(self, block: MixedBlock) -> None:
        if not self._agents:
            return
        self._blocks.append(block)
        for who, agent in list(self._agents.items()):
            counters = self._mixer.counters.get(who)
            n_played = 0 if counters is None else counters.n_played
            agent.heard(
                self._mixer.played_to(who),
                n_samples=max(0, n_played - self._n_played[who]),
                is_loud=block.levels_dbfs.get(who, -100.0) > LOUD_DBFS,
                now=self._mixer.position,
            )
            self._n_played[who] = n_played
        if not self._speaking():
            self._since = None
        elif self._since is None:
            self._since = block.position

    def _speaking(self) -> list[AgentVoice]:
        return [agent for agent in self._agents.values() if agent.has_floor(self._mixer.position)]

    def _heard_by(self, who: Hashable) -> Float32:
        """What that person was given to hear lately, or would have been."""
        blocks = [block.without.get(who, block.mix) for block in self._blocks]
        return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)


class AgentStage:
    """The place of one agent in the mixer."""

    def __init__(self, who: Hashable, *, mixer: Mixer, wake: Callable[[], None]) -> None:
        self._who = who
        self._mixer = mixer
        self._wake = wake

    def play(self, at: int, frame: AudioFrame) -> bool:
        self._wake()
        return self._mixer.feed(self._who, at, pcm_decode(frame.payload))

    def withdraw(self, start: int, end: int) -> None:
        self._mixer.withdraw(self._who, start, end)
