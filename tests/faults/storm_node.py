"""The real web node with a storm in it: partials rain on one meeting. Run: FILE, which will name the meeting.

Realistic: a hundred people who all speak at once, on nodes that this one only hears of. The storm ends by itself and
then renames FILE to FILE.done.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import django
from django.core.management import execute_from_command_line

N_MESSAGES, MESSAGE_BYTES, N_SEGMENTS = 12_000, 16_384, 700
BATCH, EVERY_S = 20, 0.02
STORM_BYTES = N_MESSAGES * MESSAGE_BYTES
CLOSE_WITHIN_S = (
    40.0  # instead of the server's: where the machine is busy a storm outlasts that, and nobody has read yet
)


async def storm(broadcast: Any, named: Path) -> None:
    while not named.exists():
        await asyncio.sleep(0.1)
    meeting_id = UUID(named.read_text())
    for number in range(N_MESSAGES):
        segment_id = f"storm-{number % N_SEGMENTS}"
        segment = {"id": segment_id, "state": "partial", "participant_id": "x", "text": "x" * MESSAGE_BYTES}
        broadcast.publish(meeting_id, segment_id, {"type": "segment", "seq": None, "segment": segment})
        if number % BATCH == 0:
            await asyncio.sleep(EVERY_S)
    broadcast.publish(meeting_id, "storm-ends", {"type": "partials_reset", "participant_id": "x"})
    named.rename(named.with_suffix(".done"))


def main() -> None:
    django.setup()
    from streaming import runtime, server
    from streaming.runtime import Runtime, runtime_start
    from streaming.tasks import TaskScope

    weather = TaskScope("weather")

    async def start_with_storm() -> Runtime:
        node = await runtime_start()
        weather.spawn(storm(node.broadcast, Path(sys.argv[1])), name="storm")
        return node

    server.CLOSE_WITHIN_S = CLOSE_WITHIN_S
    runtime.runtime_start = start_with_storm  # before `serve` takes it from there
    execute_from_command_line(["manage.py", "serve"])


if __name__ == "__main__":
    main()
