"""Agents over real sockets: talked over they fall silent, and the transcript holds what was heard of them."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import jiwer
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed

from streaming.audio.pcm import pcm_decode
from streaming.playback import MOST_CHUNKS
from streaming.protocol.frames import frame_unpack
from streaming.recognizers.base import Float32
from tests.likeness import likeness
from tests.sockets import Api, Message, Peer, peer, silence

SECOND = 16_000
WITHIN_MS = 2_000  # of ten seconds; that it takes 200 ms is for tests in virtual time: here it depends on the machine
AUDIBLE = 1e-3


@pytest.fixture
def bots(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@dataclass(slots=True)
class Reader:
    """Reads a peer's socket: messages are kept, and blocks by their meeting time."""

    peer: Peer
    blocks: list[tuple[int, Float32]] = field(default_factory=list)

    async def run(self) -> None:
        async for data in self.peer.socket:
            if isinstance(data, str):
                self.peer.received.append(json.loads(data))
            else:
                frame = frame_unpack(data)
                self.blocks.append((frame.position, pcm_decode(bytes(frame.payload))))

    @property
    def latest_ms(self) -> int:
        return (self.blocks[-1][0] + 320) // 16 if self.blocks else 0

    def audible_ms(self) -> list[int]:
        return [at // 16 for at, samples in self.blocks if np.sqrt(np.square(samples).mean()) > AUDIBLE]

    async def until(self, condition: Callable[[], Any]) -> None:
        async with asyncio.timeout(60):
            while not condition():
                await asyncio.sleep(0.02)


def admit_agent(api: Api, meeting: Message, bots: dict[str, str], name: str = "Minutes") -> Message:
    return api.admit(meeting, name, "agent", headers=bots)


def first_loud(audio: Float32) -> int:
    """Where a recording begins to be as loud as speech is, for 30 ms."""
    levels = np.sqrt(np.square(audio[: audio.size // 160 * 160].reshape(-1, 160)).mean(axis=1))
    is_loud = levels > 0.3 * np.percentile(levels, 90)
    return int(np.argmax(is_loud[:-2] & is_loud[1:-1] & is_loud[2:])) * 160


def microphone(speech: Float32, *, quiet_s: float) -> tuple[Float32, int]:
    """A quiet room, then a voice; where that begins."""
    noise = np.random.default_rng(1).standard_normal(int(quiet_s * SECOND)).astype(np.float32) * np.float32(3e-4)
    return np.concatenate([noise, speech[first_loud(speech) :]]), noise.size


async def stream(
    speaker: Peer, audio: Float32, *, frame_samples: int = 640, on_sent: Callable[[], None] = lambda: None
) -> None:
    clock = asyncio.get_running_loop().time
    began_s = clock()
    for at in range(0, audio.size, frame_samples):
        await asyncio.sleep(max(0.0, began_s + (at + frame_samples) / SECOND - clock()))
        await speaker.frame(audio[at : at + frame_samples])
        on_sent()


def said(speaker: Peer) -> list[tuple[str, str]]:
    return [(each["id"], each["state"]) for each in speaker.of("said")]


def text_of(speaker: Peer) -> str:
    return " ".join(each["segment"]["text"] for each in speaker.finals() if each["segment"]["speaker"] == "Minutes")


def ledger(api: Api, meeting: Message, admission: Message) -> Message:
    sessions = api.get(f"meetings/{meeting['code']}/ledger").json()["sessions"]
    return dict(next(each for each in sessions if each["session_id"] == admission["session_id"]))


async def test_talking_over_an_agent_stops_it_and_what_nobody_heard_was_not_said(
    api: Api, bots: dict[str, str], beckett: Float32, two_cities: Float32
) -> None:
    meeting = api.meeting()
    agent_in = admit_agent(api, meeting, bots)
    ada_in, vera_in = api.admit(meeting, "Ada"), api.admit(meeting, "Vera")
    spoken = two_cities[: 10 * SECOND]
    room, voice_at = microphone(beckett[: 4 * SECOND], quiet_s=5.0)
    async with (
        peer(agent_in["ws_url"], agent_in["ticket"]) as agent,
        peer(ada_in["ws_url"], ada_in["ticket"]) as ada,
        peer(vera_in["ws_url"], vera_in["ticket"]) as vera,
    ):
        await agent.hello()
        await ada.hello(listen=True)
        await vera.hello(listen=True)
        await agent.say(type="say", id="c1", position=0, n_samples=spoken.size)
        by_ada, by_vera, by_agent = Reader(ada), Reader(vera), Reader(agent)
        heard_when_sent: list[int] = []
        async with asyncio.TaskGroup() as group:
            readers = [group.create_task(reader.run()) for reader in (by_ada, by_vera, by_agent)]
            sending = group.create_task(stream(agent, spoken))
            await stream(ada, room, on_sent=lambda: heard_when_sent.append(by_vera.latest_ms))
            await sending
            await agent.say(type="end", position=agent.position)
            await by_agent.until(lambda: agent.of("ended"))
            for reader in readers:
                reader.cancel()
    [told] = agent.of("barge_in")
    silent_ms = by_ada.audible_ms()[-1] + 20  # she hears the agent only
    assert silent_ms - heard_when_sent[voice_at // 640] <= WITHIN_MS
    assert (told["id"], told["participant_id"]) == ("c1", ada_in["participant_id"])
    assert abs(told["heard_ms"] - (silent_ms - by_ada.audible_ms()[0])) <= 100
    assert said(agent) == [("c1", "interrupted")]
    after = np.concatenate([samples for at, samples in by_vera.blocks if at // 16 > silent_ms])
    assert likeness(after, spoken[told["position"] :]) < 0.45
    counted = ledger(api, meeting, agent_in)
    assert (counted["gap"], counted["in_flight"], counted["received"]) == (0, 0, spoken.size)
    assert abs(counted["muted"] - (spoken.size - told["position"])) <= 640
    assert_said_no_more_than(text_of(agent), position=told["position"])


def assert_said_no_more_than(text: str, *, position: int) -> None:
    """Of the well-known begin of a book, which is read at two and a half words a second."""
    words = jiwer.RemovePunctuation()(text.lower()).split()
    assert " ".join(words[:6]) == "it was the best of times"
    assert len(words) <= position / SECOND * 2.5 + 2


async def test_chunks_are_queued_withdrawn_and_done(api: Api, bots: dict[str, str], two_cities: Float32) -> None:
    """The first is interrupted in its middle, the second while it waits, the third is heard; then all are cleared."""
    meeting = api.meeting()
    agent_in, vera_in = admit_agent(api, meeting, bots), api.admit(meeting, "Vera")
    async with (
        peer(agent_in["ws_url"], agent_in["ticket"]) as agent,
        peer(vera_in["ws_url"], vera_in["ticket"]) as vera,
    ):
        await agent.hello()
        await vera.hello(listen=True)
        by_agent, by_vera = Reader(agent), Reader(vera)
        async with asyncio.TaskGroup() as group:
            readers = [group.create_task(reader.run()) for reader in (by_agent, by_vera)]
            for number, (at, seconds) in enumerate([(0, 4), (4, 2), (6, 2)]):
                await agent.say(type="say", id=f"c{number}", position=at * SECOND, n_samples=seconds * SECOND)

            async def withdraw() -> None:
                await asyncio.sleep(1)
                await agent.say(type="interrupt", id="c0")
                await agent.say(type="interrupt", id="c1")
                await agent.say(type="interrupt", id="nobody knows")

            group.create_task(withdraw())
            await stream(agent, two_cities[: 8 * SECOND])
            await by_agent.until(lambda: len(agent.of("said")) == 3)
            await agent.say(type="say", id="c3", position=agent.position, n_samples=60 * SECOND)
            await agent.say(type="say", id="c4", position=agent.position + 60 * SECOND, n_samples=SECOND)
            await agent.say(type="clear")
            await agent.say(type="end", position=agent.position)
            await by_agent.until(lambda: agent.of("ended"))
            for reader in readers:
                reader.cancel()
    assert said(agent) == [
        ("c0", "interrupted"), ("c1", "interrupted"), ("c2", "done"), ("c3", "cleared"), ("c4", "cleared")
    ]  # fmt: skip
    heard_ms = [each["heard_ms"] for each in agent.of("said")]
    assert heard_ms[1:] == [0, 2_000, 0, 0]
    audible_ms = by_vera.audible_ms()
    assert max(later - at for at, later in pairwise(audible_ms)) > 2_500  # what was withdrawn
    counted = ledger(api, meeting, agent_in)
    assert (counted["gap"], counted["in_flight"]) == (0, 0)
    assert abs(counted["muted"] - (6 * SECOND - heard_ms[0] * 16)) <= 1_600


async def test_an_agent_that_is_cut_off_in_a_chunk_goes_on_with_it(
    api: Api, bots: dict[str, str], beckett: Float32
) -> None:
    """The new connection says the chunk again; what came late is transcribed as everybody's, once."""
    meeting = api.meeting()
    agent_in = admit_agent(api, meeting, bots)
    chunk = {"type": "say", "id": "c1", "position": 0, "n_samples": beckett.size}
    async with peer(agent_in["ws_url"], agent_in["ticket"]) as agent:
        await agent.hello()
        await agent.say(**chunk)
        await stream(agent, beckett[: 4 * SECOND])
    async with peer(agent_in["ws_url"], api.ticket(agent_in)) as agent:
        await agent.hello(resume={"token": agent_in["resume_token"], "after_seq": 0})
        await agent.say(**chunk)
        await stream(agent, beckett[agent.position :])
        done = await agent.until("said")
        await agent.end()
    assert (done["id"], done["state"]) == ("c1", "done")
    assert 0 < done["heard_ms"] <= beckett.size // 16
    counted = ledger(api, meeting, agent_in)
    assert (counted["gap"], counted["muted"], counted["received"]) == (0, 0, beckett.size)
    assert text_of(agent).lower().count("no matter") == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"id": "c1", "position": -1, "n_samples": 10},
        {"id": "c1", "position": 0, "n_samples": -10},
        {"id": "c1", "position": 0, "n_samples": 0},
        {"id": "c1", "position": 0, "n_samples": 2**62},
        {"id": "c1", "position": 2**62, "n_samples": 10},
        {"id": "c1", "position": 0.5, "n_samples": 10},
        {"id": "", "position": 0, "n_samples": 10},
        {"id": "c" * 65, "position": 0, "n_samples": 10},
        {"id": 7, "position": 0, "n_samples": 10},
        {"position": 0, "n_samples": 10},
        {"id": "c0", "position": 5_000, "n_samples": 10},
        {"id": "c1", "position": 999, "n_samples": 10},
    ],
)
async def test_a_chunk_that_is_none_is_a_bug_in_the_client(api: Api, bots: dict[str, str], fields: Message) -> None:
    agent_in = admit_agent(api, api.meeting(), bots)
    async with peer(agent_in["ws_url"], agent_in["ticket"]) as agent:
        await agent.hello()
        await agent.say(type="say", id="c0", position=0, n_samples=1_000)
        await agent.say(**{"type": "say"} | fields)
        assert await agent.closed() == 4400
        assert agent.of("error")[-1]["problem"]["code"] == "bad_message"


async def test_thousands_of_chunks_are_refused_and_the_session_can_be_resumed(api: Api, bots: dict[str, str]) -> None:
    agent_in = admit_agent(api, api.meeting(), bots)
    async with peer(agent_in["ws_url"], agent_in["ticket"]) as agent:
        await agent.hello()
        with suppress(ConnectionClosed):  # in the middle of it
            for number in range(MOST_CHUNKS + 1):
                await agent.say(type="say", id=str(number), position=number * 100, n_samples=100)
        assert await agent.closed() == 4400
    async with peer(agent_in["ws_url"], api.ticket(agent_in)) as agent:
        await agent.hello(resume={"token": agent_in["resume_token"], "after_seq": 0})
        await agent.frame(silence(0.1))
        assert (await agent.end())["received"] == 1_600


async def test_people_say_no_chunks_and_guests_bring_no_agents(api: Api) -> None:
    meeting = api.meeting()
    body = {"display_name": "Bot", "role": "agent"}
    assert api.post(f"meetings/{meeting['code']}/participants", body).status_code == 403
    ada_in = api.admit(meeting, "Ada")
    async with peer(ada_in["ws_url"], ada_in["ticket"]) as ada:
        await ada.hello()
        await ada.say(type="clear")
        assert await ada.closed() == 4400
