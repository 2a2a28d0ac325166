"""The headless client against a server that says what it is told to."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from streaming.client.errors import ConnectionRefused
from streaming.client.rest import Admission, Rest
from streaming.client.session import AudioSession

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
        port = server.sockets[0].getsockname()[1]
        admission = Admission(
            participant_id="p", session_id="s", ticket="first", resume_token="r", ws_url=f"ws://127.0.0.1:{port}"
        )
        async with (
            AlwaysATicket(f"http://127.0.0.1:{port}") as rest,
            AudioSession(rest, admission) as session,
            asyncio.timeout(30),
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
