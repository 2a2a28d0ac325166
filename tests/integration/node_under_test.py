"""A real server process around a small application, for tests/integration/test_server.py. Run: PORT."""

import asyncio
import os
import sys
from typing import Any

from streaming.backpressure import PRESSURE_KEY, WritePressure
from streaming.round_trip import ROUND_TRIP_KEY, RoundTrip
from streaming.server import NodeServer


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await _hello(scope, send)
        return
    await receive()
    await send({"type": "websocket.accept"})
    await BEHAVIOURS[scope["path"]](scope, receive, send)


async def _hello(scope: dict[str, Any], send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": f"hello{scope['root_path']}".encode()})


async def _echo(scope: dict[str, Any], receive: Any, send: Any) -> None:
    while (message := await receive())["type"] == "websocket.receive":
        text = message.get("text")
        if text == "close":
            await send({"type": "websocket.close", "code": 4409, "reason": "superseded"})
        elif text is not None:
            await send({"type": "websocket.send", "text": text})
        else:
            await send({"type": "websocket.send", "bytes": message["bytes"]})


async def _flood(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Sends until the peer does not read any more, then says on stdout how much that took."""
    pressure: WritePressure = scope[PRESSURE_KEY]
    n_bytes = 0
    while not pressure.is_paused:
        await send({"type": "websocket.send", "bytes": bytes(16_384)})
        n_bytes += 16_384
        await asyncio.sleep(0)
    sys.stdout.write(f"paused {n_bytes}\n")
    sys.stdout.flush()
    await pressure.wait_writable()
    await send({"type": "websocket.send", "text": "writable again"})
    await receive()


async def _large(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await send({"type": "websocket.send", "text": "x" * 3_000_000})
    await receive()


async def _deaf(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Reads nothing until the peer could not send any more: the peer opens a second socket to say so."""
    await RELEASED.wait()
    n_bytes = 0
    while (message := await receive()).get("bytes"):
        n_bytes += len(message["bytes"])
    await send({"type": "websocket.send", "text": str(n_bytes)})


async def _release(scope: dict[str, Any], receive: Any, send: Any) -> None:
    RELEASED.set()
    await send({"type": "websocket.close", "code": 1000})


async def _leave(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Returns without closing."""


async def _subprocess(scope: dict[str, Any], receive: Any, send: Any) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "print('from a child')", stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    await send({"type": "websocket.send", "text": f"{process.returncode} {output.decode().strip()}"})
    await receive()


async def _round_trip(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Says when it knows how long the connection takes there and back."""
    round_trip: RoundTrip = scope[ROUND_TRIP_KEY]
    measured = asyncio.Event()
    round_trip.tell(lambda _: measured.set())
    await measured.wait()
    await send({"type": "websocket.send", "text": "measured"})
    await receive()


RELEASED = asyncio.Event()
BEHAVIOURS = {
    "/echo": _echo,
    "/flood": _flood,
    "/large": _large,
    "/deaf": _deaf,
    "/release": _release,
    "/leave": _leave,
    "/subprocess": _subprocess,
    "/round-trip": _round_trip,
}


def main() -> None:
    def say(word: str) -> None:
        sys.stdout.write(f"{word}\n")
        sys.stdout.flush()

    async def on_start() -> None:
        say("started")

    async def on_stop() -> None:
        say("stopping")

    NodeServer(
        application=application,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        is_behind_proxy=False,
        max_connections=int(os.environ.get("MAX_CONNECTIONS", "1000")),
        on_start=on_start,
        on_stop=on_stop,
        on_listening=lambda: say("listening"),
        stop_seconds=5,
    ).run()
    say("stopped")


if __name__ == "__main__":
    main()
