"""The headless client against a server that says what it is told to."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from streaming.audio.pcm import pcm_decode
from streaming.client.errors import ConnectionRefused
from streaming.client.events import event_parse
from streaming.client.mouth import Mouth
from streaming.client.rest import Admission, Rest
from streaming.client.session import AudioSession
from streaming.protocol.frames import AudioFrame, frame_unpack
from tests.sockets import WAIT_S

GOAWAY = {"type": "goaway", "reason": "deploy", "deadline_ms": 1_000}


class AlwaysATicket(Rest):
    async def fresh_ticket(self, session_id: str, *, resume_token: str) -> str:
        return "another"


async def heard_from(script: Sequence[tuple[list[dict[str, Any]], int]]) -> list[str]:
    """What a client hears of a server which, at each connection, says some messages and closes with a code."""
    turns, heard = iter(script), list[str]()

    async def answer(socket: ServerConnection) -> None:
        messages, code = next(turns)
        await socket.recv()
        for message in messages:
            await socket.send(json.dumps(message))
        if code:
            await socket.close(code)
        await socket.wait_closed()

    async with serve(answer, "127.0.0.1", 0, subprotocols=[Subprotocol("colloquy.v1")]) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with (
            AlwaysATicket(url) as rest,
            AudioSession(rest, admission_to(url)) as session,
            asyncio.timeout(WAIT_S),
        ):
            async for message in session.messages():
                heard.append(message["type"])
    return heard


async def test_a_client_that_is_sent_away_comes_back_of_its_own_accord() -> None:
    """The server would keep the connection: it is the client that goes, and the next connection is another."""
    warning = {"type": "warning", "code": "made-up"}
    assert await heard_from([([GOAWAY], 0), ([warning], 1000)]) == ["goaway", "warning"]


async def test_a_refusal_after_having_been_sent_away_is_final() -> None:
    with pytest.raises(ConnectionRefused):
        await heard_from([([GOAWAY], 0), ([], 4410)])


async def test_a_lost_connection_is_no_failure_of_a_client_that_was_sending(caplog: pytest.LogCaptureFixture) -> None:
    """It connects again; whoever runs a bot would read of a defect otherwise, each time."""
    n_connections = 0

    async def answer(socket: ServerConnection) -> None:
        nonlocal n_connections
        n_connections += 1
        await socket.recv()
        await socket.send(json.dumps({"type": "welcome", "settled": 0}))
        async for data in socket:
            if isinstance(data, bytes) and n_connections == 1:
                socket.transport.abort()
            elif isinstance(data, str) and json.loads(data)["type"] == "end":
                await socket.close(1000)

    async with serve(answer, "127.0.0.1", 0, subprotocols=[Subprotocol("colloquy.v1")]) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with (
            asyncio.timeout(WAIT_S),
            AlwaysATicket(url) as rest,
            AudioSession(rest, admission_to(url)) as session,
        ):
            while n_connections < 2:
                await session.write(np.zeros(16_000, np.float32))
                await asyncio.sleep(0.01)
            await session.end()
            async for _ in session.messages():
                pass
    assert not [record for record in caplog.records if record.name.startswith("streaming")]


async def test_what_a_person_talked_over_is_sent_again_as_muted() -> None:
    """The server that answers after a drop has heard nothing of it: what is sent again says what became of it."""
    frames: list[list[AudioFrame]] = [[], []]
    has_dropped = asyncio.Event()

    async def answer(socket: ServerConnection) -> None:
        number = int(has_dropped.is_set())
        await socket.recv()
        await socket.send(json.dumps({"type": "welcome", "settled": 0}))
        async for data in socket:
            if isinstance(data, str):
                if json.loads(data)["type"] == "end":
                    await socket.close(1000)
                continue
            frames[number].append(frame_unpack(data))
            if not number and frames[0][-1].end >= 16_000:
                has_dropped.set()
                barge_in = {"participant_id": "p", "id": "c1", "heard_ms": 300, "position": 4_800, "at_ms": 0}
                await socket.send(json.dumps(barge_in | {"type": "barge_in"}))
                await socket.close(1001)

    async with serve(answer, "127.0.0.1", 0, subprotocols=[Subprotocol("colloquy.v1")]) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with asyncio.timeout(WAIT_S), AlwaysATicket(url) as rest:
            session = AudioSession(rest, admission_to(url), frame_ms=20, on_welcome=lambda: mouth.welcomed())
            mouth = Mouth(session)
            async with session, asyncio.TaskGroup() as group:
                speaking = group.create_task(mouth.run())
                first = mouth.say(np.full(32_000, 0.1, np.float32))
                async for message in session.messages():
                    await mouth.take(event_parse(message))
                    if message["type"] == "welcome" and has_dropped.is_set():
                        assert (await first).state == "interrupted"
                        mouth.say(np.full(1_600, 0.2, np.float32))
                        while not any(each.n_samples and each.end > 16_000 and not each.is_muted for each in frames[1]):
                            await asyncio.sleep(0.01)
                        await session.end()
                speaking.cancel()
    again = [frame for frame in frames[1] if frame.n_samples]
    assert max(frame.end for frame in again if 0.05 < pcm_decode(bytes(frame.payload)).max() < 0.15) == 4_800
    later = next(frame for frame in again if frame.is_muted)
    assert later.position >= 16_000
    assert not [frame for frame in again if 4_800 < frame.end <= later.position]


async def test_after_a_long_silence_nobody_waits_for_it_to_be_settled() -> None:
    """A bot that said nothing for minutes: what the server may hold is counted in samples, not in positions."""
    frames: list[AudioFrame] = []

    async def answer(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.send(json.dumps({"type": "welcome", "settled": 0}))
        async for data in socket:
            if isinstance(data, bytes):
                frames.append(frame_unpack(data))
            elif json.loads(data)["type"] == "end":
                await socket.close(1000)

    async with serve(answer, "127.0.0.1", 0, subprotocols=[Subprotocol("colloquy.v1")]) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with (
            asyncio.timeout(WAIT_S),
            AlwaysATicket(url) as rest,
            AudioSession(rest, admission_to(url), frame_ms=20) as session,
        ):
            await session.write(np.zeros(320, np.float32))
            session.skip(10_000_000)
            for _ in range(5):
                await session.write(np.zeros(320, np.float32))
            await session.end()
            async for _ in session.messages():
                pass
    assert [frame.position for frame in frames] == [0, *range(10_000_000, 10_001_600, 320)]
    assert [frame.is_muted for frame in frames] == [False, True, False, False, False, False]


def admission_to(url: str) -> Admission:
    return Admission(
        participant_id="p", session_id="s", ticket="first", resume_token="r", ws_url=url.replace("http", "ws", 1)
    )
