"""A chunk of an agent is over for it however its end comes: late, or never."""

import asyncio
from typing import Any

from streaming.agent_voice import MOST_HELD_ITEMS, AgentVoice
from streaming.protocol.frames import AudioFrame
from streaming.session_items import Item
from tests.unit.agent_room import AGENT_HZ, FRAME, SECOND, Room, play, reach, sent, stream, talk
from tests.unit.test_conversation import tone


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


class SilentStage:
    """Takes every frame and never hands one out, as a mixer that is held up."""

    def play(self, at: int, frame: AudioFrame) -> bool:
        return True

    def withdraw(self, start: int, end: int) -> None:
        return None


def test_a_chunk_that_waits_longer_than_anything_may_is_over() -> None:
    told: list[Any] = []
    transcribed: list[Item] = []
    agent = AgentVoice(stage=SilentStage(), forward=transcribed.append, tell=told.append, zero_ms=lambda: 0)
    agent.say("c1", 0, 2 * FRAME)
    for number in range(MOST_HELD_ITEMS + 1):
        agent.take(sent(tone(AGENT_HZ, FRAME / SECOND), number * FRAME))
    assert (len(transcribed), told) == (1, [])
    agent.take(sent(tone(AGENT_HZ, FRAME / SECOND), (MOST_HELD_ITEMS + 1) * FRAME))
    assert [(each["id"], each["state"], each["heard_ms"]) for each in told] == [("c1", "done", 0)]
