"""An agent and people in one room, in virtual time: who talks over it stops it, and what nobody heard is muted."""

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
from streaming.session_items import Finalize, Frame, Item, Mute
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


def test_a_person_who_talks_over_an_agent_stops_it_within_200_ms() -> None:
    async def scene(room: Room) -> None:
        agent = room.admit()
        agent.say("c1", 0, 10 * SECOND)
        speaking = asyncio.ensure_future(stream(agent, tone(AGENT_HZ, 10.0)))
        first_sent = await talk(room, quiet_s=4.0, seconds=2.0)
        await speaking
        silent_ms = room.audible_ms(AGENT_HZ)[-1] + 20
        assert silent_ms <= ORIGIN_MS + (first_sent + WITHIN_SAMPLES) // 16
        [told], [said] = room.says("barge_in"), room.says("said")
        assert (told["id"], said["id"], said["state"]) == ("c1", "c1", "interrupted")
        heard_ms = silent_ms - room.audible_ms(AGENT_HZ)[0]
        assert abs(told["heard_ms"] - heard_ms) <= 40
        assert told["heard_ms"] == said["heard_ms"]
        assert abs(told["at_ms"] - (ORIGIN_MS + 4_000)) <= 64
        transcribed, muted, gap = room.became()
        assert (transcribed + muted, gap) == (10 * SECOND, 0)
        assert abs(transcribed - told["heard_ms"] * 16) <= FRAME
        assert room.audible_ms(PERSON_HZ)

    play(scene)


def test_what_the_agent_says_next_is_heard_and_transcribed() -> None:
    async def scene(room: Room) -> None:
        agent = room.admit()
        agent.say("c1", 0, 4 * SECOND)
        agent.say("c2", 4 * SECOND, SECOND)
        speaking = asyncio.ensure_future(stream(agent, tone(AGENT_HZ, 6.0)))
        await talk(room, quiet_s=2.0, seconds=0.5)
        assert [(each["id"], each["state"]) for each in room.says("said")] == [("c1", "interrupted"), ("c2", "cleared")]
        agent.say("c3", 5 * SECOND, SECOND)
        await speaking
        await asyncio.sleep(0.5)
        assert room.says("said")[-1]["state"] == "done"
        assert room.says("said")[-1]["heard_ms"] == 1_000
        again = [each for each in room.audible_ms(AGENT_HZ) if each > ORIGIN_MS + 2_500]
        assert again[0] >= ORIGIN_MS + 5_000
        transcribed, muted, gap = room.became()
        assert (transcribed + muted, gap) == (6 * SECOND, 0)
        assert transcribed == room.says("barge_in")[0]["position"] + SECOND

    play(scene)


def test_an_agent_that_declares_nothing_is_stopped_as_well_and_speaks_again_after_a_pause() -> None:
    async def scene(room: Room) -> None:
        agent = room.admit()
        speech = np.concatenate([tone(AGENT_HZ, 4.0), np.zeros(SECOND // 2, np.float32), tone(AGENT_HZ, 1.0)])
        speaking = asyncio.ensure_future(stream(agent, speech))
        first_sent = await talk(room, quiet_s=2.0, seconds=0.5)
        await speaking
        await asyncio.sleep(0.5)
        [told] = room.says("barge_in")
        assert told["id"] is None
        assert abs(told["heard_ms"] - (first_sent / 16)) <= 150
        heard_ms = room.audible_ms(AGENT_HZ)
        assert not [each for each in heard_ms if first_sent + WITHIN_SAMPLES < (each - ORIGIN_MS) * 16 < 4.5 * SECOND]
        assert heard_ms[-1] > ORIGIN_MS + 5_000

    play(scene)


def test_agents_do_not_give_way_to_each_other_and_all_of_them_to_a_person() -> None:
    async def scene(room: Room) -> None:
        first, second = room.admit("first"), room.admit("second")
        for number, agent in enumerate((first, second)):
            agent.say(f"c{number}", 0, 4 * SECOND)
        both = asyncio.gather(stream(first, tone(AGENT_HZ, 4.0)), stream(second, tone(AGENT_HZ, 4.0)))
        await asyncio.sleep(1.9)
        assert not room.told
        await talk(room, quiet_s=2.0, seconds=0.5)
        await both
        assert [each["id"] for each in room.says("barge_in")] == ["c0", "c1"]

    play(scene)


def test_a_chunk_that_is_interrupted_leaves_the_one_behind_it() -> None:
    async def scene(room: Room) -> None:
        agent = room.admit()
        agent.say("c1", 0, 2 * SECOND)
        agent.say("c2", 2 * SECOND, 2 * SECOND)
        speaking = asyncio.ensure_future(stream(agent, tone(AGENT_HZ, 4.0)))
        await asyncio.sleep(1.0)
        agent.interrupt("c1")
        agent.interrupt("c1")
        await speaking
        await asyncio.sleep(0.5)
        assert [(each["id"], each["state"]) for each in room.says("said")] == [("c1", "interrupted"), ("c2", "done")]
        heard_ms = room.audible_ms(AGENT_HZ)
        assert not [each for each in heard_ms if ORIGIN_MS + 1_050 < each < ORIGIN_MS + 2_000]
        assert abs(len(heard_ms) * 20 - 3_000) <= 60
        assert room.became() == (
            room.says("said")[0]["position"] + 2 * SECOND,
            2 * SECOND - room.says("said")[0]["position"],
            0,
        )

    play(scene)


def test_who_mutes_takes_back_what_waits() -> None:
    async def scene(room: Room) -> None:
        agent = room.admit()
        agent.say("c1", 0, 2 * SECOND)
        await stream(agent, tone(AGENT_HZ, 1.0))
        agent.take(Mute(is_on=True))
        assert [each["state"] for each in room.says("said")] == ["cleared"]
        await asyncio.sleep(1.0)
        assert room.transcribed[-1] == Mute(is_on=True)

    play(scene)


def test_what_is_said_of_a_frame_stays_behind_it() -> None:
    """A `finalize` closes what was sent before it, which waits until it was heard."""

    async def scene(room: Room) -> None:
        agent = room.admit()
        await stream(agent, tone(AGENT_HZ, 1.0))
        agent.take(Finalize(cid=1))
        assert not agent.is_idle
        await asyncio.sleep(0.5)
        assert agent.is_idle
        assert room.transcribed[-1] == Finalize(cid=1)
        assert room.became() == (SECOND, 0, 0)

    play(scene)


def test_what_waits_to_be_heard_is_said_when_the_socket_goes() -> None:
    async def scene(room: Room) -> None:
        agent = room.admit()
        await stream(agent, tone(AGENT_HZ, 1.0))
        room.conversation.leave("agent")
        assert room.became() == (SECOND, 0, 0)

    play(scene)


def test_a_backlog_that_is_delivered_is_not_held_up() -> None:
    """What comes too late to be played is transcribed at once, as everybody's."""

    async def scene(room: Room) -> None:
        agent = room.admit()
        await asyncio.sleep(5.0)
        for at in range(0, 4 * SECOND, FRAME):
            agent.take(sent(tone(AGENT_HZ, FRAME / SECOND), at))
        assert agent.is_idle
        assert room.became() == (4 * SECOND, 0, 0)
        assert not room.audible_ms(AGENT_HZ)

    play(scene)


def test_a_chunk_whose_end_comes_too_late_is_over_and_holds_no_floor() -> None:
    """As after a resume, when nothing more is said: whoever waits for `said` would wait for ever."""

    async def scene(room: Room) -> None:
        agent = room.admit(settled=SECOND)
        await asyncio.sleep(5.0)
        agent.say("c1", 0, SECOND)
        agent.say("c2", SECOND, SECOND)
        assert [each["id"] for each in room.says("said")] == ["c1"]
        for at in range(SECOND, 2 * SECOND, FRAME):
            agent.take(sent(tone(AGENT_HZ, FRAME / SECOND), at))
        assert [(each["id"], each["state"], each["heard_ms"]) for each in room.says("said")] == [
            ("c1", "done", 0),
            ("c2", "done", 0),
        ]
        await talk(room, quiet_s=6.0, seconds=0.5)
        assert not room.says("barge_in")

    play(scene)


def test_a_chunk_that_was_never_sent_is_over_when_its_place_is_passed() -> None:
    async def scene(room: Room) -> None:
        agent = room.admit()
        agent.say("c1", 0, 2 * SECOND)
        await stream(agent, tone(AGENT_HZ, 1.0))
        await reach(3 * SECOND)
        agent.take(sent(tone(AGENT_HZ, FRAME / SECOND), 3 * SECOND))
        await asyncio.sleep(0.5)
        [said] = room.says("said")
        assert (said["id"], said["state"]) == ("c1", "done")
        assert said["heard_ms"] <= 1_000

    play(scene)


def test_a_socket_that_goes_is_told_nothing_more() -> None:
    async def scene(room: Room) -> None:
        agent = room.admit()
        agent.say("c1", 0, SECOND)
        await stream(agent, tone(AGENT_HZ, 1.0))
        room.conversation.leave("agent")
        assert not room.says("said")
        assert room.became() == (SECOND, 0, 0)

    play(scene)


def test_who_speaks_already_when_an_agent_begins_stops_it_only_by_beginning_again() -> None:
    async def scene(room: Room) -> None:
        agent = room.admit()
        agent.say("c1", 0, SECOND)
        await stream(agent, tone(AGENT_HZ, 1.0))
        speech = np.concatenate([tone(PERSON_HZ, 3.0), np.zeros(SECOND, np.float32), tone(PERSON_HZ, 1.0)])

        async def ada() -> None:
            who = uuid4()
            for at in range(0, speech.size, FRAME):
                await reach(2 * SECOND + at + FRAME)
                piece = frame(speech[at : at + FRAME], 2 * SECOND + at)
                room.conversation.speak("ada", piece, at=ORIGIN_MS * 16 + 2 * SECOND + at, participant_id=who)

        talking = asyncio.ensure_future(ada())
        await reach(3 * SECOND)
        agent.say("c2", 3 * SECOND, 5 * SECOND)
        await stream(agent, tone(AGENT_HZ, 5.0), start=3 * SECOND)
        await talking
        [told] = room.says("barge_in")
        assert abs(told["at_ms"] - (ORIGIN_MS + 6_000)) <= 64

    play(scene)
