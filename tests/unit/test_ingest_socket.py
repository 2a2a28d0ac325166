"""The socket of a call that nothing comes from: it is not kept open for ever, and its call may come back."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest

from streaming.clocks import SystemClock
from streaming.conditions import Conditions
from streaming.consumers import base, ingest
from streaming.consumers.ingest import TelerConsumer

START = {"type": "start", "call_id": "c", "stream_id": "s", "message_id": 1, "data": {"encoding": "audio/l16"}}


class Session:
    """A `PhoneSession` that only remembers."""

    is_meeting_over = False
    told: list[str]

    def __init__(self, **_: Any) -> None:
        type(self).told = []

    async def begin(self) -> int:
        return 0

    def hear(self, pieces: object) -> None:
        self.told.append("hear")

    def finish(self) -> None:
        self.told.append("finish")

    def flush(self) -> None:
        self.told.append("flush")

    def leave(self) -> None:
        self.told.append("leave")


class Socket:
    """Runs a consumer: what `send` says it receives, and what it sends is kept."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.conditions = Conditions()
        self.sent: list[dict[str, Any]] = []
        self.closed_with: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue(10)
        self._inbox.put_nowait({"type": "websocket.connect"})
        store = SimpleNamespace(phone_key_check=self._nothing, phone_call_admit=self._nothing)
        node = SimpleNamespace(clock=SystemClock(), conditions=self.conditions, store=store)
        monkeypatch.setattr(base, "runtime", lambda: node)
        monkeypatch.setattr(ingest, "PhoneSession", Session)

    async def _nothing(self, *_: Any) -> None:
        return None

    def say(self, **message: Any) -> None:
        self._inbox.put_nowait({"type": "websocket.receive", "text": json.dumps(message)})

    def disconnect(self, code: int) -> None:
        self._inbox.put_nowait({"type": "websocket.disconnect", "code": code})

    async def run(self) -> None:
        scope = {"url_route": {"kwargs": {"key": "key"}}, "query_string": b"", "headers": []}
        await TelerConsumer()(scope, self._inbox.get, self._send)

    async def _send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)
        if message["type"] == "websocket.close":
            self.closed_with.set_result(message["code"])
            self.disconnect(message["code"])


async def test_without_a_start_the_socket_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "START_WITHIN_S", 0)
    socket = Socket(monkeypatch)
    await socket.run()
    assert await socket.closed_with == 4400


async def test_a_call_from_which_nothing_comes_is_closed_as_lost_and_not_as_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ingest, "START_WITHIN_S", 0.01)
    monkeypatch.setattr(ingest, "SILENT_S", 0)
    socket = Socket(monkeypatch)
    socket.say(**START)
    await socket.run()
    assert await socket.closed_with == 4504
    assert Session.told == ["hear", "leave"]


@pytest.mark.parametrize(
    ("code", "told"),
    [(1000, ["hear", "finish", "leave"]), (1005, ["hear", "finish", "leave"]), (1006, ["hear", "leave"])],
)
async def test_how_the_service_closes_says_whether_the_call_is_over(
    monkeypatch: pytest.MonkeyPatch, code: int, told: list[str]
) -> None:
    socket = Socket(monkeypatch)
    socket.say(**START)
    socket.disconnect(code)
    await socket.run()
    assert Session.told == told


async def test_a_node_that_stops_has_what_a_call_has_said_committed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    socket = Socket(monkeypatch)
    socket.say(**START)
    running = asyncio.ensure_future(socket.run())
    while socket.conditions.n_sockets == 0:
        await asyncio.sleep(0)
    socket.conditions.goaway(reason="deploy", deadline_ms=1)
    assert Session.told == ["flush"]
    socket.disconnect(1001)
    await running
