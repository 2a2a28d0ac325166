"""Garbage, disorder and floods after a valid hello: a documented close code in the end, and no harm to the meeting."""

import asyncio
import json
import random
import struct
import zlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.faults.honest import honest_speaker
from tests.faults.raw_frames import BINARY, CONTINUATION, PING, TEXT, raw_frame
from tests.nodes import NodeProcess
from tests.sockets import Api, Message, Peer, peer, silence

Offence = Callable[[Peer], Awaitable[None]]

N_FLOOD = 40_000  # no correct client comes near it within seconds


def raw(bob: Peer, data: bytes) -> None:
    bob.socket.transport.write(data)


async def random_text(bob: Peer) -> None:
    await bob.socket.send(random.Random(1).randbytes(400).decode("latin-1"))


async def random_bytes(bob: Peer) -> None:
    await bob.socket.send(random.Random(2).randbytes(400))


async def text_that_is_not_utf8(bob: Peer) -> None:
    await bob.socket.send(b'{"type":"ping","t":"\xff\xfe"}', text=True)


async def deep_json(bob: Peer) -> None:
    await bob.socket.send('{"type":"ping","t":' + "[" * 30_000 + "]" * 30_000 + "}")


async def deep_objects_in_an_unknown_message(bob: Peer) -> None:
    await bob.socket.send('{"type":"new","t":' + '{"a":' * 10_000 + "1" + "}" * 10_000 + "}")


async def number_of_many_digits(bob: Peer) -> None:
    await bob.socket.send('{"type":"ping","t":' + "9" * 60_000 + "}")


async def not_a_number(bob: Peer) -> None:
    await bob.socket.send('{"type":"ping","t":NaN}')


async def infinite_position(bob: Peer) -> None:
    await bob.socket.send('{"type":"end","position":1e999}')


async def half_a_character(bob: Peer) -> None:
    await bob.socket.send(r'{"type":"ping","t":"\ud800"}')


async def message_above_its_limit(bob: Peer) -> None:
    await bob.say(type="ping", t="x" * 65_536)


async def hello_twice(bob: Peer) -> None:
    await bob.say(type="hello")


async def position_of_a_year(bob: Peer) -> None:
    bob.position = 365 * 86_400 * 16_000
    await bob.frame(silence(0.1))


async def flood_of_empty_frames(bob: Peer) -> None:
    frame = raw_frame(BINARY, struct.pack("<BBBBIQ", 1, 0, 0, 0, 0, 0))
    raw(bob, frame * N_FLOOD)


async def flood_of_unknown_json(bob: Peer) -> None:
    raw(bob, raw_frame(TEXT, json.dumps({"type": "news", "of": "x" * 100}).encode()) * N_FLOOD)


async def audio_at_a_hundred_times_real_time(bob: Peer) -> None:
    for _ in range(700):
        await bob.frame(silence(0.1))


async def flood_of_pings(bob: Peer) -> None:
    raw(bob, raw_frame(PING, b"?" * 125) * N_FLOOD)


async def flood_of_empty_fragments(bob: Peer) -> None:
    raw(bob, raw_frame(TEXT, is_last=False) + raw_frame(CONTINUATION, is_last=False) * N_FLOOD)


async def message_too_large_in_fragments(bob: Peer) -> None:
    part = bytes(65_536)
    raw(bob, raw_frame(BINARY, is_last=False) + raw_frame(CONTINUATION, part, is_last=False) * 17)


async def message_that_claims_to_be_a_gigabyte(bob: Peer) -> None:
    raw(bob, struct.pack("!BBQ", 0x82, 0x80 | 127, 2**30) + bytes(4))


async def compressed_bomb(bob: Peer) -> None:
    squeezer = zlib.compressobj(wbits=-15)
    bomb = squeezer.compress(bytes(50_000_000)) + squeezer.flush(zlib.Z_SYNC_FLUSH)
    raw(bob, raw_frame(BINARY, bomb[:-4], reserved_bits=4))


async def reserved_opcode(bob: Peer) -> None:
    raw(bob, raw_frame(0x5, b"?"))


async def frame_without_a_mask(bob: Peer) -> None:
    raw(bob, raw_frame(TEXT, b"{}", is_masked=False))


GARBAGE: dict[Offence, tuple[int, str]] = {
    random_text: (4400, "unexpected_text"),
    random_bytes: (4400, "malformed_frame"),
    text_that_is_not_utf8: (1007, ""),
    deep_json: (4400, "unexpected_text"),
    deep_objects_in_an_unknown_message: (4400, "unexpected_text"),
    number_of_many_digits: (4400, "unexpected_text"),
    not_a_number: (4400, "unexpected_text"),
    infinite_position: (4400, "bad_message"),
    half_a_character: (4400, "unexpected_text"),
    message_above_its_limit: (4413, "frame_too_large"),
    hello_twice: (4400, "unexpected_message"),
    position_of_a_year: (4400, "protocol_error"),
    message_too_large_in_fragments: (4413, ""),
    message_that_claims_to_be_a_gigabyte: (4413, ""),
    compressed_bomb: (1002, ""),
    reserved_opcode: (1002, ""),
    frame_without_a_mask: (1002, ""),
}
FLOODS: dict[Offence, tuple[int, str]] = {
    flood_of_empty_frames: (4529, "rate_exceeded"),
    flood_of_unknown_json: (4529, "rate_exceeded"),
    audio_at_a_hundred_times_real_time: (4529, "rate_exceeded"),
    flood_of_pings: (4529, ""),
    flood_of_empty_fragments: (4529, ""),
}


async def outcome(api: Api, meeting: Message, offence: Offence) -> tuple[int | None, str]:
    """The close code, and the code of the problem that was told before it: the protocol's own refusals tell none."""
    admission = await asyncio.to_thread(api.admit, meeting, "Bob")  # it may have to wait for room
    async with peer(admission["ws_url"], admission["ticket"]) as bob:
        await bob.hello()
        with suppress(ConnectionClosed):  # in the middle of it
            await offence(bob)
        try:
            close_code = await bob.closed()
        except TimeoutError:
            close_code = None
    return close_code, "".join(each["problem"]["code"] for each in bob.of("error"))


async def test_garbage_of_every_kind_is_answered_by_a_code_and_the_meeting_does_not_notice(
    running_node: NodeProcess, speech_samples: dict[str, Path]
) -> None:
    api = Api(running_node.url)
    meeting = api.meeting()
    async with honest_speaker(api, meeting, speech_samples), asyncio.TaskGroup() as group:
        running = {each: group.create_task(outcome(api, meeting, each)) for each in GARBAGE}
    found = {offence.__name__: task.result() for offence, task in running.items()}
    assert found == {offence.__name__: expected for offence, expected in GARBAGE.items()}


@pytest.mark.parametrize("flood", FLOODS, ids=lambda each: each.__name__)
async def test_a_flood_ends_with_4529_and_the_meeting_does_not_notice(
    running_node: NodeProcess, speech_samples: dict[str, Path], flood: Offence
) -> None:
    api = Api(running_node.url)
    meeting = api.meeting()
    async with honest_speaker(api, meeting, speech_samples):
        assert await outcome(api, meeting, flood) == FLOODS[flood]


@pytest.mark.parametrize("first", [{"type": "finalize"}, {"type": "end", "position": 0}, {"type": "mute", "on": True}])
async def test_whoever_does_not_begin_with_hello_is_told_so(
    running_node: NodeProcess, first: dict[str, object]
) -> None:
    api = Api(running_node.url)
    admission = api.admit(api.meeting())
    async with peer(admission["ws_url"], admission["ticket"]) as bob:
        await bob.say(**first)
        assert await bob.closed() == 4400


async def test_audio_and_messages_after_end_change_nothing(
    running_node: NodeProcess, speech_samples: dict[str, Path]
) -> None:
    api = Api(running_node.url)
    meeting = api.meeting()
    admission = api.admit(meeting, "Bob")
    async with honest_speaker(api, meeting, speech_samples), peer(admission["ws_url"], admission["ticket"]) as bob:
        await bob.hello()
        await bob.frame(silence(0.1))
        await bob.say(type="end", position=1_600)
        await bob.frame(silence(0.1))
        await bob.say(type="end", position=16_000)
        await bob.say(type="finalize", cid="late")
        assert (await bob.until("ended"))["received"] == 1_600
        assert await bob.closed() == 1000


async def test_compression_is_not_agreed_to(running_node: NodeProcess) -> None:
    """So nothing that is small on the wire can be large in memory."""
    admission = Api(running_node.url).admit(Api(running_node.url).meeting())
    async with connect(admission["ws_url"], compression="deflate") as socket:
        assert socket.response
        assert "Sec-WebSocket-Extensions" not in socket.response.headers
