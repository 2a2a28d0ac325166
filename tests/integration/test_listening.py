"""Two people over real sockets hear each other while captions go on; nobody hears oneself."""

import asyncio
import json
from collections.abc import AsyncIterator

import numpy as np

from streaming.audio.pcm import pcm_decode
from streaming.protocol.frames import STREAM_MIX, frame_unpack
from streaming.recognizers.base import Float32
from tests.likeness import likeness
from tests.sockets import WAIT_S, Api, Peer, peer

SECOND = 16_000


async def listen(hearer: Peer) -> AsyncIterator[tuple[int, Float32]]:
    """Blocks as they come; messages between them are kept."""
    async for data in hearer.socket:
        if isinstance(data, str):
            hearer.received.append(json.loads(data))
            continue
        frame = frame_unpack(data)
        assert (frame.stream, frame.n_samples, frame.codec) == (STREAM_MIX, 320, 0)
        yield frame.position, pcm_decode(bytes(frame.payload))


async def heard_in(hearer: Peer, seconds: float) -> Float32:
    """What came in that time, where it belongs: shape (n,), from the first block on."""
    blocks: list[tuple[int, Float32]] = []
    try:
        async with asyncio.timeout(seconds):
            async for block in listen(hearer):
                blocks.append(block)
    except TimeoutError:
        pass
    if not blocks:
        return np.zeros(0, np.float32)
    first, last = blocks[0][0], blocks[-1][0]
    audio = np.zeros(last + 320 - first, np.float32)
    for position, samples in blocks:
        audio[position - first : position - first + 320] = samples
    return audio


async def heard_anything(hearer: Peer) -> bool:
    async with asyncio.timeout(WAIT_S):
        async for _ in listen(hearer):
            return True
    return False


async def test_two_people_hear_each_other_while_captions_go_on(api: Api, beckett: Float32) -> None:
    meeting = api.meeting()
    ada_in, ben_in = api.admit(meeting, "Ada"), api.admit(meeting, "Ben")
    said = {"ada": beckett[: 6 * SECOND], "ben": beckett[6 * SECOND : 9 * SECOND]}
    async with peer(ada_in["ws_url"], ada_in["ticket"]) as ada, peer(ben_in["ws_url"], ben_in["ticket"]) as ben:
        await ada.hello(listen=True)
        await ben.hello(listen=True)
        async with asyncio.TaskGroup() as group:
            group.create_task(ada.stream(said["ada"], real_time_x=1.0))
            group.create_task(ben.stream(said["ben"], real_time_x=1.0))
            by_ada = group.create_task(heard_in(ada, 7))
            by_ben = group.create_task(heard_in(ben, 7))
        await ben.say(type="listen", on=False)
        await ada.say(type="listen", on=False)
        await ada.end()
        await ben.end()
    assert likeness(by_ben.result(), said["ada"]) > 0.6
    assert likeness(by_ada.result(), said["ben"]) > 0.6
    assert likeness(by_ada.result(), said["ada"]) < 0.45
    assert likeness(by_ben.result(), said["ben"]) < 0.45
    assert ada.finals()


async def test_who_did_not_ask_or_turned_it_off_hears_nothing(api: Api, beckett: Float32) -> None:
    meeting = api.meeting()
    ada_in, ben_in, cem_in = api.admit(meeting, "Ada"), api.admit(meeting, "Ben"), api.admit(meeting, "Cem")
    async with (
        peer(ada_in["ws_url"], ada_in["ticket"]) as ada,
        peer(ben_in["ws_url"], ben_in["ticket"]) as ben,
        peer(cem_in["ws_url"], cem_in["ticket"]) as cem,
    ):
        await ada.hello()
        await ben.hello()
        await cem.hello(listen=True)
        async with asyncio.TaskGroup() as group:
            group.create_task(ada.stream(beckett[: 3 * SECOND], real_time_x=1.0))
            by_ben = group.create_task(heard_in(ben, 3))
            is_heard = group.create_task(heard_anything(cem))
        assert by_ben.result().size == 0
        assert is_heard.result()
        await cem.say(type="listen", on=False)
        await ben.say(type="listen", on=True)
        await cem.say(type="ping", t=1)
        await cem.until("pong")
        async with asyncio.TaskGroup() as group:
            group.create_task(ada.stream(beckett[3 * SECOND : 6 * SECOND], real_time_x=1.0))
            by_cem = group.create_task(heard_in(cem, 3))
            is_heard = group.create_task(heard_anything(ben))
        assert by_cem.result().size == 0
        assert is_heard.result()


async def test_a_newer_connection_of_the_same_person_goes_on_hearing(api: Api, beckett: Float32) -> None:
    """The late end of the older socket must not take the newer one's ears."""
    meeting = api.meeting()
    ada_in, ben_in = api.admit(meeting, "Ada"), api.admit(meeting, "Ben")
    async with peer(ada_in["ws_url"], ada_in["ticket"]) as ada, peer(ben_in["ws_url"], ben_in["ticket"]) as ben:
        await ada.hello()
        await ben.hello(listen=True)
        async with peer(ben_in["ws_url"], api.ticket(ben_in)) as again:
            await again.hello(listen=True, resume={"token": ben_in["resume_token"], "after_seq": 0})
            assert await ben.closed() == 4409
            async with asyncio.TaskGroup() as group:
                group.create_task(ada.stream(beckett[: 2 * SECOND], real_time_x=1.0))
                heard = group.create_task(heard_in(again, 4))
    assert likeness(heard.result(), beckett[: 2 * SECOND]) > 0.6


async def test_a_listener_who_does_not_read_loses_voices_and_no_caption(api: Api, beckett: Float32) -> None:
    meeting = api.meeting()
    ada_in, ben_in = api.admit(meeting, "Ada"), api.admit(meeting, "Ben")
    async with peer(ada_in["ws_url"], ada_in["ticket"]) as ada, peer(ben_in["ws_url"], ben_in["ticket"]) as ben:
        await ada.hello()
        await ben.hello(listen=True)
        ben.socket.transport.pause_reading()
        await ada.stream(beckett, real_time_x=2.0)
        ended = await ada.end()
        ben.socket.transport.resume_reading()
        await ben.until("segment", lambda each: each["seq"] == max(final["seq"] for final in ada.finals()))
    assert ended["gap"] == 0
    assert [each["segment"] for each in ben.finals()] == [each["segment"] for each in ada.finals()]
