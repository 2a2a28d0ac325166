"""Every way of getting the sockets wrong: its documented close code, and no harm to anybody else."""

import struct
from contextlib import suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from streaming.recognizers.base import Float32
from tests.nodes import NodeProcess
from tests.sockets import Api, Peer, peer, silence


async def wrong_text(socket: Peer) -> None:
    await socket.hello()
    await socket.socket.send("UklGRiQAAABXQVZF")


async def wrong_frame(socket: Peer) -> None:
    await socket.hello()
    await socket.socket.send(b"\x01\x00\x00")


async def wrong_size(socket: Peer) -> None:
    await socket.hello()
    await socket.socket.send(struct.pack("<BBBBIQ", 1, 0, 0, 0, 1_600, 0) + bytes(100))


async def too_large(socket: Peer) -> None:
    await socket.hello()
    await socket.socket.send(struct.pack("<BBBBIQ", 1, 0, 0, 0, 10_000, 0) + bytes(20_000))


async def unknown_codec(socket: Peer) -> None:
    await socket.hello()
    await socket.socket.send(struct.pack("<BBBBIQ", 1, 9, 0, 0, 1_600, 0) + bytes(3_200))


async def wrong_rate(socket: Peer) -> None:
    await socket.say(type="hello", audio={"codec": "pcm_s16le", "rate": 48_000})


async def unknown_codec_in_hello(socket: Peer) -> None:
    await socket.say(type="hello", audio={"codec": "mp3", "rate": 16_000})


async def no_consent(socket: Peer) -> None:
    await socket.hello(consent=False)
    await socket.frame(silence(0.1))


async def revoked_consent(socket: Peer) -> None:
    await socket.hello()
    await socket.frame(silence(0.1))
    await socket.say(type="consent", granted=[])
    await socket.frame(silence(0.1))


async def audio_first(socket: Peer) -> None:
    await socket.frame(silence(0.1))


async def far_ahead(socket: Peer) -> None:
    await socket.hello()
    for _ in range(800):
        await socket.frame(silence(0.2))


async def absurd_position(socket: Peer) -> None:
    await socket.hello()
    socket.position = 2**63
    await socket.frame(silence(0.1))


async def flood_of_messages(socket: Peer) -> None:
    await socket.hello()
    for number in range(8_000):
        await socket.say(type="finalize", cid=str(number))


async def flood_of_pings(socket: Peer) -> None:
    await socket.hello()
    for number in range(8_000):
        await socket.say(type="ping" if number % 2 else "news from the future", t=number)


@pytest.mark.parametrize(
    ("mistake", "close_code", "problem"),
    [
        (wrong_text, 4400, "unexpected_text"),
        (wrong_frame, 4400, "malformed_frame"),
        (wrong_size, 4400, "malformed_frame"),
        (too_large, 4413, "frame_too_large"),
        (unknown_codec, 4400, "unknown_codec"),
        (wrong_rate, 4400, "wrong_rate"),
        (unknown_codec_in_hello, 4400, "unknown_codec"),
        (no_consent, 4451, "consent_missing"),
        (revoked_consent, 4451, "consent_missing"),
        (audio_first, 4400, "unexpected_message"),
        (far_ahead, 4529, "rate_exceeded"),
        (flood_of_messages, 4529, "rate_exceeded"),
        (flood_of_pings, 4529, "rate_exceeded"),
        (absurd_position, 4400, "protocol_error"),
    ],
)
async def test_a_mistake_gets_its_close_code_and_harms_nobody_else(
    api: Api, beckett: Float32, mistake: Any, close_code: int, problem: str
) -> None:
    meeting = api.meeting()
    good, bad = api.admit(meeting, "Ada"), api.admit(meeting, "Mallory")
    async with peer(good["ws_url"], good["ticket"]) as ada:
        await ada.hello()
        await ada.stream(beckett[:16_000], real_time_x=8)
        async with peer(bad["ws_url"], bad["ticket"]) as mallory:
            with suppress(ConnectionClosed):  # in the middle of it
                await mistake(mallory)
            assert await mallory.closed() == close_code
        errors = mallory.of("error")
        assert [(each["fatal"], each["problem"]["code"]) for each in errors] == [(True, problem)]
        await ada.stream(beckett[16_000 : 4 * 16_000], real_time_x=8)
        ended = await ada.end()
    assert ended["received"] == 4 * 16_000
    assert len(ada.finals()) >= 1


async def test_a_ticket_is_good_once(api: Api) -> None:
    admission = api.admit(api.meeting())
    async with peer(admission["ws_url"], admission["ticket"]) as ada:
        await ada.hello()
    for ticket in (admission["ticket"], "never-issued"):
        async with peer(admission["ws_url"], ticket) as again:
            assert await again.closed() == 4401


async def test_a_ticket_opens_only_its_own_kind_of_socket(api: Api) -> None:
    meeting, other = api.meeting(), api.meeting()
    viewer = api.admit(meeting, "Vera", "viewer")
    speaker = api.admit(other)
    async with peer(speaker["ws_url"], viewer["ticket"]) as vera:
        assert await vera.closed() == 4403
    async with peer(viewer["ws_url"].replace(meeting["id"], other["id"]), api.ticket(viewer)) as vera:
        assert await vera.closed() == 4403


@pytest.mark.parametrize(
    ("path", "origin", "close_code"),
    [
        ("/ws/v1/audio", "https://elsewhere.example", 4403),
        ("/ws/v1/no-such-socket", None, 4400),
        ("/", None, 4400),
    ],
)
async def test_a_foreign_page_and_an_unknown_socket_are_told_by_a_close_code(
    running_node: NodeProcess, path: str, origin: str | None, close_code: int
) -> None:
    headers = {"Origin": origin} if origin else {}
    async with peer(f"{running_node.websocket_url}{path}", "any", headers=headers) as page:
        assert await page.closed() == close_code


async def test_an_api_token_opens_the_feed_and_a_wrong_one_does_not(
    running_node: NodeProcess, api: Api, token: str
) -> None:
    url = f"{running_node.websocket_url}/ws/v1/meetings/{api.meeting()['id']}/captions?after_seq=0"
    async with peer(url, "", headers={"Authorization": f"Bearer {token}"}) as feed:
        assert (await feed.until("live"))["seq"] == 0
    async with peer(url, "", headers={"Authorization": "Bearer wrong"}) as feed:
        assert await feed.closed() in (4401, 4403)
