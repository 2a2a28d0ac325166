"""An agent and people in one room, in virtual time: who talks over it stops it, and what nobody heard is muted."""

import asyncio
from uuid import uuid4

import numpy as np

from streaming.session_items import Finalize, Mute
from tests.unit.agent_room import (
    AGENT_HZ,
    FRAME,
    ORIGIN_MS,
    PERSON_HZ,
    SECOND,
    WITHIN_SAMPLES,
    Room,
    play,
    reach,
    sent,
    stream,
    talk,
)
from tests.unit.test_conversation import frame, tone


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
        assert room.ear.n_interrupted == 1, "what its player holds back is not wanted any more"

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
