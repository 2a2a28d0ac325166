"""Every socket, asked by every kind of caller, against the table that says whom it lets in."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.contrib.auth.models import User
from django.db import connection

from config.asgi import application
from meetings.access import actor_for
from meetings.models import Meeting
from meetings.services.tokens import api_token_create_own
from streaming import store as store_module
from streaming.clocks import SystemClock
from streaming.conditions import Conditions
from streaming.consumers import base
from streaming.routing import websocket_urlpatterns
from streaming.store import Store
from tests.integration.made import meeting_made, user_made
from tests.integration.reach_table import PERSONAS, SOCKETS
from tests.integration.test_who_reaches_what import rows

pytestmark = pytest.mark.django_db(transaction=True)
OPEN = "let in"


class Feeds:
    """A `Broadcast` that says one thing to whoever is let in."""

    async def subscribe(self, *_: object, **__: object) -> Any:
        async def messages() -> AsyncGenerator[str, None]:
            yield OPEN

        return SimpleNamespace(messages=messages)

    def unsubscribe(self, subscription: object) -> None:
        pass

    def watch(self, feed: object, reader: object) -> None:
        pass

    def forget(self, feed: object) -> None:
        pass


def on_closed_connection(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """The store's threads keep their connections for as long as a node runs; this one ends with its test."""
    try:
        return function(*args, **kwargs)
    finally:
        connection.close()


@pytest.fixture
async def _node(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """What a node has that lets callers in: the real store, and feeds of no meeting."""
    store = Store()
    feeds = Feeds()
    node = SimpleNamespace(
        clock=SystemClock(), conditions=Conditions(), store=store, broadcast=feeds, feed_rights=feeds
    )
    monkeypatch.setattr(base, "runtime", lambda: node)
    monkeypatch.setattr(store_module, "_on_kept_connection", on_closed_connection)
    yield
    store.close()


def callers() -> tuple[Meeting, dict[str, str]]:
    """A meeting, and the token of each kind of caller in it."""
    meeting = meeting_made(actor=actor_for(user_made("host")))
    users = {name: user_made(name) for name in PERSONAS if name not in ("nobody", "admin")}
    users["admin"] = User.objects.create_superuser("admin", password="made-up")
    for name in ("viewer", "editor", "owner"):
        meeting.roles.create(user=users[name], role=name)
    return meeting, {
        name: api_token_create_own(actor=actor_for(user), name="mine").secret for name, user in users.items()
    }


async def outcome(path: str, token: str | None) -> str:
    """`open` for whoever hears the feed, else the code that the socket is closed with."""
    heard: list[str] = []
    inbox = [{"type": "websocket.connect"}]

    async def receive() -> dict[str, Any]:
        if inbox:
            return inbox.pop()
        while not heard:
            await asyncio.sleep(0)
        return {"type": "websocket.disconnect", "code": 1000}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "websocket.close":
            heard.append(str(message["code"]))
        elif message.get("text") == OPEN:
            heard.append("open")

    headers = [(b"authorization", f"Bearer {token}".encode())] if token else []
    scope = {"type": "websocket", "path": path, "query_string": b"", "headers": headers, "subprotocols": []}
    await application(scope, receive, send)
    return heard[0]


@pytest.mark.usefixtures("_node")
async def test_every_socket_lets_in_those_whom_the_table_names_and_nobody_else() -> None:
    meeting, tokens = await database_sync_to_async(callers)()
    names = {"ref": str(meeting.pk), "code": meeting.code, "word": "no-such-key"}
    declared = rows(SOCKETS)
    found = {
        address: [await outcome(address.format(**names), tokens.get(each)) for each in PERSONAS] for address in declared
    }
    assert found == declared


def test_every_socket_stands_in_the_table() -> None:
    named = {re.sub(r"\{\w+\}", "{}", address) for address in rows(SOCKETS)}
    routes = {"/" + re.sub(r"<[^>]*>", "{}", str(each.pattern)) for each in websocket_urlpatterns}
    assert {"/ws/v1/anything" if route == "/" else route for route in routes} == named
