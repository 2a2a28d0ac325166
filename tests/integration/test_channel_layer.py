"""The channel layer of several nodes, as the settings make it from REDIS_URL, with a real Redis."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Collection
from typing import Any
from uuid import UUID, uuid4

import pytest
import redis
from channels_redis.pubsub import RedisPubSubChannelLayer

from meetings.api import waiting
from meetings.wire import group_name
from tests.nodes import ROOT
from tests.sockets import WAIT_S

pytestmark = pytest.mark.redis
SEND = (
    "import django, sys; django.setup(); "
    "from asgiref.sync import async_to_sync; from channels.layers import get_channel_layer; "
    "[async_to_sync(get_channel_layer().group_send)('meeting.x', {'type': 'meeting.event', 'seq': n}) for n in (1, 2)]"
)


async def test_what_another_process_commits_is_heard_here(redis_url: str, tmp_path: Any) -> None:
    """The worker has no event loop of its own: each announcement runs one for its own length."""
    layer = RedisPubSubChannelLayer(hosts=[redis_url], prefix="colloquy")
    channel = await layer.new_channel()
    await layer.group_add("meeting.x", channel)
    environment = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "REDIS_URL": redis_url,
        "DATA_DIR": str(tmp_path),
        "PATH": "",
    }
    sent = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", SEND], env=environment, cwd=ROOT, capture_output=True, text=True
    )
    assert sent.returncode == 0, sent.stderr
    async with asyncio.timeout(WAIT_S):
        heard = [await layer.receive(channel) for _ in range(2)]
    assert [message["seq"] for message in heard] == [1, 2], json.dumps(heard)
    await layer.group_discard("meeting.x", channel)
    await layer.flush()


async def test_polls_leave_no_channel_behind(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answered at once or broken off at any point of subscribing: anybody may repeat that for ever."""
    layer = RedisPubSubChannelLayer(hosts=[redis_url], prefix="colloquy")
    monkeypatch.setattr(waiting, "get_channel_layer", lambda: layer)

    async def last_seqs(meeting_ids: Collection[UUID]) -> dict[UUID, int]:
        await asyncio.sleep(0)
        return dict.fromkeys(meeting_ids, 0)

    waiters = waiting.Waiters(50, last_seqs=last_seqs)
    async with asyncio.timeout(WAIT_S):
        for _ in range(50):
            await waiters.growth(uuid4(), after_seq=0, wait_s=0.001)
        for n_steps in range(50):
            poll = asyncio.ensure_future(waiters.growth(uuid4(), after_seq=0, wait_s=25))
            for _ in range(n_steps):
                await asyncio.sleep(0)
            poll.cancel()
            await asyncio.wait([poll])
    assert (waiters.n_waiting, len(waiters._listening)) == (0, 0)
    assert (layer.channels, layer.groups) == ({}, {})
    with redis.Redis.from_url(redis_url) as client:
        async with asyncio.timeout(WAIT_S):
            while client.pubsub_channels("colloquy*"):  # what was sent by another connection may be read a moment later
                await asyncio.sleep(0.01)
    await layer.flush()


async def test_partials_do_not_end_the_hints(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    layer = RedisPubSubChannelLayer(hosts=[redis_url], prefix="colloquy")
    monkeypatch.setattr(waiting, "get_channel_layer", lambda: layer)
    monkeypatch.setattr(waiting, "LOOK_EVERY_S", 60.0)
    meeting_id = uuid4()
    partial = {"type": "meeting.ephemeral", "key": "k", "message": {}}
    event = {"type": "meeting.event", "seq": 5, "message": {}}

    async def last_seqs(meeting_ids: Collection[UUID]) -> dict[UUID, int]:
        return {}

    waiters = waiting.Waiters(1, last_seqs=last_seqs)
    async with asyncio.timeout(WAIT_S), asyncio.TaskGroup() as tasks:
        poll = tasks.create_task(waiters.growth(meeting_id, after_seq=4, wait_s=25))
        while not layer.groups:
            await asyncio.sleep(0.01)
        while not poll.done():  # the subscription may still be on its way
            await layer.group_send(group_name(meeting_id), partial)
            await layer.group_send(group_name(meeting_id), event)
            await asyncio.sleep(0.05)
    assert layer.channels == {}
    await layer.flush()
