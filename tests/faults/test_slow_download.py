"""Somebody downloads a long recording and reads nothing: it waits on the disk, not in the memory of the node."""

import asyncio
import socket
from urllib.parse import urlsplit

import httpx
import psutil

from tests.nodes import NodeProcess
from tests.sockets import NO_TLS, Api

SIZE_BYTES = 150_000_000
FEW_BYTES = 60_000_000
MAKE = """
from django.core.files.base import ContentFile
from meetings.models import Meeting, Recording
from meetings.recordings.links import Link, link_sign
from meetings.recordings.storage import recording_storage
meeting = Meeting.objects.get(code={code!r})
file = recording_storage().save(f"{{meeting.pk}}/mix-long.flac", ContentFile(bytes({n_bytes})))
fields = dict(state="done", file=file, sha256="0" * 64, n_bytes={n_bytes}, made_from="x")
recording = Recording.objects.create(meeting=meeting, kind="mix", **fields)
print("<", link_sign(Link(target="recording", target_id=recording.pk, actor="guest")), ">")
"""


async def test_a_reader_who_takes_nothing_costs_no_memory_and_another_gets_everything(
    running_node: NodeProcess,
) -> None:
    make = MAKE.format(code=Api(running_node.url).meeting()["code"], n_bytes=SIZE_BYTES)
    printed = await asyncio.to_thread(running_node.manage, "shell", "-c", make)
    path = "/api/v1/audio/recordings/" + printed.partition("< ")[2].partition(" >")[0]
    node = psutil.Process(running_node.process.pid)
    before = node.memory_info().rss
    address = urlsplit(running_node.url)
    assert address.hostname
    assert address.port
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        slow.connect((address.hostname, address.port))
        slow.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        async with (
            httpx.AsyncClient(base_url=running_node.url, verify=NO_TLS, timeout=60) as http,
            http.stream("GET", path) as answer,
        ):
            n_bytes, grown = 0, 0
            async for part in answer.aiter_bytes():
                n_bytes += len(part)
                grown = max(grown, node.memory_info().rss - before)
    assert answer.status_code == 200
    assert n_bytes == SIZE_BYTES
    assert grown < FEW_BYTES
