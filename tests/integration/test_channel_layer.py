"""The channel layer of several nodes, as the settings make it from REDIS_URL, with a real Redis."""

import asyncio
import json
import subprocess
import sys
from typing import Any

import pytest
from channels_redis.pubsub import RedisPubSubChannelLayer

from tests.nodes import ROOT

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
    async with asyncio.timeout(10):
        heard = [await layer.receive(channel) for _ in range(2)]
    assert [message["seq"] for message in heard] == [1, 2], json.dumps(heard)
    await layer.group_discard("meeting.x", channel)
    await layer.flush()
